import { describe, expect, it } from "vitest";
import type { WarningRecord } from "../../../src/training/run-folder/events.js";
import type { LogRecord } from "../../../src/training/run-folder/log.js";
import { watchedLog } from "../../../src/training/watch/watched-log.js";

const metric = "cosine_mrr@10";

function update(step: number, loss: number, more: object = {}): LogRecord {
  return { step, epoch: 0, loss, gradNorm: 1, lr: 1e-5, tokens: 0, msPerStep: 1, ...more };
}

function evaluation(step: number, value: number, meanCosine = 0.1, effectiveRank = 80): LogRecord {
  const analysis = { texts: 256, uniformity: -3, meanNorm: 1, meanCosine, effectiveRank };
  return { step, eval: { [metric]: value }, analysis };
}

/** Losses from `from` to `to`, with noise that is the same in every run. */
const losses = (count: number, from: number, to: number, noise = 0): number[] =>
  Array.from({ length: count }, (_, i) => {
    const wave = noise * Math.sin(7.3 * i * i);
    return from + ((to - from) * i) / Math.max(1, count - 1) + wave;
  });

interface Watched {
  readonly warnings: readonly WarningRecord[];
  readonly logged: readonly LogRecord[];
}

function watch(
  records: readonly LogRecord[],
  { steps = 90, warmup = 9, before = [] as readonly LogRecord[] } = {},
): Watched {
  const [warnings, logged]: [WarningRecord[], LogRecord[]] = [[], []];
  const inner = { append: (one: LogRecord) => logged.push(one), flush: () => {}, close: () => {} };
  const run = { steps, warmup, metric };
  const log = watchedLog(inner, { run, before, tell: (warning) => warnings.push(warning) });
  for (const record of records) log.append(record);
  return { warnings, logged };
}

const steps = (values: readonly number[], more: object = {}, first = 1): LogRecord[] =>
  values.map((loss, i) => update(first + i, loss, more));
const names = ({ warnings }: Watched): string[] => warnings.map(({ warning }) => warning);

describe("what a run is warned of", () => {
  it("of a collapse where nothing is measured too", () => {
    const looks = [evaluation(0, 0), evaluation(2, 0, 0.9, 20)].map((one) => ({
      ...one,
      eval: {},
    }));
    const [start, end] = looks;
    expect(names(watch([start, ...steps([1, 0.9]), end]))).toEqual(["collapse"]);
  });

  it("nothing where loss and metric go as they should", () => {
    const chance = { chance: Math.log(64), masked: 0.01 };
    const all = [0, 1, 2, 3].flatMap((part) => [
      evaluation(20 * part, 0.6 + 0.01 * part, 0.1 + 0.02 * part, 80 - 5 * part),
      ...steps(losses(20, 2 - 0.3 * part, 1.7 - 0.3 * part, 0.2), chance, 20 * part + 1),
    ]);
    expect(names(watch(all))).toEqual([]);
  });

  it("a loss that is no better than chance after a third, once, with its figure", () => {
    const watched = watch(steps(losses(60, 4.17, 4.15, 0.01), { chance: 4.16 }));
    expect(names(watched)).toEqual(["chance"]);
    const [{ step, value, limit, message }] = watched.warnings;
    expect([step, limit]).toEqual([30, 4.16]);
    expect(value).toBeCloseTo(4.16, 1);
    expect(message).toContain("raise --lr");
    expect(watched.logged[30]).toEqual(watched.warnings[0]);
    // Where the objective has no level, or the loss has left it, there is nothing to say.
    expect(names(watch(steps(losses(60, 4.17, 4.15))))).toEqual([]);
    expect(names(watch(steps(losses(60, 4.17, 3.5), { chance: 4.16 })))).toEqual([]);
    // One that begins far above the level is on its way.
    expect(names(watch(steps(losses(60, 6, 4), { chance: 4.16 })))).toEqual([]);
  });

  it("a loss that rises over the warm-up, beyond its noise", () => {
    const rising = watch(steps(losses(12, 1, 2, 0.05)), { warmup: 12 });
    expect(names(rising)).toEqual(["rate-too-high"]);
    expect(rising.warnings[0].message).toContain("lower --lr");
    expect(names(watch(steps(losses(12, 2, 1, 0.05)), { warmup: 12 }))).toEqual([]);
    expect(names(watch(steps(losses(12, 1, 1.1, 0.5)), { warmup: 12 }))).toEqual([]);
    expect(names(watch(steps(losses(8, 1, 2)), { warmup: 8 }))).toEqual([]);
    // Over three standard errors, which three batches are too few to know.
    const few = [0.9, 1.05, 0.93, 1, 1, 1, 1.2, 1.26, 1.23];
    expect(names(watch(steps(few), { warmup: 9 }))).toEqual([]);
  });

  it("nothing left to learn, while a tenth of the run is to come", () => {
    const spent = [...steps(losses(10, 2, 0.1)), ...steps(losses(30, 1e-4, 1e-5), {}, 11)];
    expect(names(watch(spent))).toEqual(["nothing-to-learn"]);
    expect(names(watch(spent, { steps: 30 }))).toEqual([]);
    expect(names(watch(steps(losses(60, 2, 0.05))))).toEqual([]);
  });

  it("false negatives above 5 % of a batch", () => {
    const watched = watch(steps(losses(25, 2, 1), { masked: 0.08 }));
    expect(names(watched)).toEqual(["false-negatives"]);
    expect(watched.warnings[0]).toMatchObject({ step: 20, limit: 0.05 });
    expect(watched.warnings[0].message).toContain("8 % of a batch's negatives");
    expect(names(watch(steps(losses(25, 2, 1), { masked: 0.04 })))).toEqual([]);
    expect(names(watch(steps(losses(25, 2, 1))))).toEqual([]);
  });

  it("a metric that falls three times in a row while the loss falls", () => {
    const run = (values: readonly number[], end = 0.5) =>
      values.flatMap((value, i) => [
        ...(i === 0 ? [] : steps(losses(10, 2 - end * i, 2 - end * i), {}, 10 * i - 9)),
        evaluation(10 * i, value),
      ]);
    const falling = watch(run([0.86, 0.85, 0.84, 0.83]));
    expect(names(falling)).toEqual(["falling-metric"]);
    expect(falling.warnings[0]).toMatchObject({ step: 30, value: 0.83, limit: 0.86 });
    expect(names(watch(run([0.86, 0.85, 0.855, 0.83])))).toEqual([]);
    expect(names(watch(run([0.86, 0.858, 0.857, 0.856])))).toEqual([]);
    expect(names(watch(run([0.86, 0.85, 0.84, 0.83], -0.5)))).toEqual([]);
  });

  it("a collapse, judged by the base's own cosine and rank", () => {
    const ended = (meanCosine: number, rank: number, base = 0.1) =>
      names(
        watch([
          evaluation(0, 0.6, base),
          ...steps(losses(10, 2, 1)),
          evaluation(10, 0.6, meanCosine, rank),
        ]),
      );
    expect(ended(0.8, 20)).toEqual(["collapse"]);
    expect(ended(0.1, 5)).toEqual(["collapse"]);
    expect(ended(0.8, 70)).toEqual([]);
    expect(ended(0.3, 30)).toEqual([]);
    // A base whose vectors lie near each other is no collapse.
    expect(ended(0.82, 30, 0.8)).toEqual([]);
  });

  it("tells a resumed run what it was warned of, and no warning twice", () => {
    const chance = { chance: 4.16 };
    const first = watch(steps(losses(35, 4.17, 4.15, 0.01), chance));
    const before = first.logged;
    const on = watch(steps(losses(25, 4.16, 4.15, 0.01), chance, 36), { before });
    expect(on.warnings).toEqual(first.warnings);
    expect(on.logged.some((record) => "warning" in record)).toBe(false);
    // One that stopped before it was due is warned when it goes on.
    const early = watch(steps(losses(5, 4.17, 4.15), chance, 26), {
      before: steps(losses(25, 4.17, 4.15), chance),
    });
    expect(names(early)).toEqual(["chance"]);
  });
});
