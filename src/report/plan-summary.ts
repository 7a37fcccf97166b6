import { type Prompts, promptTexts } from "../encoder/prompts.js";
import { describeTrained } from "../encoder/step/trained-tensors.js";
import { countOf, measures } from "../evaluation/metric.js";
import { smallestDifference } from "../evaluation/resolution.js";
import { showValue } from "../objectives/document.js";
import type { ConfiguredObjective } from "../objectives/loss.js";
import { allOptions } from "../objectives/resolve.js";
import { type AnyOption, kebabCase } from "../options/option.js";
import type { PlannedRun } from "../training/memory/require-memory.js";
import { trainTable } from "../training/options/table.js";
import type { TrainingFile } from "../training/plan/objective-groups.js";
import {
  foldedSteps,
  type TrainingPlan,
  trainedRows,
  trainedTexts,
} from "../training/plan/plan.js";
import { resolvedOptions } from "../training/run/run-record.js";
import type { ExpectedTime } from "../training/run-folder/events.js";
import { decidingEvaluator } from "../training/selection/chosen-evaluation.js";
import { formatSeconds } from "./duration.js";
import { formatPrompts } from "./prompts.js";

/** What the model of a plan adds to it. */
interface PlanModel {
  readonly prompts: Prompts;
  readonly memory?: PlannedRun;
}

/** What will be done, in a few lines. */
export function formatPlan(plan: TrainingPlan, { prompts, memory }: PlanModel): string {
  const { settings, steps } = plan;
  const epochs = steps / plan.stepsPerEpoch;
  return [
    ...formatObjectives(plan),
    `training   ${formatTune(plan)}, ${trainedRows(plan)} rows, ${trainedTexts(plan)} distinct texts`,
    ...lineOf("prompts    ", formatPrompts(prompts)),
    `steps      ${steps}, of ${batchRows(plan)} each (${epochs.toFixed(1)} epochs), rate ${settings.lr} ${settings.schedule}`,
    ...lineOf("differs    ", formatDifferences(plan)),
    `selection  ${formatSelection(plan)}`,
    ...lineOf("test       ", formatTest(plan)),
    ...(memory?.tensors === undefined ? [] : [`trains     ${describeTrained(memory.tensors)}`]),
    ...(memory === undefined ? [] : [`memory     ${formatMemory(memory)}`]),
    ...(memory?.seconds === undefined ? [] : [formatExpected(memory)]),
    `run        ${settings.out}`,
  ].join("\n");
}

/** `64 rows`, or their mean in the first epoch where it is not --batch-size. */
function batchRows({ settings, sampler }: TrainingPlan): string {
  const { batches } = sampler.plan(0);
  const rows = batches.reduce((sum, batch) => sum + batch.length, 0) / batches.length;
  const mean = rows.toFixed(1).replace(".0", "");
  return Number(mean) === settings.batchSize
    ? `${mean} rows`
    : `${mean} rows on average (at most ${settings.batchSize})`;
}

/** The objective; of several files each with its rows, and how their batches alternate. */
function formatObjectives({ files, settings }: TrainingPlan): string[] {
  const [first] = files;
  if (files.length === 1 && first !== undefined)
    return [`objective  ${described(first.objective)}`];
  return [
    ...files.map(
      ({ file, objective, train }, i) =>
        `${i === 0 ? "objectives " : "           "}${file}: ${train.rows.length} rows (${train.kind}), ${described(objective)}`,
    ),
    `mix        ${settings.mix}`,
  ];
}

/** `infonce (temperature 0.1, else its defaults)`: what differs from the objective's own defaults. */
function described({ definition, options }: ConfiguredObjective): string {
  const table = allOptions(definition);
  const given = Object.entries(options)
    .filter(([name, value]) => String(value) !== String(table[name]?.default))
    .map(([name, value]) => `${kebabCase(name)} ${showValue(value)}`);
  return given.length === 0
    ? `${definition.name} (its defaults: embtune objectives ${definition.name})`
    : `${definition.name} (${given.join(", ")}, else its defaults)`;
}

/** Options that are told by lines of their own. */
const toldElsewhere = new Set(["data", "moreData", "objective", "out", "eval", "columns"]);

/** `tune full (not head), epochs 30 (not 1)`: options that have another value than by default. */
function formatDifferences(plan: TrainingPlan): string | undefined {
  const resolved: Readonly<Record<string, unknown>> = { ...resolvedOptions(plan) };
  const given = Object.entries<AnyOption>(trainTable).flatMap(([name, spec]) => {
    const value = resolved[name];
    const usual = spec.default;
    if (toldElsewhere.has(name) || usual === undefined || value === undefined) return [];
    return String(value) === String(usual)
      ? []
      : [`${kebabCase(name)} ${String(value)} (not ${String(usual)})`];
  });
  return given.length === 0 ? undefined : given.join(", ");
}

function lineOf(title: string, text: string | undefined): string[] {
  return text === undefined ? [] : [title + text];
}

function formatSelection(plan: TrainingPlan): string {
  const { folds, metric, selectsOn, evalEvery } = plan;
  const evaluator = decidingEvaluator(plan);
  if (!measures(evaluator)) return "none, the last step goes out";
  const seen = `about ${Math.ceil(100 * smallestDifference(evaluator.rows))} points`;
  const every = `every ${evalEvery === 1 ? "step" : `${evalEvery} steps`}`;
  const when = folds.length > 0 ? `${foldedSteps(plan)} steps more` : every;
  return `${metric} of ${countOf(evaluator)} (${selectsOn}), where differences under ${seen} cannot be seen, ${when}`;
}

/** What --test-part has set aside. */
function formatTest({ test }: TrainingPlan): string | undefined {
  if (test === undefined) return undefined;
  const { metric, evaluator, name } = test;
  return `${metric} of ${countOf(evaluator)} (${name}), base and result once at the end`;
}

function formatTune({ settings }: TrainingPlan): string {
  const { tune, freeze, head, layerDecay, dropout, accumulate, miniBatchTokens } = settings;
  const parts = [
    tune !== "head" && `encoder (${tune}${freeze === undefined ? "" : `, ${freeze} frozen`})`,
    head !== "none" && `${head} head`,
    layerDecay !== 1 && `layer decay ${layerDecay}`,
    dropout !== 0 && `dropout ${dropout === "config" ? "of config.json" : dropout}`,
    miniBatchTokens !== undefined && `at most ${miniBatchTokens} tokens at once`,
    accumulate !== 1 && `${accumulate} batches an update`,
  ];
  return parts.filter((part) => part !== false).join(", ");
}

function formatMemory(memory: PlannedRun): string {
  const { trained, frozen, copies, optimizer, average = 0, activations, report } = memory;
  const { program, total, tokens, limit } = memory;
  const MB = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MB`;
  const enough = limit !== undefined && total < limit.bytes ? "of" : "MORE than";
  const allowed =
    limit === undefined ? "" : `; ${enough} the ${MB(limit.bytes)} that the ${limit.by} has`;
  const at = tokens === 0 ? "" : ` at ${tokens.toLocaleString("en-US")} tokens`;
  const stays = frozen < 2 ** 20 ? "" : `, ${MB(frozen)} of weights that stay`;
  const averaged = average === 0 ? "" : `, their average ${MB(average)}`;
  return `parameters ${MB(trained)}${averaged}${stays}, gradients and optimizer ${MB(optimizer)}, copies ${MB(copies)}, activations ${MB(activations)}${at}, vectors for the report ${MB(report)}, the program ${MB(program)}: about ${MB(total)}${allowed}`;
}

/** `time       about 3m05s on this machine as it is now, which reads 4,100 tokens a second` */
export function formatExpected({
  seconds = 0,
  tokensPerSecond = 0,
}: Partial<ExpectedTime>): string {
  const rate = Math.round(tokensPerSecond).toLocaleString("en-US");
  return `time       about ${formatSeconds(seconds)} on this machine as it is now, which reads ${rate} tokens a second`;
}

/** The plan as data, for `--dry-run --json`. */
export function planRecord(plan: TrainingPlan, { prompts, memory }: PlanModel) {
  const { files, evalData } = plan;
  const [first] = files.map(fileRecord);
  return {
    options: resolvedOptions(plan),
    ...(files.length === 1 ? { data: first } : { files: files.map(fileRecord) }),
    eval:
      evalData === undefined
        ? undefined
        : { ...evalData.account, kind: evalData.kind, rows: evalData.rows.length },
    trainRows: trainedRows(plan),
    texts: trainedTexts(plan),
    prompts: promptTexts(prompts),
    steps: plan.steps,
    stepsPerEpoch: plan.stepsPerEpoch,
    evalEvery: plan.evalEvery,
    saveEvery: plan.saveEvery,
    metric: plan.metric,
    selectsOn: plan.selectsOn,
    folds: plan.folds.map(({ evaluator, steps }) => ({ rows: evaluator.rows, steps })),
    test: plan.test && {
      metric: plan.test.metric,
      rows: plan.test.evaluator.rows,
      name: plan.test.name,
    },
    notes: plan.notes,
    ...modelRecord(memory),
  };
}

function modelRecord(memory: PlannedRun | undefined) {
  if (memory === undefined) return {};
  const { tensors, seconds, tokensPerSecond, ...sizes } = memory;
  return { trained: tensors, memory: sizes, seconds, tokensPerSecond };
}

function fileRecord({ data, train, objective }: TrainingFile) {
  return {
    ...data.account,
    kind: data.kind,
    columns: data.columns,
    rows: data.rows.length,
    trainRows: train.rows.length,
    objective: objective.definition.name,
    objectiveOptions: objective.options,
  };
}
