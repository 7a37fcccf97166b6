import type { Dataset, DatasetOf, PairRow } from "../../dataset/rows/row-types.js";
import { UserError, usageError } from "../../errors/user-error.js";
import type { ConfiguredObjective } from "../../objectives/loss.js";
import type { TrainSettings } from "../options/settings.js";

/** What is trained with, on which rows. */
export interface Intention {
  readonly objective: ConfiguredObjective;
  readonly settings: TrainSettings;
  readonly train: Dataset;
}

/**
 * Refuses rows of which no batch could satisfy the objective, with the file, the count and the remedy: classes without contrast,
 * labels or scores that are all the same, no negatives where nothing else pushes, margins that are missing, more noise than
 * candidates. UserError codes: one-class, no-positives, one-label, constant-scores, no-negatives, no-margins, too-much-noise,
 * batch-too-small.
 */
export function requireSatisfiable(intention: Intention): void {
  const { train } = intention;
  if (train.kind === "classed") requireContrast(train, intention);
  if (train.kind === "pair") requirePairs(train, intention);
  const values = distinguishing(train);
  if (values !== undefined) requireDifferent(train, values, intention);
}

/** What the objective learns to tell apart, of each row. */
function distinguishing(train: Dataset): readonly string[] | undefined {
  if (train.kind === "labelled-pair") return train.rows.map(({ label }) => `label ${label}`);
  if (train.kind === "scored-pair") return train.rows.map(({ score }) => `score ${score}`);
  return train.kind === "nli" ? train.rows.map(({ label }) => `label ${label}`) : undefined;
}

function requireContrast({ rows, account }: DatasetOf<"classed">, intention: Intention): void {
  const { objective, settings } = intention;
  const { name } = objective.definition;
  const at = { file: account.file };
  const classes = new Set(rows.map(({ label }) => label)).size;
  if (classes < 2)
    throw new UserError(
      "one-class",
      `all ${rows.length} texts are of one class, ${name} needs at least 2`,
      { at, hint: "add texts of another class, or choose the column: --columns label=NAME" },
    );
  if (classes === rows.length)
    throw new UserError(
      "no-positives",
      `none of the ${classes} classes has two texts, so ${name} has nothing to pull together`,
      { at, hint: "give several texts of a class, or choose the column: --columns label=NAME" },
    );
  const natural = rows.every(({ unit }) => unit === undefined);
  if (natural && settings.batchSize <= settings.perClass)
    throw usageError(
      "batch-too-small",
      `--batch-size ${settings.batchSize} holds no second class beside ${settings.perClass} texts of one (--per-class)`,
      "raise --batch-size or lower --per-class",
    );
}

function requireDifferent(
  { account }: Dataset,
  values: readonly string[],
  { objective }: Intention,
): void {
  const [first] = values;
  if (values.some((value) => value !== first)) return;
  const scores = first?.startsWith("score") === true;
  throw new UserError(
    scores ? "constant-scores" : "one-label",
    `all ${values.length} pairs have ${first}, ${objective.definition.name} needs pairs that differ in it`,
    {
      at: { file: account.file },
      hint: scores
        ? "choose another column: --columns score=NAME"
        : "add pairs of another label, or choose an objective for positive pairs: --objective infonce",
    },
  );
}

function requirePairs(dataset: DatasetOf<"pair">, intention: Intention): void {
  const { definition, options } = intention.objective;
  const alone = !definition.inBatch || options.inBatch === false;
  if (alone) requireNegatives(dataset, intention);
  else requireBatch(dataset, intention);
  if (definition.forms.some(({ required }) => required.includes("teacher")))
    requireMargins(dataset, intention);
}

function requireNegatives({ rows, account }: DatasetOf<"pair">, { objective }: Intention): void {
  if (rows.some(({ negatives }) => negatives.length > 0)) return;
  const { definition } = objective;
  const remedy = definition.options.mining === undefined ? "" : "--mining batch-hard, or ";
  const setting = definition.inBatch ? " with --no-in-batch" : "";
  throw new UserError(
    "no-negatives",
    `none of the ${rows.length} rows has an explicit negative, which ${definition.name}${setting} needs`,
    {
      at: { file: account.file },
      hint: `${remedy}name the column of negatives: --columns negative=NAME`,
    },
  );
}

function requireBatch({ rows }: DatasetOf<"pair">, { objective, settings }: Intention): void {
  const { definition, options } = objective;
  const { batchSize } = settings;
  if (batchSize < 2)
    throw usageError(
      "batch-too-small",
      `--batch-size 1 leaves ${definition.name} without in-batch negatives`,
      "use at least 2",
    );
  if (options.k === undefined) return;
  const others = Math.min(batchSize, rows.length) * (1 + mostNegatives(rows)) - 1;
  if (Number(options.k) > others)
    throw usageError(
      "too-much-noise",
      `--k ${options.k} asks for more negatives than the ${others} other candidates of a batch`,
      "lower --k or raise --batch-size",
    );
}

function mostNegatives(rows: readonly PairRow[]): number {
  return rows.reduce((most, { negatives }) => Math.max(most, negatives.length), 0);
}

function requireMargins(dataset: DatasetOf<"pair">, { objective, settings }: Intention): void {
  if (settings.teacher !== undefined) return;
  const { name } = objective.definition;
  const at = { file: dataset.account.file };
  const without = dataset.rows.filter(({ margin }) => margin === undefined);
  const [first] = without;
  if (first === undefined) return;
  throw new UserError(
    "no-margins",
    `${without.length} of the ${dataset.rows.length} rows have no teacher margin, which ${name} needs`,
    {
      at: without.length === dataset.rows.length ? at : { ...at, line: first.line },
      hint: "add a margin column (teacher's sim(a,p) − sim(a,n)), or let a model give it: --teacher MODEL",
    },
  );
}
