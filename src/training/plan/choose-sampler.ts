import { classSampler } from "../../dataset/batches/class-sampler.js";
import { indexPairs, type PairIndex } from "../../dataset/batches/pair-index.js";
import type { Sampler } from "../../dataset/batches/sampler.js";
import { pairSampler, plainSampler } from "../../dataset/batches/samplers.js";
import type { ClassedRow } from "../../dataset/rows/row-types.js";
import { inFile } from "../../errors/located.js";
import { UserError } from "../../errors/user-error.js";
import { acceptedRoles } from "../../objectives/inputs.js";
import type { Intention } from "./requirements.js";

/**
 * The sampler that the objective needs: P × M batches for classes, duplicate-safe ones where other rows are negatives, else rows in
 * random order. `pairs` are the rows as numbers, where they are known. UserError with the file: no-legal-batch, too-few-rows.
 */
export function chooseSampler(
  { settings, objective, train }: Intention,
  pairs?: PairIndex,
): Sampler {
  const { batchSize, seed, shuffle, perClass } = settings;
  const { definition, options } = objective;
  const common = { batchSize, seed, shuffle };
  return inFile(train.account.file, () => {
    if (train.kind === "classed" && shuffle)
      return classSampler(train.rows, { batchSize, seed, perClass });
    const usesOthers = definition.inBatch && options.inBatch !== false;
    if (train.kind === "pair" && usesOthers) {
      const avoid = acceptedRoles(definition).includes("mask") ? "text" : "component";
      return pairSampler(pairs ?? indexPairs(train.rows), { ...common, avoid });
    }
    // One scored pair has nothing to be ranked against.
    const leastRows = train.kind === "scored-pair" || train.kind === "classed" ? 2 : 1;
    const sampler = plainSampler(train.rows.length, { ...common, leastRows });
    if (train.kind === "classed") requireContrastInOrder(train.rows, sampler, definition.name);
    return sampler;
  });
}

/** In file order batches may be of one class each, as in a sorted file. */
function requireContrastInOrder(rows: readonly ClassedRow[], sampler: Sampler, name: string): void {
  const { batches } = sampler.plan(0);
  const contrasts = batches.some((batch) => {
    const classes = new Set(Array.from(batch, (row) => rows[row]?.label));
    return classes.size > 1 && classes.size < batch.length;
  });
  if (contrasts) return;
  throw new UserError(
    "no-legal-batch",
    `none of the ${batches.length} batches in file order has two texts of a class and a text of another, which ${name} needs`,
    { hint: "leave --no-shuffle out, or raise --batch-size" },
  );
}
