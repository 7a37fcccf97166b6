import { type Prompts, promptTexts } from "../encoder/prompts.js";
import { measures } from "../evaluation/metric.js";
import type { TrainingPlan } from "../training/plan.js";
import type { PlannedMemory } from "../training/planned-memory.js";
import { formatPrompts } from "./prompts.js";

/** What the model of a plan adds to it. */
export interface PlanModel {
  readonly prompts: Prompts;
  readonly memory?: PlannedMemory;
}

/** What will be done, in a few lines. */
export function formatPlan(plan: TrainingPlan, { prompts, memory }: PlanModel): string {
  const { settings, objective, steps } = plan;
  const options = Object.entries(objective.options)
    .filter(([, value]) => !(Array.isArray(value) && value.length === 0))
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(", ");
  const epochs = steps / plan.stepsPerEpoch;
  return [
    `objective  ${settings.objective} (${options})`,
    `training   ${formatTune(plan)}, ${plan.train.rows.length} rows, ${plan.batches.texts.length} distinct texts`,
    ...lineOf("prompts    ", formatPrompts(prompts)),
    `steps      ${steps} of ${settings.batchSize} rows (${epochs.toFixed(1)} epochs), rate ${settings.lr} ${settings.schedule}`,
    `selection  ${formatSelection(plan)}`,
    ...(memory === undefined ? [] : [`memory     ${formatMemory(memory)}`]),
    `run        ${settings.out}`,
  ].join("\n");
}

function lineOf(title: string, text: string | undefined): string[] {
  return text === undefined ? [] : [title + text];
}

function formatSelection({ evaluator, metric, selectsOn, evalEvery }: TrainingPlan): string {
  if (!measures(evaluator)) return "none, the last step goes out";
  return `${metric} on ${selectsOn}, every ${evalEvery} steps`;
}

function formatTune({ settings }: TrainingPlan): string {
  const { tune, head, dropout, accumulate } = settings;
  const parts = [
    ...(tune === "head" ? [] : [`encoder (${tune})`]),
    ...(head === "none" ? [] : [`${head} head`]),
    ...(dropout === 0 ? [] : [`dropout ${dropout}`]),
    ...(accumulate === 1 ? [] : [`${accumulate} batches an update`]),
  ];
  return parts.join(", ");
}

function formatMemory({ trained, frozen, optimizer, activations, tokens }: PlannedMemory): string {
  const MB = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MB`;
  const at = tokens === 0 ? "" : ` at ${tokens.toLocaleString("en-US")} tokens`;
  const stays = frozen < 2 ** 20 ? "" : `, ${MB(frozen)} of weights that stay`;
  return `parameters ${MB(trained)}${stays}, gradients and optimizer ${MB(optimizer)}, activations ${MB(activations)}${at}`;
}

/** The plan as data, for `--dry-run --json`. */
export function planRecord(plan: TrainingPlan, { prompts, memory }: PlanModel) {
  const { settings, objective, data, evalData } = plan;
  return {
    options: { ...settings, objectiveOptions: objective.options },
    data: { ...data.account, kind: data.kind, columns: data.columns, rows: data.rows.length },
    ...(evalData === undefined
      ? {}
      : { eval: { ...evalData.account, kind: evalData.kind, rows: evalData.rows.length } }),
    trainRows: plan.train.rows.length,
    texts: plan.batches.texts.length,
    prompts: promptTexts(prompts),
    steps: plan.steps,
    stepsPerEpoch: plan.stepsPerEpoch,
    evalEvery: plan.evalEvery,
    saveEvery: plan.saveEvery,
    metric: plan.metric,
    notes: plan.notes,
    ...(memory === undefined ? {} : { memory }),
  };
}
