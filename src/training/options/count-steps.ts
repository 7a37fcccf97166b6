import { type Sampler, stepsInEpochs, stepsPerEpoch } from "../../dataset/batches/sampler.js";
import type { RowKind } from "../../dataset/rows/row-kinds.js";
import { counted } from "../../errors/counted.js";
import type { TrainSettings } from "./settings.js";

/** What a comparison prescribes, so that its runs can be compared. */
export interface ComparisonBudget {
  /** Whether the run is one of several, none of which stops earlier than it was told. */
  readonly compared?: boolean;
  /** Row kind whose metric decides on held-out rows. */
  readonly measured?: RowKind;
  /** Epochs of a run that is told neither these nor updates. */
  readonly epochs?: number | undefined;
  /** Updates of each run, and after how many it is evaluated. */
  readonly steps?: number;
  readonly evalEvery?: number;
}

/** Fewer updates teach next to nothing: one epoch of 640 rows is 10. */
const LEAST_UPDATES = 100;

/** More passes over few rows learn them by heart. */
const MOST_EPOCHS = 10;

/**
 * Evaluations without a better one that several epochs by default are stopped after: half of the most epochs. On few rows three such follow
 * each other by chance, and what a run goes too far the line between its ends takes back.
 */
const PATIENCE = 5;

/** How long a run is. */
interface Length {
  /** With epochs and patience as they follow from the number of updates. */
  readonly settings: TrainSettings;
  readonly steps: number;
  readonly stepsPerEpoch: number;
  readonly evalEvery: number;
  readonly saveEvery: number;
  readonly notes: readonly string[];
}

/** What the length of a run depends on besides its settings. */
interface LengthInputs {
  readonly sampler: Sampler;
  readonly prescribed: ComparisonBudget;
  /** Whether something is measured. */
  readonly selects: boolean;
}

/** Epochs of a run that is told none: one, or as many as make 100 updates, at most 10. */
export function defaultEpochs(updatesPerEpoch: number): number {
  return Math.max(1, Math.min(MOST_EPOCHS, Math.ceil(LEAST_UPDATES / updatesPerEpoch)));
}

/** Updates in all, in an epoch, and between two evaluations and two checkpoints. */
export function countSteps(given: TrainSettings, inputs: LengthInputs): Length {
  const { sampler, prescribed } = inputs;
  const epoch = Math.max(1, Math.round(stepsPerEpoch(sampler) / given.accumulate));
  const { settings, notes } = withEpochs(given, epoch, inputs);
  const inEpochs = Math.ceil(stepsInEpochs(sampler, settings.epochs ?? 1) / given.accumulate);
  const evalEvery = given.evalEvery ?? prescribed.evalEvery ?? Math.min(epoch, 500);
  return {
    settings,
    steps: given.steps ?? prescribed.steps ?? Math.max(1, inEpochs),
    stepsPerEpoch: epoch,
    evalEvery,
    saveEvery: given.saveEvery ?? evalEvery,
    notes,
  };
}

function withEpochs(
  given: TrainSettings,
  epoch: number,
  { prescribed, selects }: LengthInputs,
): Pick<Length, "settings" | "notes"> {
  if (given.epochs !== undefined) return { settings: given, notes: [] };
  const told = given.steps ?? prescribed.steps;
  const epochs = told === undefined ? (prescribed.epochs ?? defaultEpochs(epoch)) : 1;
  const stops = epochs > 1 && selects && prescribed.compared !== true;
  const patience = given.patience ?? (stops ? PATIENCE : undefined);
  const settings = { ...given, epochs, patience };
  if (epochs === 1) return { settings, notes: [] };
  const early = stops ? `, stopped after ${patience} evaluations without a better one` : "";
  const note = `${epochs} epochs, since one is ${counted(epoch, "update")} and fewer than ${LEAST_UPDATES} teach little${early} (--epochs)`;
  return { settings, notes: [note] };
}
