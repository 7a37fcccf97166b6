import type { Dataset } from "../../dataset/rows/row-types.js";
import { acceptedRoles } from "../../objectives/inputs.js";
import type { ConfiguredObjective } from "../../objectives/loss.js";
import type { ObjectiveInput } from "../../objectives/roles.js";
import type { AuxiliaryUse } from "../auxiliary/use.js";
import type { BatchMaker } from "../batches/batch-maker.js";
import { makeBatches } from "../batches/make-batches.js";
import type { Augmentations } from "../options/augment.js";
import type { TrainSettings } from "../options/settings.js";
import { joinDatasets } from "../selection/join-datasets.js";
import type { ReadFile } from "./read-files.js";

/** One file of the training data, and its place among all. */
export interface TrainingFile extends Omit<ReadFile, "natural"> {
  /** Place of its first row among all training rows. */
  readonly first: number;
}

/**
 * What is learnt with one objective from rows of one kind. Files of the same objective and kind are one group: they share the graph of a
 * step and the objective's own parameters.
 */
export interface ObjectiveGroup {
  readonly objective: ConfiguredObjective;
  /** What another model is used for. */
  readonly auxiliary?: AuxiliaryUse | undefined;
  readonly train: Dataset;
  /** The rows as the first epoch sees them: augmented, or those of `train`. */
  readonly seen: Dataset;
  /** Whether each row is a text beside itself: the two get dropout masks of their own. */
  readonly views: boolean;
  /** By its own numbers of rows and texts: `makeBatch` has those of the run. */
  readonly batches: BatchMaker;
  /** Place of its first row among all training rows; its rows follow each other. */
  readonly first: number;
  /** What stands before the names of the objective's own parameters: nothing where there is one group alone. */
  readonly prefix: string;
}

/** A file with what its objective asks of another model. */
type AssignedFile = ReadFile & { readonly auxiliary: AuxiliaryUse | undefined };

interface GroupOptions {
  readonly settings: TrainSettings;
  readonly augmentations: Augmentations | undefined;
}

/** Puts files into groups, in the order of their first files, and numbers all rows: group by group, within one file by file. */
export function objectiveGroups(
  files: readonly AssignedFile[],
  options: GroupOptions,
): { readonly files: readonly TrainingFile[]; readonly groups: readonly ObjectiveGroup[] } {
  const members = new Map<string, number[]>();
  for (const [i, file] of files.entries()) {
    const key = groupKey(file);
    members.set(key, [...(members.get(key) ?? []), i]);
  }
  const places = new Array<number>(files.length).fill(0);
  const groups: ObjectiveGroup[] = [];
  let next = 0;
  for (const numbers of members.values()) {
    const own = numbers.map((i) => files[i]);
    const [number = 0] = numbers;
    const prefix = members.size === 1 ? "" : `file.${number}.`;
    groups.push({ ...groupOf(own, options), first: next, prefix });
    for (const i of numbers) {
      places[i] = next;
      next += files[i]?.train.rows.length ?? 0;
    }
  }
  const placed = files.map(({ natural: _, auxiliary: __, ...file }, i) => ({
    ...file,
    first: places[i],
  }));
  return { files: placed, groups };
}

function groupKey({ objective, train, views }: AssignedFile): string {
  return JSON.stringify([objective.definition.name, objective.options, train.kind, views]);
}

function groupOf(
  files: readonly AssignedFile[],
  { settings, augmentations }: GroupOptions,
): Omit<ObjectiveGroup, "first" | "prefix"> {
  const [{ objective, auxiliary, views }] = files as [AssignedFile];
  const train = joinDatasets(files.map((file) => file.train));
  const making = {
    accepted: acceptedHere(objective, auxiliary),
    objective: objective.options,
    falseNegatives: settings.shuffle,
    seed: settings.seed,
  };
  const made = makeBatches(train, augmentations, making);
  return { objective, auxiliary, train, views, ...made };
}

/** The objective's inputs; margins that a teacher gives are not read from the file too. */
function acceptedHere(
  { definition }: ConfiguredObjective,
  auxiliary: AuxiliaryUse | undefined,
): readonly ObjectiveInput[] {
  const accepted = acceptedRoles(definition);
  return auxiliary?.kind === "margin" ? accepted.filter((role) => role !== "teacher") : accepted;
}

/** Which file the rows of a batch are of: the one that begins last before them. */
export function fileNumber(
  files: readonly Pick<TrainingFile, "first">[],
  rows: Int32Array,
): number {
  const first = rows[0] ?? 0;
  return files.reduce(
    (best, file, i) => {
      const begun = file.first <= first;
      return begun && file.first >= (files[best]?.first ?? 0) ? i : best;
    },
    files.findIndex((file) => file.first <= first),
  );
}
