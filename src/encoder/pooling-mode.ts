import { suggestion } from "../errors/suggest.js";
import { usageError } from "../errors/user-error.js";

/** How token vectors become one text vector: their mean, the first one, or the last one. */
export type PoolingMode = "mean" | "cls" | "last";

/** The names `--pooling` takes. */
export const POOLING_MODES: readonly PoolingMode[] = ["mean", "cls", "last"];

/** The pooling of that name; any other name is a usage error. */
export function parsePooling(name: string): PoolingMode {
  const mode = POOLING_MODES.find((known) => known === name);
  if (mode !== undefined) return mode;
  throw usageError(
    "unknown-pooling",
    `--pooling must be one of ${POOLING_MODES.join(", ")}, got "${name}"`,
    suggestion(name, POOLING_MODES),
  );
}
