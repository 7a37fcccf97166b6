import { holdOut, holdOutRows, type SplitOf } from "../../dataset/hold-out.js";
import { holdOutPairs, type PairShares } from "../../dataset/hold-out-pairs.js";
import { convertDataset, type SourceRows } from "../../dataset/load-dataset.js";
import type { RowKind } from "../../dataset/rows/row-kinds.js";
import type { Dataset, DatasetKind, PairRow } from "../../dataset/rows/row-types.js";
import { inFile } from "../../errors/located.js";
import { UserError, usageError } from "../../errors/user-error.js";
import { evaluatorBeside } from "../../evaluation/beside.js";
import { stratifiedSplit } from "../../evaluation/class-split.js";
import { rowKindsOf } from "../../evaluation/evaluation-set.js";
import { pairRetrieval } from "../../evaluation/evaluators/pair-retrieval.js";
import { buildEvaluator, heldOutDefinition } from "../../evaluation/evaluators/registry.js";
import type { Evaluator } from "../../evaluation/metric.js";
import { rowsToShow } from "../../evaluation/resolution.js";
import type { TrainSettings } from "../options/settings.js";
import type { ChosenEvaluation } from "./chosen-evaluation.js";
import { kindNamed, kindText } from "./held-out-kind.js";
import { joinDatasets } from "./join-datasets.js";
import { searchAmong, searchEvaluator, searchNotes } from "./searched-beside.js";
import { withoutHeldOut } from "./without-leaks.js";

/**
 * A share of the natural rows of each file, held out before any conversion so that objectives that take different rows can be compared on
 * the same ones. Of several files those are measured whose rows are of the kind of `kind`, all by one metric; the others are trained on
 * whole. No row that is trained on shares a text with what another file holds out.
 */
export function heldOutEvaluation(
  settings: TrainSettings,
  naturals: readonly SourceRows[],
  { kind, measured }: { readonly kind: DatasetKind; readonly measured: RowKind },
): ChosenEvaluation {
  const datasets = naturals.map(({ dataset }) => dataset);
  const { holdOut: asked, seed } = settings;
  requireKinds(settings, kind);
  const rows = datasets.reduce((sum, one) => sum + (one.kind === kind ? one.rows.length : 0), 0);
  const share = heldOutShare(settings, rows);
  const pairs = (own: readonly PairRow[]) => holdOutPairs(own, { holdOut: asked, share, seed });
  const split = holdOutOfFiles(datasets, { kind, share, seed, pairs });
  const { trains, heldOut, notes } = split;
  const measuring = evaluatorOfShares(split, measured, settings);
  return {
    trains,
    evaluator: measuring.evaluator,
    selectsOn: `${heldOut.rows.length} rows held out of ${heldOut.account.file}${kindsText(split.pairs)}`,
    notes: [...notes, ...measuring.notes, ...wholeFiles(naturals, kind)],
  };
}

/** A difference that selection should see: small data gain so much, or more. */
const SEEN = 0.05;
/** What `auto` holds out at least, and at most: rows that are held out teach nothing. */
const [LEAST, MOST] = [0.1, 0.25];

/** What --hold-out-share means for so many rows; `auto`: as many as show a difference of 5 points, from a tenth up to a quarter. */
function heldOutShare(
  { holdOutShare: share }: Pick<TrainSettings, "holdOutShare">,
  rows: number,
): number {
  if (typeof share === "number") return share;
  return Math.min(MOST, Math.max(LEAST, rowsToShow(SEEN) / rows));
}

interface HeldOutOfFiles {
  /** What is left of each file. */
  readonly trains: readonly Dataset[];
  /** The held-out rows of all files of the kind. */
  readonly heldOut: Dataset;
  readonly notes: readonly string[];
  /** Of each file of pairs that was divided so: what is asked, and those of the other kind that are measured beside. */
  readonly pairs: readonly Pick<PairShares, "kind" | "beside">[];
}

/** A share of the rows of each file of the kind; no row that is left shares a text with what another file holds out. */
export function holdOutOfFiles(
  datasets: readonly Dataset[],
  { kind, ...split }: HoldOutOptions & { readonly kind: DatasetKind },
): HeldOutOfFiles {
  const splits = datasets.map((dataset) =>
    dataset.kind === kind
      ? inFile(dataset.account.file, () => holdOutNatural(dataset, split))
      : whole(dataset),
  );
  const shares = splits.map(({ heldOut }) => heldOut);
  const apart = splits.map(({ train, notes }, i) => {
    const left = withoutHeldOut(train, presentIn(shares.filter((_, j) => j !== i)));
    const where = datasets.length === 1 ? "" : `${train.account.file}: `;
    return { train: left.train, notes: [...notes, ...left.notes].map((note) => where + note) };
  });
  return {
    trains: apart.map(({ train }) => train),
    heldOut: joinDatasets(presentIn(shares)),
    notes: apart.flatMap(({ notes }) => notes),
    pairs: splits.flatMap(({ pairs }) => pairs ?? []),
  };
}

function presentIn(shares: readonly (Dataset | undefined)[]): Dataset[] {
  return shares.filter((share) => share !== undefined);
}

/** Which files have no part in the selection, and why. */
function wholeFiles(naturals: readonly SourceRows[], kind: DatasetKind): string[] {
  return naturals
    .filter(({ dataset }) => dataset.kind !== kind)
    .map(
      ({ dataset }) =>
        `${dataset.account.file} is trained on whole: its ${dataset.kind} rows have another metric than the ${kind} rows that select the checkpoint`,
    );
}

interface HeldOut {
  readonly train: Dataset;
  readonly heldOut: Dataset | undefined;
  readonly notes: readonly string[];
  /** Of pairs: what is asked, and those of the other kind that are measured beside. */
  readonly pairs?: Pick<PairShares, "kind" | "beside"> | undefined;
}

function whole(dataset: Dataset): HeldOut {
  return { train: dataset, heldOut: undefined, notes: [] };
}

/** Only pairs can be held out in two ways. Usage error option-without-effect. */
export function requireKinds({ holdOut }: TrainSettings, kind: DatasetKind): void {
  if (holdOut === "auto" || kind === "pair") return;
  throw usageError(
    "option-without-effect",
    `--hold-out ${holdOut} divides pairs of anchor and positive, and the rows are ${kind} rows`,
    "leave it out",
  );
}

function kindsText(pairs: HeldOutOfFiles["pairs"]): string {
  return [...new Set(pairs.map(({ kind }) => kind))].map(kindText).join(" and");
}

interface HoldOutOptions {
  /** Share of the anchors, or of the texts of each class, in (0, 1). */
  readonly share: number;
  readonly seed: number;
  /** How pairs are divided; default: whole components of a share of the anchors. */
  readonly pairs?: ((rows: readonly PairRow[]) => PairShares) | undefined;
}

function holdOutNatural(dataset: Dataset, split: HoldOutOptions): HeldOut {
  switch (dataset.kind) {
    case "pair": {
      if (split.pairs === undefined) return parts(dataset, holdOut(dataset.rows, split));
      const shares = split.pairs(dataset.rows);
      return { ...parts(dataset, shares), pairs: shares };
    }
    case "classed": {
      const { train, test } = stratifiedSplit(dataset.rows, split);
      return parts(dataset, { train, heldOut: test, notes: [] });
    }
    case "nli": {
      const keys = (row: { premise: string; hypothesis: string }) => [row.premise, row.hypothesis];
      const by = { keys, anchor: (row: { premise: string }) => row.premise };
      return parts(dataset, holdOutRows(dataset.rows, by, split));
    }
    case "text": {
      const by = {
        keys: (row: { text: string }) => [row.text],
        anchor: (row: { text: string }) => row.text,
      };
      return parts(dataset, holdOutRows(dataset.rows, by, split));
    }
    case "labelled-pair":
      return parts(dataset, holdOutRows(dataset.rows, bySentences, split));
    case "scored-pair":
      return parts(dataset, holdOutRows(dataset.rows, bySentences, split));
  }
}

const bySentences = {
  keys: (row: { sentence1: string; sentence2: string }) => [row.sentence1, row.sentence2],
  anchor: (row: { sentence1: string }) => row.sentence1,
};

/** The data set with its own rows shared out. */
function parts(dataset: Dataset, { train, heldOut, notes }: SplitOf<unknown>): HeldOut {
  return {
    train: { ...dataset, rows: train } as Dataset,
    heldOut: { ...dataset, rows: heldOut } as Dataset,
    notes,
  };
}

/** The deciding rows and, under the name of their kind, those that stand beside them. */
function evaluatorOfShares(
  { heldOut, trains, pairs }: HeldOutOfFiles,
  measured: RowKind,
  settings: TrainSettings,
): NotedEvaluator {
  const deciding = heldOutEvaluator(heldOut, trains, measured, settings);
  const kinds = new Set(pairs.map(({ kind }) => kind));
  // Of several files, some may be held out in one way and some in the other.
  const main = kinds.size === 1 ? kindNamed(deciding.evaluator, [...kinds][0]) : deciding.evaluator;
  const [first] = pairs;
  const rows = pairs.flatMap(({ kind, beside }) => (kind === first?.kind ? beside : []));
  if (first === undefined || rows.length === 0) return { ...deciding, evaluator: main };
  const other = heldOutEvaluator({ ...heldOut, rows } as Dataset, trains, measured, settings);
  const name = first.kind === "queries" ? "documents" : "queries";
  return {
    evaluator: evaluatorBeside(main, other.evaluator, name),
    notes: [...deciding.notes, ...other.notes.map((note) => `${name} beside them: ${note}`)],
  };
}

/** An evaluator, and what is to be said of it. */
interface NotedEvaluator {
  readonly evaluator: Evaluator;
  readonly notes: readonly string[];
}

/**
 * Held-out rows by the metric of their kind, and of what they are trained as; classes are learnt from rows that are trained on, and anchors search
 * some of their positives too: a note says where not all.
 */
export function heldOutEvaluator(
  heldOut: Dataset,
  trains: readonly Dataset[],
  measured: RowKind,
  settings: Pick<TrainSettings, "seed" | "searchBeside">,
): NotedEvaluator {
  const train = joinDatasets(trains.filter(({ kind }) => kind === heldOut.kind));
  const definition = heldOutDefinition(heldOut.kind, measured);
  const [to] = rowKindsOf(definition);
  return ofHeldOut(heldOut, () => {
    const data = convertDataset({ dataset: accountedAlone(heldOut), to });
    if (definition.name !== pairRetrieval.name || data.kind !== "pair") {
      const evaluator = buildEvaluator(definition, data, { seed: settings.seed, train });
      return { evaluator, notes: [] };
    }
    const trained = convertDataset({ dataset: train, to });
    const search = searchAmong(data.rows, trained.kind === "pair" ? trained.rows : []);
    return { evaluator: searchEvaluator(search, settings), notes: searchNotes(search, settings) };
  });
}

/** Held-out rows with an account of their own, without the rows they were held out of. */
function accountedAlone(heldOut: Dataset): Dataset {
  const { length } = heldOut.rows;
  const account = { ...heldOut.account, read: length, kept: length, dropped: [] };
  return { ...heldOut, account: { ...account, rowName: "held-out row" } };
}

/** What is wrong with held-out rows is said of them, not of the file. */
function ofHeldOut<T>({ rows, account }: Dataset, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const message = `the rows held out (${rows.length}) cannot be measured: ${error.message}`;
    const hint = "measure on another file: --eval FILE";
    throw new UserError(error.code, message, { at: { file: account.file }, hint, cause: error });
  }
}
