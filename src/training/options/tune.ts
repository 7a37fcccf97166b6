import type { HeadKind } from "../../encoder/head.js";
import type { Tuning } from "../../encoder/step/trained-weights.js";
import { usageError } from "../../errors/user-error.js";
import type { OptionsOf } from "../../options/option.js";
import type { modelRows } from "./model-rows.js";

/** What is trained, as it is written: the head alone, the last K layers, adapters, or everything. */
export type Tune = "head" | "lora" | "full" | `last:${number}`;

/** The options that say which part of the encoder is trained, and how. */
type TuneSettings = Pick<
  OptionsOf<typeof modelRows>,
  | "loraRank"
  | "loraAlpha"
  | "loraTargets"
  | "freeze"
  | "layerDecay"
  | "dropout"
  | "miniBatchTokens"
  | "accumulate"
> & { readonly tune: Tune };

/** A static model's rate as a share of its table's scale: best of 0.1 to 4 on SNLI and STS-B (bench/README.md). */
const STATIC_SHARE = 0.2;

/**
 * Peak learning rate where none is given: a head starts from nothing, and a pretrained encoder must not be forgotten. `scale`, that of a static
 * model's table: its rows are met in few batches each, and Adam moves them by the rate, whatever their size.
 */
export function defaultRate(tune: Tune, scale?: number): number {
  if (tune === "head") return 1e-3;
  if (tune === "lora") return 1e-4;
  return scale === undefined || scale === 0 ? 2e-5 : Number((STATIC_SHARE * scale).toPrecision(1));
}

/** The head where none is given. */
export function defaultHead(tune: Tune): HeadKind {
  return tune === "head" ? "linear" : "none";
}

/** K of `last:K`. */
function lastLayers(tune: Tune): number | undefined {
  return tune.startsWith("last:") ? Number(tune.slice(5)) : undefined;
}

/** What the settings train of an encoder of so many layers. More than it has are a usage error. */
export function tuningOf(
  settings: TuneSettings & { readonly seed: number },
  depth: number,
): Tuning {
  const { tune, loraRank, loraAlpha, loraTargets, freeze, seed } = settings;
  if (tune === "lora") {
    return { kind: "lora", rank: loraRank, alpha: loraAlpha, targets: loraTargets, seed };
  }
  const layers = lastLayers(tune);
  if (layers === undefined) return { kind: "full", freezeEmbeddings: freeze === "embeddings" };
  if (layers > depth) {
    throw usageError(
      "too-many-layers",
      `--tune last:${layers} asks for more layers than the encoder's ${depth}`,
      "use --tune full",
    );
  }
  return { kind: "last", layers };
}

/** Checks combinations; usage errors name the option. `head` is the head as resolved. */
export function checkTune(settings: TuneSettings & { readonly head: HeadKind }): void {
  const { tune, head, freeze } = settings;
  if (head === "none" && tune === "head") {
    throw usageError(
      "nothing-to-train",
      "--head none leaves nothing to train while the encoder is frozen (--tune head)",
      "use --head linear or --head mlp, or train the encoder with --tune full",
    );
  }
  if (freeze !== undefined && tune !== "full") {
    throw usageError(
      "nothing-to-freeze",
      `--freeze ${freeze} goes with --tune full, got --tune ${tune}`,
      "the other modes train no embeddings",
    );
  }
  if (tune === "head") refuseEncoderOptions(settings);
}

/** Options that mean nothing while the encoder is frozen. */
function refuseEncoderOptions(settings: TuneSettings): void {
  const { dropout, miniBatchTokens, layerDecay } = settings;
  const refused =
    (dropout !== 0 && "--dropout") ||
    (miniBatchTokens !== undefined && "--mini-batch-tokens") ||
    (layerDecay !== 1 && "--layer-decay");
  if (refused === false) return;
  throw usageError(
    "frozen-encoder",
    `${refused} needs an encoder that is trained, and --tune head keeps it frozen`,
    "add --tune full, --tune last:2 or --tune lora",
  );
}
