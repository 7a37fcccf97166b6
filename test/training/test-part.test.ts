import { cpSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { textsOfRow } from "../../src/dataset/rows/convert.js";
import type { Dataset } from "../../src/dataset/rows/row-types.js";
import { plainForm } from "../../src/dataset/texts/text-hash.js";
import type { TrainOptions } from "../../src/training/options/settings.js";
import { planTraining, type TrainingPlan } from "../../src/training/plan/plan.js";
import { effectiveRecords, readLog } from "../../src/training/run-folder/log.js";
import { readRun } from "../../src/training/run-folder/run-folder.js";
import { temporaryFile, temporaryFolder, userErrorOf } from "../dataset/temporary-files.js";
import { csvOf, type Table } from "../support/rows.js";
import { train } from "../support/train.js";

/** Pairs of which each two share their anchor, and one in ten repeats a text of another in capitals. */
const pairs = temporaryFile(
  `anchor,positive\n${Array.from({ length: 120 }, (_, i) => {
    const anchor = `how do I mend ${i >> 1}`;
    return `${i % 20 === 0 ? anchor.toUpperCase() : anchor},turn the screw ${i}\n`;
  }).join("")}`,
  "pairs.csv",
);

/** Labelled pairs, of both labels in any part. */
const labelled = temporaryFile(
  `sentence1,sentence2,label\n${Array.from({ length: 60 }, (_, i) => `say ${i} so,tell ${i} thus,${i % 2}\n`).join("")}`,
  "labelled.csv",
);

const options = (changes: Partial<TrainOptions> = {}): TrainOptions => ({
  data: pairs,
  out: join(temporaryFolder(), "run"),
  objective: "infonce",
  testPart: 0.25,
  // Texts of the training rows that are searched too are no rows of the test part.
  searchBeside: 0,
  batchSize: 8,
  epochs: 2,
  ...changes,
});

const textsOf = ({ rows }: Dataset): string[] => [...rows].flatMap((row) => [...textsOfRow(row)]);

/** The texts that an evaluator embeds. */
async function measured({ evaluator }: Pick<TrainingPlan, "evaluator">): Promise<Set<string>> {
  const seen = new Set<string>();
  await evaluator.run(async (texts) => {
    for (const text of texts) seen.add(plainForm(text));
    const data = new Float32Array(2 * texts.length).map((_, i) => Math.sin(i));
    return { rows: texts.length, cols: 2, data };
  });
  return seen;
}

describe("--test-part", () => {
  it("sets rows aside that share no text with what trains or selects, but for case and punctuation", async () => {
    const plan = await planTraining(options());
    const test = plan.test === undefined ? new Set<string>() : await measured(plan.test);
    expect(test.size).toBeGreaterThan(30);
    const { train: rows, data } = plan.files[0];
    const selecting = await measured(plan);
    const trained = new Set(textsOf(rows).map(plainForm));
    expect([...test].filter((text) => trained.has(text) || selecting.has(text))).toEqual([]);
    expect(rows.rows.length).toBeLessThan(data.rows.length - 20);
    expect(plan.test?.name).toMatch(/^\d+ rows set aside of .*pairs\.csv, unseen texts$/);
  });

  it("does not change with what selects, and passes over rows that the --eval file has", async () => {
    const own = await planTraining(options());
    const dev = temporaryFile("anchor,positive\nhow do I mend 3,x\nanother one,y\n", "dev.csv");
    const plan = await planTraining(options({ eval: dev }));
    const test = plan.test === undefined ? new Set<string>() : await measured(plan.test);
    const before = own.test === undefined ? new Set<string>() : await measured(own.test);
    before.delete("how do i mend 3");
    for (const text of test) expect(before.has(text)).toBe(true);
    expect(test.has("how do i mend 3")).toBe(false);
  });

  it.each<[Table | "labelled", string, string]>([
    ["labelled", "contrastive", "cosine_ap"],
    ["scored-pair", "cosent", "spearman_cosine"],
    ["classed", "supcon", "knn_accuracy"],
    ["nli", "softmax", "cosine_ap"],
  ])("%s by %s is measured by %s", async (table, objective, metric) => {
    const plan = await planTraining(
      options({ data: table === "labelled" ? labelled : csvOf(table), objective, testPart: 0.4 }),
    );
    expect(plan.test?.metric).toBe(metric);
    const test = plan.test === undefined ? new Set<string>() : await measured(plan.test);
    expect(test.size).toBeGreaterThan(0);
    // Classes are learnt from rows that are trained on, so their texts are embedded too.
    if (table === "classed") return;
    expect(textsOf(plan.files[0].train).filter((text) => test.has(plainForm(text)))).toEqual([]);
  });

  it("is refused for single texts, and outside (0, 1)", async () => {
    const texts = temporaryFile("first text\nsecond text\nthird text\nfourth text\n", "texts.txt");
    const single = options({ data: texts, tune: "full", dropout: 0.1 });
    expect((await userErrorOf(planTraining(single))).code).toBe("option-without-effect");
    for (const testPart of [0, 1, 20])
      expect((await userErrorOf(planTraining(options({ testPart })))).code).toBe("bad-option");
  });

  it("is measured once at the end, with a verdict, in run.json, log and model card, resumed or not", async () => {
    const model = "test/fixtures/encoders/bert-torchscript-14";
    const settings = options({ model, steps: 6, evalEvery: 2, saveEvery: 2 });
    const { test, record } = await train(settings);
    expect(test).toMatchObject({ selected: false, primary: "cosine_mrr@10" });
    expect(test?.verdict).toBeDefined();
    expect(record.test).toEqual({ rows: test?.rows, metric: "cosine_mrr@10" });
    expect(readRun(settings.out).result?.test).toEqual(JSON.parse(JSON.stringify(test)));
    const log = (run: string) =>
      effectiveRecords(readLog(join(run, "log.jsonl"))).filter((line) => "test" in line);
    const tuned = Object.fromEntries(
      test?.model.metrics.map(({ key, value }) => [key, value]) ?? [],
    );
    expect(log(settings.out)).toMatchObject([{ test: { tuned } }]);
    for (const line of readLog(join(settings.out, "log.jsonl")))
      if ("eval" in line)
        expect(line.analysis).toMatchObject({
          texts: expect.any(Number),
          uniformity: expect.any(Number),
          alignment: expect.any(Number),
        });
    const card = join(settings.out, "model", "sentence-transformers", "README.md");
    expect(readFileSync(card, "utf8")).toContain("the figures to believe. Verdict:");

    const again = `${settings.out} again`;
    cpSync(settings.out, again, { recursive: true });
    for (const step of ["step-000004", "step-000006"])
      rmSync(join(again, "checkpoints", step), { recursive: true, force: true });
    const resumed = await train({ ...settings, out: again, resume: true });
    expect(resumed.test).toEqual(test);
    expect(log(again)).toHaveLength(1);
    const other = { ...settings, out: again, testPart: 0.3, resume: true };
    expect((await userErrorOf(train(other))).code).toBe("run-changed");
  });
});
