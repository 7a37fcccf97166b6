import { mean } from "../../math/statistics.js";
import { figure, meanLoss, type Rule } from "./series.js";

/** Fewer updates tell nothing of a trend. */
const FEW = 10;

/** A loss within so much of the level of chance is no better, unless it has fallen to so much of what it began with: where texts are alike, it begins above. */
const NEAR_CHANCE = 0.98;
const FALLEN = 0.95;

/** After a third of the run: the mean loss of the last updates is that of vectors that tell nothing, and no lower than that of the first. */
export const noBetterThanChance: Rule = ({ run, updates }) => {
  const due = Math.max(FEW, Math.ceil(run.steps / 3));
  if (updates.length !== due) return undefined;
  const last = updates.slice(-Math.max(5, Math.ceil(due / 10)));
  const levels = last.flatMap(({ chance }) => chance ?? []);
  if (levels.length < last.length) return undefined;
  const chance = mean(levels);
  const value = meanLoss(last);
  const first = meanLoss(updates.slice(0, last.length));
  if (!(value >= NEAR_CHANCE * chance) || value < FALLEN * first) return undefined;
  return {
    value,
    limit: chance,
    message: `after a third of the run the loss, ${figure(value)}, is no better than chance, ${figure(chance)}: look whether rows belong together as the columns say (embtune data inspect), or raise --lr`,
  };
};

/** A rise beyond what single batches differ by, and beyond this share of the loss. */
const RISE = 0.1;

/** At the end of a warm-up of 9 updates or more: its last third has a higher loss than its first, by a tenth and more than chance (p about 0.001). */
export const rateTooHigh: Rule = ({ run, updates }) => {
  const { warmup } = run;
  const part = Math.floor(warmup / 3);
  if (part < 3 || updates.length !== warmup) return undefined;
  const [first, last] = [updates.slice(0, part), updates.slice(-part)];
  const [before, after] = [meanLoss(first), meanLoss(last)];
  const noise = Math.sqrt(squaredError(first) + squaredError(last));
  // About Student's quantile at 0.001: of few updates the standard error is known badly.
  const errors = 3 * (1 + 3 / (part - 1));
  if (!(after - before > errors * noise + RISE * Math.abs(before))) return undefined;
  return {
    value: after,
    limit: before,
    message: `the loss rises over the warm-up, from ${figure(before)} to ${figure(after)}: the rate is too high; lower --lr, a third of it to begin with`,
  };
};

/** Squared standard error of the mean loss. */
function squaredError(updates: readonly { readonly loss: number }[]): number {
  const n = updates.length;
  const center = meanLoss(updates);
  return updates.reduce((sum, { loss }) => sum + (loss - center) ** 2, 0) / (n - 1) / n;
}

/** Updates over which nothing is left, and the share of the first losses that counts as nothing. */
const IDLE = 20;
const NOTHING = 1e-3;

/** Twenty updates in a row have less than a thousandth of the loss that training began with, and a tenth of the run is still to come. */
export const nothingToLearn: Rule = ({ run, updates }) => {
  if (updates.length < IDLE || updates.length > 0.9 * run.steps) return undefined;
  const [first] = updates;
  const limit = NOTHING * Math.abs(first.chance ?? meanLoss(updates.slice(0, 5)));
  const last = updates.slice(-IDLE);
  if (last.some(({ loss }) => !(Math.abs(loss) <= limit))) return undefined;
  const value = meanLoss(last);
  return {
    value,
    limit,
    message: `nothing is left to learn at step ${updates.length} of ${run.steps}: the loss of the last ${IDLE} updates is ${figure(value)}; stop here, raise --batch-size, lower --temperature, or give harder negatives (embtune mine)`,
  };
};

/** Updates whose masks are looked at, and the share that is too much. */
const MASKS = 20;
const FALSE_NEGATIVES = 0.05;

/** Over the first updates: more than a twentieth of the other rows' candidates is known to be right for the anchor too. */
export const falseNegatives: Rule = ({ run, updates }) => {
  if (updates.length !== Math.min(MASKS, run.steps)) return undefined;
  const shares = updates.flatMap(({ masked }) => masked ?? []);
  if (shares.length < updates.length) return undefined;
  const value = mean(shares);
  if (!(value > FALSE_NEGATIVES)) return undefined;
  return {
    value,
    limit: FALSE_NEGATIVES,
    message: `${figure(100 * value)} % of a batch's negatives share a text or group with the anchor's row and are left out, so that others are likely to be right too: --guide base finds those, a smaller --batch-size meets fewer, and rows that are classes in truth are better trained as text and label`,
  };
};
