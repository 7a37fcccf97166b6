import { usageError } from "../../errors/user-error.js";
import { requireDirections } from "../../objectives/directions.js";
import type { ConfiguredObjective } from "../../objectives/loss.js";
import type { TrainSettings } from "./settings.js";

/** Options that contradict each other, or of which one has no use without another, are usage errors. */
export function requireConsistentOptions(
  settings: TrainSettings,
  { options }: ConfiguredObjective,
): void {
  if (Number(options.queue ?? 0) > 0 && options.inBatch === false)
    throw usageError(
      "queue-without-batch",
      "--queue adds candidates of other rows, which --no-in-batch leaves out",
      "give one of the two",
    );
  requireDirections(options);
  const dims = options.dims as readonly number[];
  const weights = options.weights as readonly number[];
  if (weights.length > 0 && weights.length !== dims.length)
    throw usageError(
      "prefix-weights",
      `--matryoshka-weights must hold one weight for each of the ${dims.length} prefixes of --matryoshka, got ${weights.length}`,
    );
  if (settings.headSide === "query" && settings.headDim !== undefined)
    throw usageError(
      "query-head-dim",
      "--head-side query keeps the documents' vectors, so the queries' must keep their size too",
      "leave --head-dim out",
    );
}
