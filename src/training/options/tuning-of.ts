import type { PreparedEncoder } from "../../encoder/step/prepare.js";
import type { Tuning } from "../../encoder/step/trained-weights.js";
import { usageError } from "../../errors/user-error.js";
import { lastLayers, type TuneSettings } from "./tune.js";

/** What the settings train of this encoder. More layers than it has are a usage error. */
export function tuningOf(
  settings: TuneSettings & { readonly seed: number },
  encoder: PreparedEncoder,
): Tuning {
  const { tune, loraRank, loraAlpha, loraTargets, freeze, seed } = settings;
  if (tune === "lora") {
    return { kind: "lora", rank: loraRank, alpha: loraAlpha, targets: loraTargets, seed };
  }
  const layers = lastLayers(tune);
  if (layers === undefined) return { kind: "full", freezeEmbeddings: freeze === "embeddings" };
  if (layers > encoder.depth) {
    throw usageError(
      "too-many-layers",
      `--tune last:${layers} asks for more layers than the encoder's ${encoder.depth}`,
      "use --tune full",
    );
  }
  return { kind: "last", layers };
}
