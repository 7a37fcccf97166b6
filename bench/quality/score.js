import { compare, sampleMetrics } from "../../dist/evaluation/bootstrap.js";
import { metricOf } from "../../dist/evaluation/metric.js";

/** Looks vectors up: the texts' vectors are known, one row each of `vectors`. */
function lookUp(texts, vectors) {
  const cols = vectors.length / texts.length;
  const rows = new Map(texts.map((text, i) => [text, i]));
  return async (wanted) => {
    const data = new Float32Array(wanted.length * cols);
    wanted.forEach((text, i) => {
      const start = rows.get(text) * cols;
      data.set(vectors.subarray(start, start + cols), i * cols);
    });
    return { rows: wanted.length, cols, data };
  };
}

/**
 * Scores of base, tuned model and peer on each set of a task, by the same code on the same rows, and the paired bootstrap
 * differences tuned − base and tuned − peer (10,000 resamples, seed 42).
 */
export async function scoreTask({ texts, sets }, vectors) {
  const scores = [];
  for (const { name, evaluator, keys } of sets) {
    const names = Object.keys(vectors);
    const evaluations = [];
    for (const one of names) evaluations.push(await evaluator.run(lookUp(texts, vectors[one])));
    for (const key of keys) {
      const metrics = evaluations.map((evaluation) => metricOf(evaluation, key));
      const sampled = sampleMetrics(metrics, { rows: evaluator.rows });
      const own = Object.fromEntries(names.map((one, i) => [one, sampled[i]]));
      scores.push({
        set: name,
        key,
        n: evaluator.rows,
        ...Object.fromEntries(names.map((one) => [one, own[one].value])),
        gain: difference(own.base, own.tuned),
        ...(own.peer === undefined ? {} : { overPeer: difference(own.peer, own.tuned) }),
      });
    }
  }
  return scores;
}

function difference(base, tuned) {
  const { difference, interval } = compare(base, tuned);
  return { difference, interval };
}
