import { suggestion } from "../errors/suggest.js";
import { usageError } from "../errors/user-error.js";

/** One way in which token vectors become a text's vector. `last` is sentence-transformers' lasttoken. */
export type PoolingMode = "mean" | "cls" | "last" | "max" | "weightedmean" | "mean_sqrt_len_tokens";

/** One mode, or several joined by "+", whose vectors are put one behind the other in that order. */
export type Pooling = PoolingMode | `${PoolingMode}+${string}`;

/** The names `--pooling` takes. */
export const POOLING_MODES: readonly PoolingMode[] = [
  "mean",
  "cls",
  "last",
  "max",
  "weightedmean",
  "mean_sqrt_len_tokens",
];

/** The modes of a pooling. */
export function poolingModes(pooling: Pooling): PoolingMode[] {
  return pooling.split("+") as PoolingMode[];
}

/** The mode that sentence-transformers calls so; undefined for one that is not known. */
export function poolingModeNamed(name: string): PoolingMode | undefined {
  return name === "lasttoken" ? "last" : POOLING_MODES.find((known) => known === name);
}

/** The name that sentence-transformers has for a mode. */
export function sentenceTransformersName(mode: PoolingMode): string {
  return mode === "last" ? "lasttoken" : mode;
}

/** The modes as one pooling; at least one. */
export function joinModes(modes: readonly PoolingMode[]): Pooling {
  return modes.join("+") as Pooling;
}

/** The pooling of that name, several joined by "+"; any other name is a usage error. */
export function parsePooling(text: string): Pooling {
  const modes = text.split("+").map((name) => {
    const mode = poolingModeNamed(name);
    if (mode !== undefined) return mode;
    throw usageError(
      "unknown-pooling",
      `--pooling must be one of ${POOLING_MODES.join(", ")}, or several joined by "+", got "${text}"`,
      suggestion(name, POOLING_MODES),
    );
  });
  return joinModes(modes);
}
