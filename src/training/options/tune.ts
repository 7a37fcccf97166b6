import type { RowKind } from "../../dataset/rows/row-kinds.js";
import type { HeadKind } from "../../encoder/head.js";
import type { Tuning } from "../../encoder/step/trained-weights.js";
import { usageError } from "../../errors/user-error.js";
import { acceptedRoles } from "../../objectives/inputs.js";
import type { ConfiguredObjective } from "../../objectives/loss.js";
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
  | "miniBatchTokens"
  | "accumulate"
> & { readonly tune: Tune; readonly dropout: number | "config" };

/** A static model's rate as a share of its table's scale: best of 0.1 to 4 on SNLI and STS-B (bench/README.md). */
const STATIC_SHARE = 0.2;

/** What is trained, and the scale of a static model's table. */
interface Trained {
  readonly tune: Tune;
  readonly scale?: number | undefined;
}

/** Rows that say what belongs together, not how much. */
const contrastive: readonly RowKind[] = ["pair", "triplet", "classed", "labelled-pair"];

/**
 * Peak learning rate where none is given: a head starts from nothing, and a pretrained encoder must not be forgotten. Objectives that fit scores,
 * relations or a teacher get the lower rate: the higher one moves the whole order of cosines to that of one file (bench/quality/README.md).
 * A static model's follows from its table: its rows are met in few batches each, and Adam moves them by the rate, whatever their size.
 */
export function defaultRate(
  { tune, scale }: Trained,
  objectives: readonly ConfiguredObjective[],
): number {
  if (tune === "head") return 1e-3;
  if (tune === "lora") return 1e-4;
  if (scale !== undefined && scale !== 0) return Number((STATIC_SHARE * scale).toPrecision(1));
  return objectives.every(isContrastive) ? 5e-5 : 2e-5;
}

/** Whether it learns from what belongs together, and not from how much or from a teacher. */
function isContrastive({ definition }: ConfiguredObjective): boolean {
  const [natural] = definition.rows;
  return contrastive.includes(natural) && !acceptedRoles(definition).includes("teacher");
}

/**
 * Dropout where none is given: the model's own rates where layers learn from scores alone. There it keeps what a file's scores are not about;
 * beside negatives it costs a little (bench/quality/README.md).
 */
export function defaultDropout(
  { tune, scale }: Trained,
  objectives: readonly ConfiguredObjective[],
): number | "config" {
  const layers = tune !== "head" && scale === undefined;
  const scores = objectives.every(({ definition }) => definition.rows[0] === "scored-pair");
  return layers && scores ? "config" : 0;
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
