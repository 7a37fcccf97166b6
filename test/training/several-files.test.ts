import { describe, expect, it } from "vitest";
import { textsOfRow } from "../../src/dataset/rows/convert.js";
import { describeRows, planTraining } from "../../src/training/plan/plan.js";
import { temporaryFile, userErrorOf } from "../dataset/temporary-files.js";

const pairs = (count: number, name: string): string =>
  `anchor,positive\n${Array.from({ length: count }, (_, i) => `q ${name} ${i},a ${name} ${i}\n`).join("")}`;
const first = temporaryFile(pairs(12, "x"), "first.csv");
const second = temporaryFile(
  pairs(20, "y")
    .split("\n")
    .slice(1, -1)
    .map((line) => JSON.stringify({ query: line.split(",")[0], pos: [line.split(",")[1]] }))
    .join("\n"),
  "second.jsonl",
);
const scored = temporaryFile("sentence1,sentence2,score\nq x 3,b,0\nc,d,1\ne,f,0.5\n", "dev.csv");
const options = { data: first, moreData: [second], eval: scored, out: "unused", batchSize: 4 };

describe("several training files", () => {
  it("are read each by its own format, and each batch is from one", async () => {
    const plan = await planTraining(options);
    expect(plan.files.map(({ first: place, train }) => [place, train.rows.length])).toEqual([
      [0, 12],
      [12, 20],
    ]);
    expect(plan.groups.map(({ train }) => train.rows.length)).toEqual([32]);
    const { batches } = plan.sampler.plan(0);
    expect(batches).toHaveLength(8);
    for (const rows of batches) expect(new Set(Array.from(rows, (row) => row < 12)).size).toBe(1);
    expect(describeRows(plan, Int32Array.of(13, 14))).toBe(`on lines 2, 3 of ${second}`);
    expect(plan.notes.join()).toContain("1 training rows (first on line 5) share 1 texts");
  });

  it("leave leaks out of each file", async () => {
    const plan = await planTraining({ ...options, dropLeaks: true, mix: "round-robin" });
    expect(plan.files.map(({ train }) => train.rows.length)).toEqual([11, 20]);
    expect(plan.files[1]?.first).toBe(11);
  });

  it("are refused what has no meaning", async () => {
    expect((await userErrorOf(planTraining({ ...options, mix: "by chance" }))).code).toBe(
      "bad-mix",
    );
    const one = { ...options, moreData: [], mix: "round-robin" };
    expect((await userErrorOf(planTraining(one))).code).toBe("option-without-effect");
    const vectors = { ...options, objective: "distill-mse", teacherVectors: "t.npy" };
    expect((await userErrorOf(planTraining(vectors))).code).toBe("vectors-of-one-file");
  });

  it("of several kinds of row are a group each, with the same objective too", async () => {
    const texts = temporaryFile("first text here\nsecond text here\nthird one\n", "texts.txt");
    const both = { ...options, tune: "lora", dropout: 0.1, moreData: [texts, second] } as const;
    const plan = await planTraining(both);
    expect(
      plan.groups.map(({ train, views, first: place, prefix }) => [
        train.rows.length,
        views,
        place,
        prefix,
      ]),
    ).toEqual([
      [32, false, 0, "file.0."],
      [3, true, 32, "file.1."],
    ]);
    expect(plan.files.map((file) => file.first)).toEqual([0, 32, 12]);
    expect(describeRows(plan, Int32Array.of(32, 33))).toBe(`on lines 1, 2 of ${texts}`);
    expect(describeRows(plan, Int32Array.of(13))).toBe(`on lines 2 of ${second}`);
  });
});

describe("several training files without --eval", () => {
  const { eval: _, ...without } = options;

  it("hold out a tenth each, all measured by one metric", async () => {
    const plan = await planTraining(without);
    expect(plan.selectsOn).toBe(`4 rows held out of ${first}, ${second}, unseen texts`);
    expect([plan.evaluator.task, plan.evaluator.rows]).toEqual(["pair-retrieval", 4]);
    expect(plan.files.map(({ train }) => train.rows.length)).toEqual([10, 18]);
  });

  it("are trained on whole where their rows have another metric, and without what another file holds out", async () => {
    const labelled = temporaryFile(
      `sentence1,sentence2,label\n${Array.from({ length: 12 }, (_, i) => `q x ${i},c ${i},${i % 2}\n`).join("")}`,
      "labelled.csv",
    );
    const objectives = { [labelled]: { objective: "contrastive" } };
    const plan = await planTraining({ ...without, moreData: [labelled], objectives });
    expect(plan.selectsOn).toBe(`2 rows held out of ${first}, unseen texts`);
    const [own, other] = plan.files.map(({ train }) =>
      [...train.rows].map((row) => textsOfRow(row)[0]),
    );
    expect([own?.length, other?.length]).toEqual([10, 10]);
    expect(new Set(other)).toEqual(new Set(own));
    expect(plan.notes.join()).toContain("2 rows share texts with rows held out of other files");
    expect(plan.notes.join()).toContain(`${labelled} is trained on whole`);
  });
});
