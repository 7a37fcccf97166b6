import { cpSync, rmSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { loadEncoder } from "../../src/encoder/load.js";
import { rowCosine } from "../../src/evaluation/cosine.js";
import { escapeHtml } from "../../src/report/html.js";
import { startSentences } from "../../src/report/interpolation.js";
import { runPage } from "../../src/report/run-page/page.js";
import { openRuntime } from "../../src/runtime/runtime.js";
import type { TrainOptions } from "../../src/training/options/settings.js";
import { readRun } from "../../src/training/run-folder/run-folder.js";
import { file, model, options } from "../support/encoder-run.js";
import { train } from "../support/train.js";

let ranked: string;

/** Rows whose gold scores are the base's own order, which no model can better. */
beforeAll(async () => {
  const runtime = await openRuntime({ threads: 1 });
  const encoder = await loadEncoder({ model, runtime, maxLength: 16 });
  const words = ["red", "old", "cold", "new", "warm", "small", "dry", "deep"];
  const things = ["dog", "car", "sea", "road", "bread"];
  const texts = words.flatMap((word) => things.map((thing) => `${word} ${thing}`));
  const vectors = await encoder.encode(texts, { prompt: "" });
  await encoder.release();
  await runtime.close();
  const pairs = Array.from({ length: 20 }, (_, i) => ({
    texts: [texts[2 * i], texts[2 * i + 1]],
    score: rowCosine(vectors, 2 * i, vectors, 2 * i + 1),
  }));
  pairs.sort((a, b) => a.score - b.score);
  ranked = file("ranked.csv", [
    "sentence1,sentence2,score",
    ...pairs.map((pair, i) => `${pair.texts.join(",")},${i / 20}`),
  ]);
});

const settingsOf = (changes: Partial<TrainOptions>) =>
  options({ model, eval: ranked, metric: "spearman_cosine", tune: "full", lr: 0.05, ...changes });

describe.each(["auto", "off"] as const)("a run that ends on its base, --interpolate %s", (mode) => {
  it("keeps how sure that is, and says it in terminal and report", async () => {
    const { record, unchanged, folder } = await train(settingsOf({ interpolate: mode }));
    expect([unchanged, record.result!.unchanged]).toEqual([true, true]);
    const { base, tuned, interval } = record.result!.passedOver!;
    expect(base).toBeCloseTo(1, 9);
    expect(tuned).toBeLessThan(base);
    expect(interval.low).toBeLessThanOrEqual(tuned - base);
    const sentences = startSentences(record, "RUN");
    expect(sentences).toHaveLength(3);
    expect(sentences[1]).toMatch(/^the end of training against the base: -\d/);
    const page = await runPage({ folder: "RUN", record, log: [] });
    for (const sentence of sentences) expect(page).toContain(`>${escapeHtml(sentence)}<`);
    const again = `${folder} again`;
    cpSync(folder, again, { recursive: true });
    rmSync(`${again}/model`, { recursive: true });
    await train({ ...settingsOf({ interpolate: mode }), out: again, resume: true });
    expect(readRun(again).result!.passedOver).toEqual(record.result!.passedOver);
  });
});

it("does not call a head that reduces dimensions the base, even before its first update", async () => {
  const { record, unchanged } = await train(
    settingsOf({ tune: "head", head: "linear", headDim: 8, interpolate: 0 }),
  );
  expect([unchanged, record.result!.unchanged, record.result!.bestStep]).toEqual([false, false, 0]);
  expect(record.result!.passedOver).toBeUndefined();
});

describe.each(["auto", "off"] as const)("a reducing head, --interpolate %s", (interpolate) => {
  it("says how sure it is that its start is better", async () => {
    const reduced = { tune: "head", head: "linear", headDim: 8, lr: 5, interpolate } as const;
    const { record, unchanged } = await train(settingsOf(reduced));
    const { bestStep, bestValue, startValue, passedOver, scores } = record.result!;
    expect([unchanged, bestStep]).toEqual([false, 0]);
    expect(passedOver!.base).toBeCloseTo(bestValue, 9);
    expect(startValue).toBeCloseTo(bestValue, 9);
    expect(scores!.model.metrics[0].value).toBeCloseTo(bestValue, 9);
    expect(passedOver!.tuned).toBeLessThan(passedOver!.base);
    expect(startSentences(record, "RUN")[1]).toMatch(/^the end of training against its start: -\d/);
  });
});
