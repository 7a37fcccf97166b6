import type { TrainingPlan } from "../training/plan.js";

/** What will be done, in a few lines. */
export function formatPlan(plan: TrainingPlan): string {
  const { settings, objective, steps } = plan;
  const options = Object.entries(objective.options)
    .filter(([, value]) => !(Array.isArray(value) && value.length === 0))
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(", ");
  const epochs = steps / plan.stepsPerEpoch;
  return [
    `objective  ${settings.objective} (${options})`,
    `training   ${settings.head} head, ${plan.train.rows.length} rows, ${plan.batches.texts.length} distinct texts`,
    `steps      ${steps} of ${settings.batchSize} rows (${epochs.toFixed(1)} epochs), rate ${settings.lr} ${settings.schedule}`,
    `selection  ${plan.metric} on ${plan.selectsOn}, every ${plan.evalEvery} steps`,
    `run        ${settings.out}`,
  ].join("\n");
}

/** The plan as data, for `--dry-run --json`. */
export function planRecord(plan: TrainingPlan) {
  const { settings, objective, data, evalData } = plan;
  return {
    options: { ...settings, objectiveOptions: objective.options },
    data: { ...data.account, kind: data.kind, columns: data.columns, rows: data.rows.length },
    ...(evalData === undefined
      ? {}
      : { eval: { ...evalData.account, kind: evalData.kind, rows: evalData.rows.length } }),
    trainRows: plan.train.rows.length,
    texts: plan.batches.texts.length,
    steps: plan.steps,
    stepsPerEpoch: plan.stepsPerEpoch,
    evalEvery: plan.evalEvery,
    saveEvery: plan.saveEvery,
    metric: plan.metric,
    notes: plan.notes,
  };
}
