import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { ReportedRun } from "../../src/jobs/train.js";
import type { TrainOptions } from "../../src/training/options/settings.js";
import { planTraining } from "../../src/training/plan/plan.js";
import { readBest } from "../../src/training/run-folder/best.js";
import { readEnd } from "../../src/training/run-folder/end-of-training.js";
import type { TrainEvent } from "../../src/training/run-folder/events.js";
import { readLog } from "../../src/training/run-folder/log.js";
import { runPaths } from "../../src/training/run-folder/run-folder.js";
import { file, inFolder, options } from "../support/encoder-run.js";
import { train } from "../support/train.js";

const words = ["red", "old", "cold", "new", "warm", "small", "dry", "deep", "loud", "late"];
const places = ["a garden", "the road", "my house", "the sea", "a train", "the town"];
/** Sixty texts of three classes. */
const classed = file("classed.csv", [
  "text,label",
  ...words.flatMap((word, i) =>
    places.map((place, k) => `${word} was ${place},${["x", "y", "z"][(i + k) % 3]}`),
  ),
]);
const few = (changes: Partial<TrainOptions> = {}): TrainOptions =>
  options({
    data: classed,
    eval: undefined,
    objective: "supcon",
    epochs: 3,
    batchSize: 16,
    lr: 0.05,
    ...changes,
  });
const knn = (metrics: readonly { key: string; value: number }[] = []) =>
  metrics.find(({ key }) => key === "knn_accuracy")?.value;
const bytes = (run: string): Buffer => readFileSync(join(run, "model", "onnx", "model.onnx"));
const endOf = ({ folder, record }: ReportedRun) =>
  readEnd(runPaths(folder).checkpoints, record.result?.step ?? 0, { average: "off" });

describe("a head on few classed texts", () => {
  let run: ReportedRun;
  const events: TrainEvent[] = [];
  beforeAll(async () => {
    run = await train({
      ...few({ out: inFolder("folded run") }),
      onEvent: (own) => events.push(own),
    });
  });

  it("is chosen by the mean of five folds, by rows", () => {
    const { interpolation } = run.record.result ?? {};
    expect(interpolation?.by).toBe("folds");
    const lines = [1, 2, 3, 4, 5].map((fold) =>
      readLog(join(run.folder, "folds", String(fold), "log.jsonl")).flatMap((one) =>
        "alpha" in one ? [one.scores.knn_accuracy] : [],
      ),
    );
    // Twelve rows each.
    const means = lines[0].map((_, i) => lines.reduce((sum, line) => sum + line[i], 0) / 5);
    expect(interpolation?.curve.map(({ alpha }) => alpha)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    interpolation?.curve.forEach(({ value }, i) => {
      expect(value).toBeCloseTo(means[i], 12);
    });
    expect(new Set(means).size).toBeGreaterThan(1);
    const own = readLog(runPaths(run.folder).log).flatMap((one) =>
      "alpha" in one ? [one.scores.knn_accuracy] : [],
    );
    expect(own).toEqual(interpolation?.curve.map(({ value }) => value));
  });

  it("tells the chosen point beside the base on all rows, measured while they were held out", () => {
    const { curve = [], alpha } = run.record.result?.interpolation ?? {};
    expect(run.scores).toMatchObject({ rows: 60, primary: "knn_accuracy", selected: true });
    expect(knn(run.scores?.base?.metrics)).toBe(curve[0].value);
    expect(knn(run.scores?.model.metrics)).toBe(
      curve.find((point) => point.alpha === alpha)?.value,
    );
    expect(run.record.result?.startValue).toBe(curve[0].value);
  });

  it("stands beside the base itself where it starts with fewer dimensions", async () => {
    const { record, scores } = await train(few({ headDim: 4, head: "linear", epochs: 1 }));
    // The base's figure does not depend on the head.
    expect(knn(scores?.base?.metrics)).toBe(run.record.result?.startValue);
    const start = record.result?.interpolation?.curve[0].value;
    expect(start).toBe(record.result?.startValue);
    expect(start).not.toBe(run.record.result?.startValue);
  });

  it("learns from all rows, as a run does that is measured on another file", async () => {
    const data = few({ eval: options({}).eval });
    const whole = await train({ ...data, patience: 100 });
    expect(whole.record.result?.step).toBe(run.record.result?.step);
    const [own, other] = [endOf(run), endOf(whole)];
    for (const [name, tensor] of other) expect(own.get(name)?.data).toEqual(tensor.data);
  });

  it("says which fold is under way, and nothing of it twice", () => {
    const seen = events.flatMap((event) => (event.type === "fold" ? [event.fold] : []));
    expect([...new Set(seen)]).toEqual([1, 2, 3, 4, 5]);
    const notes = events.flatMap((event) => (event.type === "note" ? [event.message] : []));
    expect(new Set(notes).size).toBe(notes.length);
  });

  it("goes on in the fold where it was stopped, to the same model", async () => {
    const out = inFolder("stopped run");
    const stop = new AbortController();
    const stopped = train({
      ...few({ out, logFormat: "csv" }),
      signal: stop.signal,
      onEvent: (event) => {
        if (event.type === "fold" && event.fold === 3 && event.event.type === "step") stop.abort();
      },
    });
    await expect(stopped).rejects.toThrow("interrupted after step");
    expect(readdirSync(join(out, "folds")).sort()).toEqual(["1", "2", "3"]);
    const steps: number[] = [];
    const resumed = await train({
      ...few({ out, logFormat: "csv" }),
      resume: true,
      onEvent: (event) => {
        if (event.type === "fold" && event.event.type === "step") steps.push(event.fold);
      },
    });
    expect(Math.min(...steps)).toBe(3);
    expect(resumed.record.result?.interpolation?.curve).toEqual(
      run.record.result?.interpolation?.curve,
    );
    expect(bytes(out).equals(bytes(run.folder))).toBe(true);
    expect(existsSync(join(out, "folds", "1", "log.csv"))).toBe(true);
    const again = await train({ ...few({ out }), overwrite: true, folds: "off" });
    expect(existsSync(runPaths(out).folds)).toBe(false);
    expect(again.record.result?.interpolation?.by).toBe("search");
    expect(() => readBest(runPaths(out).checkpoints, 1)).toThrow();
  });
});

describe("a folded run that is resumed after a change", () => {
  it("trains its folds anew, since their heads may have seen what is held out now", async () => {
    const out = inFolder("changed run");
    const stop = new AbortController();
    const stopped = train({
      ...few({ out, folds: 2, steps: 2 }),
      signal: stop.signal,
      onEvent: (event) => {
        if (event.type === "fold" && event.fold === 2 && event.event.type === "step") stop.abort();
      },
    });
    await expect(stopped).rejects.toThrow("interrupted after step");
    const [steps, notes]: [string[], string[]] = [[], []];
    await train({
      ...few({ out, folds: 3, steps: 2 }),
      resume: true,
      resumeAnyway: true,
      onEvent: (event) => {
        if (event.type === "note") notes.push(event.message);
        if (event.type === "fold" && event.event.type === "step")
          steps.push(`${event.fold}: ${event.event.record.step}`);
      },
    });
    expect(steps).toEqual(["1: 1", "1: 2", "2: 1", "2: 2", "3: 1", "3: 2"]);
    expect(notes.join()).toContain("what its folds have learnt is dropped");
  });
});

describe("the folds of classed texts", () => {
  it("hold each text out once, from pairs of its class too, and leave out only what has no second", async () => {
    const lone = file("lone.csv", [...readFileSync(classed, "utf8").trim().split("\n"), "alone,w"]);
    const plan = await planTraining(few({ data: lone, objective: "infonce" }));
    const held: string[] = [];
    for (const { evaluator, groups } of plan.folds) {
      const learnt = new Set(groups.flatMap(({ batches }) => batches.texts));
      const seen = new Set<string>();
      const { details } = await evaluator.run(async (texts) => {
        for (const text of texts) seen.add(text);
        return { rows: texts.length, cols: 1, data: new Float32Array(texts.length).fill(1) };
      });
      const own = Array.from(details?.texts ?? []);
      for (const text of own) expect(learnt.has(text)).toBe(false);
      held.push(...own);
    }
    expect(new Set(held).size).toBe(60);
    expect(held).toHaveLength(60);
    expect(plan.notes.join()).toContain("1 row stands in no fold");
  });
});

describe("folds of other rows", () => {
  const kinds: [string, string, Partial<TrainOptions>][] = [
    ["pairs", "anchor,positive", { objective: "infonce" }],
    ["scored pairs", "sentence1,sentence2,score", { objective: "cosent" }],
    ["labelled pairs", "sentence1,sentence2,label", { objective: "contrastive" }],
  ];
  it.each(kinds)("%s: where they are asked for", async (name, header, changes) => {
    const last = (i: number) => (header.endsWith("e") && name === "pairs" ? "" : `,${i % 2}`);
    const rows = words.flatMap((word, i) =>
      places.map((place, k) => `${word} was ${place},${place} is ${word}${last(i + k)}`),
    );
    const data = file(`${name}.csv`, [header, ...rows]);
    const asked = few({ data, ...changes, folds: 3 });
    const { folds } = await planTraining(asked);
    expect(folds).toHaveLength(3);
    const { record, scores } = await train(asked);
    expect(record.result?.interpolation?.by).toBe("folds");
    expect(scores?.rows).toBeGreaterThan(50);
    expect((await planTraining({ ...asked, folds: "auto" })).folds).toHaveLength(0);
  });

  it("says how many explicit negatives its heads do without", async () => {
    const rows = words.flatMap((word) =>
      places.map(
        (place, k) => `${word} was ${place},${place} is ${word},cold was ${places[(k + 1) % 6]}`,
      ),
    );
    const data = file("negatives.csv", ["anchor,positive,negative", ...rows]);
    const { notes, folds } = await planTraining(few({ data, objective: "infonce", folds: 3 }));
    const said = /left out that are texts of the other side: (\d+) in all/.exec(notes.join("\n"));
    const kept = folds.flatMap(({ groups }) =>
      groups.flatMap(({ train }) => (train.kind === "pair" ? train.rows : [])),
    );
    const lost = kept.filter(({ negatives }) => negatives.length === 0).length;
    expect(Number(said?.[1])).toBeGreaterThanOrEqual(lost);
    expect(lost).toBeGreaterThan(0);
  });

  it("holds out new anchors over known positives where positives recur", async () => {
    const rows = words.flatMap((word) => places.map((place) => `${word} was ${place},${place}`));
    const data = file("recurring.csv", ["anchor,positive", ...rows]);
    const plan = await planTraining(few({ data, objective: "infonce", folds: 4 }));
    expect(plan.selectsOn).toContain("in 4 folds, new anchors over known positives");
    for (const fold of plan.folds) {
      expect(fold.evaluator.rows).toBe(15);
      expect(fold.groups[0].train.rows).toHaveLength(45);
    }
  });
});

describe("folds are refused", () => {
  const refusals: [string, Partial<TrainOptions>, string][] = [
    ["beside --eval", { eval: options({}).eval }, "--eval names what selects"],
    ["for encoders", { tune: "full" }, "only heads are trained several times"],
    ["where a point is given", { interpolate: 0.5 }, "--interpolate is 0.5"],
    ["where a checkpoint goes out", { interpolate: "off" }, "--interpolate is off"],
    ["with patience", { patience: 2 }, "--patience watches one held-out part"],
    ["with a share", { holdOutShare: 0.2 }, "--hold-out-share 0.2 holds one part out"],
  ];
  it.each(refusals)("%s", async (_, changes, message) => {
    await expect(planTraining(few({ ...changes, folds: 5 }))).rejects.toThrow(message);
    expect((await planTraining(few(changes))).folds).toHaveLength(0);
  });

  it("in a comparison, whose runs share one held-out part", async () => {
    const compared = { compared: true };
    await expect(planTraining(few({ folds: 5 }), compared)).rejects.toThrow("compared");
    expect((await planTraining(few(), compared)).folds).toHaveLength(0);
  });

  it("by --drop-leaks, which nothing would come of", async () => {
    await expect(planTraining(few({ dropLeaks: true }))).rejects.toThrow("--drop-leaks");
  });

  it("where a fold would be empty: under auto a line says so and one part is held out", async () => {
    const rows = Array.from({ length: 60 }, (_, i) => {
      const label = i < 16 ? `a${i}` : i < 20 ? "m" : `z${i}`;
      return `text ${words[i % 10]} ${i},${label}`;
    });
    const data = file("nearly-lone.csv", ["text,label", ...rows]);
    await expect(planTraining(few({ data, folds: 5 }))).rejects.toThrow(
      "the 60 rows cannot be divided into 5 folds",
    );
    const { folds, notes, settings, selectsOn } = await planTraining(few({ data }));
    expect(folds).toHaveLength(0);
    expect(selectsOn).toContain("2 rows held out");
    expect(settings.folds).toBe("auto");
    expect(notes.join()).toContain("one held-out part chooses what goes out, since 5 folds cannot");
  });

  it("where most rows hang together", async () => {
    const rows = words.map((word, i) => `${word} was here,the one answer ${i % 8 === 0 ? i : ""}`);
    const data = file("joined.csv", ["anchor,positive", ...rows]);
    const asked = few({ data, objective: "infonce", holdOut: "documents", folds: 5 });
    await expect(planTraining(asked)).rejects.toThrow("cannot be divided into 5 folds");
  });
});
