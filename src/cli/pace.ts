import { mean } from "../math/statistics.js";
import { formatSeconds } from "../report/duration.js";

/** How fast it goes, `410/s`, and how long it still takes, `1m05s left`; empty where that is not known. */
interface Pace {
  readonly rate: string;
  readonly left: string;
}

/** Told how much is done, says how fast it goes. */
export type Clock = (done: number) => Pace;

/** By the mean rate since the first call: what was done before that, by a resumed run, took no time here. */
export function paceClock(total = Number.NaN, now: () => number = () => performance.now()): Clock {
  let first: { readonly done: number; readonly at: number } | undefined;
  return (done) => {
    first ??= { done, at: now() };
    const rate = (1000 * (done - first.done)) / (now() - first.at);
    const known = rate > 0 && Number.isFinite(rate);
    const shown = rate < 10 ? rate.toFixed(1) : Math.round(rate).toLocaleString("en-US");
    const left = known && done < total ? `${formatSeconds((total - done) / rate)} left` : "";
    return { rate: known ? `${shown}/s` : "", left };
  };
}

/** When the parts of a run were done: steps, and evaluations every so many of them. */
interface RunClock {
  readonly clock: Clock;
  /** The first texts are being embedded: what was opened before is no part of an evaluation. */
  readonly begin: () => void;
  /** What has passed since was spent on something else. */
  readonly elsewhere: () => void;
  readonly stepped: () => void;
  readonly evaluated: () => void;
}

interface RunLength {
  readonly steps: number;
  readonly evalEvery: number;
  /** Whether the evaluation of the start takes as long as the others. */
  readonly startCounts?: boolean;
}

/**
 * Time left of a run: the steps to come by the mean of those made, the evaluations to come by the mean of those after the first step (before
 * one was: by that of the start). The first step of a process, in which memory is laid out, counts only while it is the only one.
 */
export function runClock(
  { steps, evalEvery, startCounts = true }: RunLength,
  now: () => number = () => performance.now(),
): RunClock {
  let before = now();
  let start = 0;
  const taken: { readonly steps: number[]; readonly evaluations: number[] } = {
    steps: [],
    evaluations: [],
  };
  const since = (): number => {
    const at = now();
    const past = at - before;
    before = at;
    return past;
  };
  let begun = false;
  return {
    begin: () => {
      if (!begun) since();
      begun = true;
    },
    elsewhere: () => void since(),
    stepped: () => taken.steps.push(since()),
    evaluated: () => {
      const past = since();
      if (taken.steps.length > 0) taken.evaluations.push(past);
      else if (startCounts) start = past;
    },
    clock: (done) => {
      const [first, ...others] = taken.steps;
      if (first === undefined) return { rate: "", left: "" };
      const step = others.length === 0 ? first : mean(others);
      const evaluation = taken.evaluations.length === 0 ? start : mean(taken.evaluations);
      const evaluations = Math.ceil(steps / evalEvery) - Math.floor(done / evalEvery);
      const left = ((steps - done) * step + evaluations * evaluation) / 1000;
      const rate = `${(1000 / step).toFixed(1)} steps/s`;
      return { rate, left: left > 0 ? `${formatSeconds(left)} left` : "" };
    },
  };
}
