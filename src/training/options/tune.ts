import type { HeadKind } from "../../encoder/head.js";
import type { Tuning } from "../../encoder/step/trained-weights.js";
import { suggestion } from "../../errors/suggest.js";
import { usageError } from "../../errors/user-error.js";
import { LOW_RANK_TARGETS, type LowRankTarget } from "../../graph/rewrites/low-rank.js";

/** What is trained, as it is written: the head alone, the last K layers, adapters, or everything. */
export type Tune = "head" | "lora" | "full" | `last:${number}`;

/** The options that say which part of the encoder is trained, and how. */
export interface TuneSettings {
  readonly tune: Tune;
  /** r: rank of the adapters of `lora`. */
  readonly loraRank: number;
  /** α: adapters are scaled by α/r. */
  readonly loraAlpha: number;
  /** Linear maps that get an adapter. */
  readonly loraTargets: readonly LowRankTarget[];
  /** Parts that stay as they are with `full`. */
  readonly freeze?: "embeddings";
  /** Factor on the learning rate of each layer below the last. */
  readonly layerDecay: number;
  /** Probability with which elements are dropped, or `config`: the rates of the encoder's config.json. */
  readonly dropout: number | "config";
  /** Most tokens that are embedded at once (gradient caching). */
  readonly miniBatchTokens?: number;
  /** Batches whose gradients make one update. */
  readonly accumulate: number;
}

/** Names of these options. */
export const tuneSettingNames = [
  "tune",
  "loraRank",
  "loraAlpha",
  "loraTargets",
  "freeze",
  "layerDecay",
  "dropout",
  "miniBatchTokens",
  "accumulate",
] as const satisfies readonly (keyof TuneSettings)[];

/** Defaults that do not depend on anything. */
export const defaultTuneSettings = {
  tune: "head",
  loraRank: 8,
  loraAlpha: 16,
  loraTargets: ["query", "value"],
  layerDecay: 1,
  dropout: 0,
  accumulate: 1,
} as const satisfies Partial<TuneSettings>;

/** Peak learning rate where none is given: a head starts from nothing, a pretrained encoder must not be forgotten. */
export function defaultRate(tune: Tune): number {
  if (tune === "head") return 1e-3;
  return tune === "lora" ? 1e-4 : 2e-5;
}

/** The head where none is given. */
export function defaultHead(tune: Tune): HeadKind {
  return tune === "head" ? "linear" : "none";
}

/** K of `last:K`. */
export function lastLayers(tune: Tune): number | undefined {
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

/** Anything but `head`, `last:K`, `lora` and `full` is a usage error. */
function checkTuneName(text: string): void {
  if (/^(head|lora|full|last:[1-9]\d*)$/.test(text)) return;
  throw usageError(
    "unknown-tune",
    `--tune must be head, last:K, lora or full, got "${text}"`,
    text.startsWith("last")
      ? "for example --tune last:2, the two last layers"
      : suggestion(text, ["head", "lora", "full", "last:2"]),
  );
}

/** Names of linear maps that are none are usage errors. */
function checkTargets(names: readonly string[]): void {
  const wrong = names.find((name) => LOW_RANK_TARGETS.every((known) => known !== name));
  if (wrong === undefined) return;
  throw usageError(
    "unknown-lora-target",
    `--lora-targets has no "${wrong}"`,
    suggestion(wrong, LOW_RANK_TARGETS),
  );
}

/** Checks ranges and combinations; usage errors name the option. `head` is the head as resolved. */
export function checkTune(settings: TuneSettings & { readonly head: HeadKind }): void {
  const { tune, head, dropout, freeze, layerDecay } = settings;
  checkTuneName(tune);
  checkTargets(settings.loraTargets);
  if (head === "none" && tune === "head") {
    throw usageError(
      "nothing-to-train",
      "--head none leaves nothing to train while the encoder is frozen (--tune head)",
      "use --head linear or --head mlp, or train the encoder with --tune full",
    );
  }
  if (typeof dropout === "number" && !(dropout >= 0 && dropout < 1)) {
    throw usageError(
      "bad-option",
      `--dropout must be at least 0 and below 1, or config, got ${dropout}`,
    );
  }
  if (!(layerDecay > 0 && layerDecay <= 1)) {
    throw usageError(
      "bad-option",
      `--layer-decay must be above 0 and at most 1, got ${layerDecay}`,
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
