import { describe, expect, it } from "vitest";
import { describeRows, planTraining } from "../../src/training/plan.js";
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
    expect(plan.train.rows).toHaveLength(32);
    const { batches } = plan.sampler.plan(0);
    expect(batches).toHaveLength(8);
    for (const rows of batches) expect(new Set(Array.from(rows, (row) => row < 12)).size).toBe(1);
    expect(plan.data.account).toMatchObject({ file: `${first}, ${second}`, read: 32, kept: 32 });
    expect(describeRows(plan, Int32Array.of(13, 14))).toBe(`on lines 2, 3 of ${second}`);
    expect(plan.notes.join()).toContain("1 training rows (first on line 5) share 1 texts");
  });

  it("leave leaks out of each file", async () => {
    const plan = await planTraining({ ...options, dropLeaks: true, mix: "round-robin" });
    expect(plan.files.map(({ train }) => train.rows.length)).toEqual([11, 20]);
    expect(plan.files[1]?.first).toBe(11);
  });

  it("must hold rows of one kind, and need --eval", async () => {
    const texts = temporaryFile("first text here\nsecond text here\nthird one\n", "texts.txt");
    const both = { ...options, tune: "lora", dropout: 0.1, moreData: [texts] } as const;
    expect((await userErrorOf(planTraining(both))).code).toBe("mixed-kinds");
    const { eval: _, ...without } = options;
    expect((await userErrorOf(planTraining(without))).code).toBe("no-eval");
    expect((await userErrorOf(planTraining({ ...options, mix: "by chance" }))).code).toBe(
      "bad-mix",
    );
    const one = { ...options, moreData: [], mix: "round-robin" };
    expect((await userErrorOf(planTraining(one))).code).toBe("useless-option");
    const vectors = { ...options, objective: "distill-mse", teacherVectors: "t.npy" };
    expect((await userErrorOf(planTraining(vectors))).code).toBe("vectors-of-one-file");
  });
});
