import type { EncoderInfo } from "../../encoder/encoder.js";
import { usageError } from "../../errors/user-error.js";
import type { TrainSettings } from "../options/settings.js";

/** Refuses what a static model, a table of token vectors, has no place for. Usage errors `static-tune` and `option-without-effect`. */
export function requireStaticTuning({ name }: EncoderInfo, settings: TrainSettings): void {
  const { tune, freeze, dropout, layerDecay } = settings;
  const what = `"${name}" is a static model, a table of token vectors`;
  if (tune === "lora" || tune.startsWith("last:")) {
    throw usageError(
      "static-tune",
      `--tune ${tune} needs layers, and ${what} without any`,
      "use --tune full, which changes the rows of the batch's tokens, or --tune head",
    );
  }
  const idle =
    (freeze !== undefined && `--freeze ${freeze}`) ||
    (dropout !== 0 && `--dropout ${dropout}`) ||
    (layerDecay !== 1 && `--layer-decay ${layerDecay}`);
  if (idle === false) return;
  throw usageError("option-without-effect", `${idle} has no effect: ${what}`, "leave it out");
}
