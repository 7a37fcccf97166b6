import type { AnyOption } from "../../options/option.js";

/** Headings of `embtune train --help`, in their order. */
export const trainGroups = [
  "Run",
  "Data",
  "Model",
  "Encoder (--tune last:K, lora, full)",
  "Optimizer",
  "Objective",
  "Common",
] as const;

type TrainGroup = (typeof trainGroups)[number];

/** An option of `train`: what it is, and what depends on it. */
export type TrainRow = AnyOption & {
  readonly group: TrainGroup;
  /**
   * free: may differ between a run and its continuation, since no number depends on it, or since the contents of what it names are compared
   * in its place. Absent: must be the same.
   */
  readonly resume?: "free";
  /**
   * shared: the same for all runs of a comparison, since it names files, says how to run, or changes what is measured or the encoder that they
   * share. budget: can be swept, and decides how many updates a run makes. Absent: can be swept.
   */
  readonly compared?: "shared" | "budget";
  /** Where it is given: argument: in the place of DATA; config: in a file of options only. Absent: by a flag. */
  readonly place?: "argument" | "config";
};

/** Options of `train` by camelCase name. */
export type TrainRows = Readonly<Record<string, TrainRow>>;
