import { figure, meanLoss, type Rule, type Series } from "./series.js";

/** How far of the way from the base's mean cosine to 1, and to what share of its rank. */
const COSINE = 0.5;
const RANK = 0.5;
/** A rank below this share of the base's is a collapse whatever the cosine. */
const FEW_DIRECTIONS = 0.1;

/** Texts drawn at random lie nearer together and fill fewer directions than the base's: both by half, or a tenth of the directions is left. */
export const collapse: Rule = ({ evaluations, updates }) => {
  const [base, last] = [evaluations[0]?.analysis, evaluations.at(-1)?.analysis];
  // The last thing logged is an evaluation, and not the start's.
  if (base === undefined || last === undefined || evaluations.length < 2) return undefined;
  if (evaluations.at(-1)?.step !== updates.at(-1)?.step) return undefined;
  const limit = base.meanCosine + COSINE * (1 - base.meanCosine);
  const share = last.effectiveRank / base.effectiveRank;
  const near = last.meanCosine > limit && share < RANK;
  if (!near && !(share < FEW_DIRECTIONS)) return undefined;
  const value = last.meanCosine;
  return {
    value,
    limit,
    message: `the vectors collapse: texts drawn at random have a mean cosine of ${figure(value)} (the base ${figure(base.meanCosine)}) and fill ${figure(last.effectiveRank)} directions (the base ${figure(base.effectiveRank)}); lower --lr, raise --batch-size, or take an objective with negatives`,
  };
};

/** Evaluations in a row that must fall, and by how much the last must lie below the best. */
const FALLS = 3;
const BELOW = 0.01;

/** The loss goes on falling while the deciding metric has fallen three times in a row, by a point in all: the training rows are learnt by heart. */
export const metricFalls: Rule = (series) => {
  const { run, evaluations, updates } = series;
  const values = evaluations.map((one) => one.eval[run.metric]);
  const last = values.slice(-FALLS - 1);
  if (last.length <= FALLS || evaluations.at(-1)?.step !== updates.at(-1)?.step) return undefined;
  if (last.some((value, i) => i > 0 && !(value < last[i - 1]))) return undefined;
  const [value, limit] = [values[values.length - 1], Math.max(...values)];
  const [before, after] = windows(series);
  if (!(limit - value >= BELOW) || !(after < before)) return undefined;
  return {
    value,
    limit,
    message: `the loss falls, from ${figure(before)} to ${figure(after)}, and ${run.metric} with it, from ${figure(limit)} to ${figure(value)}: the training rows are learnt by heart; fewer --epochs, a lower --lr, or --tune lora (the best point goes out in any case)`,
  };
};

/** Mean losses before the evaluation that all later ones fell from, and before the last one. */
function windows({ evaluations, updates }: Series): [before: number, after: number] {
  const step = (back: number): number => evaluations.at(-back)?.step ?? 0;
  const between = (from: number, to: number): number =>
    meanLoss(updates.filter((one) => one.step > from && one.step <= to));
  const first = step(FALLS + 1);
  // Where the fall begins at the start itself, there is no loss before it.
  const before = first === 0 ? between(0, step(FALLS)) : between(step(FALLS + 2), first);
  return [before, between(step(2), step(1))];
}
