import { describe, expect, it } from "vitest";
import { UserError } from "../../../src/errors/user-error.js";
import type { TrainOptions } from "../../../src/training/options/settings.js";
import { planTraining } from "../../../src/training/plan/plan.js";
import { csvOf, type Table } from "../../support/rows.js";

/** The error that planning ends with. */
async function refusal(
  rows: Table | readonly string[],
  options: Partial<TrainOptions>,
): Promise<UserError> {
  try {
    await planTraining({ data: csvOf(rows), out: "never", eval: csvOf("scored-pair"), ...options });
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return error as UserError;
  }
  throw new Error("it was planned");
}

const repeat = (count: number, row: (i: number) => string): string[] =>
  Array.from({ length: count }, (_, i) => row(i));

interface Case {
  readonly what: string;
  readonly rows: Table | readonly string[];
  readonly options: Partial<TrainOptions>;
  readonly code: string;
  /** Parts of the message: the count above all. */
  readonly says: RegExp;
  readonly remedy: RegExp;
}

const inFile: readonly Case[] = [
  {
    what: "one class only",
    rows: ["text,label", ...repeat(9, (i) => `text ${i},same`)],
    options: { objective: "supcon" },
    code: "one-class",
    says: /all 9 texts are of one class, supcon needs at least 2/,
    remedy: /--columns label/,
  },
  {
    what: "classes of one text each",
    rows: ["text,label", ...repeat(7, (i) => `text ${i},class ${i}`)],
    options: { objective: "soft-nearest-neighbors" },
    code: "no-positives",
    says: /none of the 7 classes has two texts/,
    remedy: /several texts of a class/,
  },
  {
    what: "labelled pairs of one label",
    rows: ["sentence1,sentence2,label", ...repeat(6, (i) => `a ${i},b ${i},1`)],
    options: { objective: "contrastive" },
    code: "one-label",
    says: /all 6 pairs have label 1, contrastive needs pairs that differ in it/,
    remedy: /--objective infonce/,
  },
  {
    what: "NLI rows of one relation",
    rows: ["premise,hypothesis,label", ...repeat(6, (i) => `a ${i},b ${i},entailment`)],
    options: { objective: "softmax" },
    code: "one-label",
    says: /all 6 pairs have label entailment/,
    remedy: /another label/,
  },
  {
    what: "scores that are all the same",
    rows: ["sentence1,sentence2,score", ...repeat(6, (i) => `a ${i},b ${i},1`)],
    options: { objective: "cosent" },
    code: "constant-scores",
    says: /all 6 pairs have score 1/,
    remedy: /--columns score/,
  },
  {
    what: "explicit triplets without negatives",
    rows: "pair",
    options: { objective: "triplet" },
    code: "no-negatives",
    says: /none of the 40 rows has an explicit negative, which triplet needs/,
    remedy: /--mining batch-hard/,
  },
  {
    what: "no other candidates and no negatives",
    rows: "pair",
    options: { objective: "infonce", objectiveOptions: { inBatch: false } },
    code: "no-negatives",
    says: /none of the 40 rows has an explicit negative, which infonce with --no-in-batch needs/,
    remedy: /--columns negative/,
  },
  {
    what: "triplets without margins",
    rows: "triplet",
    options: { objective: "margin-mse" },
    code: "no-margins",
    says: /40 of the 40 rows have no teacher margin/,
    remedy: /--teacher MODEL/,
  },
  {
    what: "rows of one component",
    rows: ["anchor,positive", ...repeat(12, (i) => `question ${i},the answer`)],
    options: { objective: "infonce" },
    code: "no-legal-batch",
    says: /all 12 rows share a text or a group/,
    remedy: /rows with other texts/,
  },
  {
    what: "sorted classes in file order",
    rows: ["text,label", ...repeat(8, (i) => `text ${i},class ${Math.floor(i / 4)}`)],
    options: { objective: "supcon", shuffle: false, batchSize: 4, perClass: 2 },
    code: "no-legal-batch",
    says: /none of the 2 batches in file order/,
    remedy: /--no-shuffle/,
  },
  {
    what: "labels that are not 0 or 1",
    rows: ["sentence1,sentence2,label", ...repeat(6, (i) => `a ${i},b ${i},${i % 4}`)],
    options: { objective: "contrastive" },
    code: "unknown-labels",
    says: /"2" \(1 rows?\)|"2"/,
    remedy: /--label-map/,
  },
];

describe("rows that no batch can be made of are refused before the first step", () => {
  it.each(inFile)("$what", async ({ rows, options, code, says, remedy }) => {
    const error = await refusal(rows, options);
    expect(error.message).toMatch(says);
    expect([error.code, error.exitCode]).toEqual([code, 1]);
    expect(error.at?.file).toMatch(/rows\.csv$/);
    expect(error.hint).toMatch(remedy);
  });

  it("scores out of their range, with the line", async () => {
    const rows = ["sentence1,sentence2,score", "a,b,3", "c,d,9"];
    const error = await refusal(rows, { objective: "cosent", scoreRange: [0, 5] });
    expect(error.message).toContain("from 0 to 5, got 9");
    expect(error.at?.line).toBe(3);
  });

  it("a single row without its margin, with its line", async () => {
    const rows = ["anchor,positive,negative,margin", "a,b,c,0.1", "d,e,f,", "g,h,i,0.3"];
    const error = await refusal(rows, { objective: "margin-mse" });
    expect(error.message).toContain("1 of the 3 rows have no teacher margin");
    expect(error.at?.line).toBe(3);
  });

  it("rows of another kind, with the objectives that fit", async () => {
    const error = await refusal("classed", { objective: "cosent" });
    expect(error.hint).toContain("soft-nearest-neighbors");
    expect(error.hint).not.toContain("contrastive");
  });
});

const inOptions: readonly Omit<Case, "says">[] = [
  {
    what: "a temperature of 0",
    rows: "pair",
    options: { objectiveOptions: { temperature: 0 } },
    code: "option-value",
    remedy: /a number above 0, got 0/,
  },
  {
    what: "more noise than candidates",
    rows: "pair",
    options: { objective: "neg", batchSize: 8, objectiveOptions: { k: 8 } },
    code: "too-much-noise",
    remedy: /--k 8 asks for more negatives than the 7 other candidates/,
  },
  {
    what: "a batch of one row",
    rows: "pair",
    options: { batchSize: 1 },
    code: "batch-too-small",
    remedy: /without in-batch negatives/,
  },
  {
    what: "a batch of one class",
    rows: "classed",
    options: { objective: "supcon", batchSize: 4 },
    code: "batch-too-small",
    remedy: /--batch-size 4 holds no second class beside 4 texts/,
  },
  {
    what: "a queue without a batch",
    rows: "triplet",
    options: { objectiveOptions: { queue: 8, inBatch: false } },
    code: "queue-without-batch",
    remedy: /--no-in-batch leaves out/,
  },
  {
    what: "weights of no prefixes",
    rows: "pair",
    options: { objectiveOptions: { weights: [1, 2] } },
    code: "prefix-weights",
    remedy: /0 prefixes of --matryoshka, got 2/,
  },
  {
    what: "a guide where candidates are not compared",
    rows: "labelled-pair",
    options: { objective: "contrastive", guide: "some" },
    code: "option-without-effect",
    remedy: /contrastive has no use for --guide/,
  },
  {
    what: "a guide's margin without a guide",
    rows: "pair",
    options: { objectiveOptions: { guideMargin: 0.1 } },
    code: "no-guide",
    remedy: /no use without --guide/,
  },
  {
    what: "a distillation without a teacher",
    rows: "text",
    options: { objective: "distill-mse" },
    code: "no-teacher",
    remedy: /distill-mse needs a teacher/,
  },
  {
    what: "a teacher where nothing is imitated",
    rows: "pair",
    options: { teacher: "some" },
    code: "option-without-effect",
    remedy: /infonce has no use for --teacher/,
  },
  {
    what: "vectors as margins",
    rows: "triplet",
    options: { objective: "margin-mse", teacherVectors: "some.npy" },
    code: "option-without-effect",
    remedy: /margin-mse has no use for --teacher-vectors/,
  },
  {
    what: "two teachers",
    rows: "text",
    options: { objective: "distill-cosine", teacher: "some", teacherVectors: "some.npy" },
    code: "two-teachers",
    remedy: /both give a teacher/,
  },
  {
    what: "queries of another size than documents",
    rows: "pair",
    options: { headSide: "query", headDim: 64 },
    code: "query-head-dim",
    remedy: /must keep their size/,
  },
];

describe("options that cannot be met are usage errors", () => {
  it.each(inOptions)("$what", async ({ rows, options, code, remedy }) => {
    const error = await refusal(rows, options);
    expect(error.message).toMatch(remedy);
    expect([error.code, error.exitCode]).toEqual([code, 2]);
  });
});
