import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readRows } from "../../../src/dataset/load-dataset.js";
import { textsOfRow } from "../../../src/dataset/rows/convert.js";
import type { Dataset } from "../../../src/dataset/rows/row-types.js";
import type { Evaluator } from "../../../src/evaluation/metric.js";
import type { TrainOptions } from "../../../src/training/options/settings.js";
import { planTraining } from "../../../src/training/plan/plan.js";
import { csvOf, type Table } from "../../support/rows.js";

const plan = (table: Table, options: Partial<TrainOptions> = {}) =>
  planTraining({ data: csvOf(table), out: "never", folds: "off", ...options });

interface Case {
  readonly rows: Table;
  readonly objective: string;
  readonly task: string;
  readonly metric: string;
}

describe("without --eval the metric is that of the rows", () => {
  it.each<Case>([
    { rows: "pair", objective: "infonce", task: "pair-retrieval", metric: "cosine_mrr@10" },
    { rows: "pair", objective: "supcon", task: "pair-retrieval", metric: "cosine_mrr@10" },
    { rows: "triplet", objective: "infonce", task: "pair-retrieval", metric: "cosine_mrr@10" },
    { rows: "triplet", objective: "triplet", task: "triplet", metric: "cosine_accuracy" },
    { rows: "margin", objective: "margin-mse", task: "triplet", metric: "cosine_accuracy" },
    { rows: "labelled-pair", objective: "contrastive", task: "pair", metric: "cosine_ap" },
    { rows: "scored-pair", objective: "cosent", task: "sts", metric: "spearman_cosine" },
    { rows: "classed", objective: "supcon", task: "class", metric: "knn_accuracy" },
    { rows: "classed", objective: "infonce", task: "class", metric: "knn_accuracy" },
    { rows: "nli", objective: "infonce", task: "pair-retrieval", metric: "cosine_mrr@10" },
    { rows: "nli", objective: "triplet", task: "triplet", metric: "cosine_accuracy" },
    { rows: "nli", objective: "softmax", task: "pair", metric: "cosine_ap" },
    { rows: "nli", objective: "contrastive", task: "pair", metric: "cosine_ap" },
    { rows: "nli", objective: "angle", task: "sts", metric: "spearman_cosine" },
  ])("$rows trained by $objective: $metric", async ({ rows, objective, task, metric }) => {
    const { evaluator, metric: chosen } = await plan(rows, { objective });
    expect([evaluator.task, chosen]).toEqual([task, metric]);
    expect(evaluator.rows).toBeGreaterThan(0);
  });

  it("single texts: agreement with the teacher", async () => {
    const { evaluator, metric } = await plan("text", { objective: "distill-mse", teacher: "some" });
    expect([evaluator.task, metric]).toEqual(["sts", "spearman_cosine"]);
  });
});

describe("rows are held out", () => {
  const textsOf = ({ rows }: Dataset): string[] => [...rows].flatMap((row) => [...textsOfRow(row)]);

  it.each<[Table, string]>([
    ["pair", "supcon"],
    ["triplet", "infonce"],
    ["labelled-pair", "contrastive"],
    ["scored-pair", "cosent"],
    ["classed", "infonce"],
    ["classed", "lifted-structured"],
    ["nli", "softmax"],
  ])("%s by %s: no measured text is trained on", async (table, objective) => {
    const { files, evaluator } = await plan(table, { objective, searchBeside: 0 });
    const { train, data } = files[0];
    const measured: string[] = [];
    await evaluator.run(async (texts) => {
      measured.push(...texts);
      return { rows: texts.length, cols: 2, data: new Float32Array(2 * texts.length).fill(1) };
    });
    const trained = new Set(textsOf(train));
    const known = measured.filter((text) => trained.has(text));
    // Classes are told by the training texts, so those are embedded too.
    const reference = evaluator.task === "class" ? new Set(trained) : new Set<string>();
    expect(known.filter((text) => !reference.has(text))).toEqual([]);
    expect(measured.some((text) => !trained.has(text))).toBe(true);
    expect(train.rows.length).toBeLessThan(data.rows.length);
  });

  /** 40 answers with 4 questions each, and 40 with one. */
  const questions = (lone: number): string => {
    const path = csvOf("pair");
    const known = Array.from({ length: 160 }, (_, i) => `question ${i},answer ${i % 40}`);
    const others = Array.from({ length: lone }, (_, i) => `lone question ${i},lone answer ${i}`);
    writeFileSync(path, `${["anchor,positive", ...known, ...others].join("\n")}\n`);
    return path;
  };
  const asked = async (evaluator: Evaluator) => {
    const sides = { query: [] as string[], document: [] as string[] };
    await evaluator.run(async (texts, side) => {
      sides[side].push(...texts);
      return { rows: texts.length, cols: 1, data: new Float32Array(texts.length).fill(1) };
    });
    return sides;
  };

  it("new questions over known answers where answers recur, and unseen ones beside them", async () => {
    const { files, evaluator, notes, selectsOn } = await planTraining({
      data: questions(200),
      out: "never",
      holdOut: "auto",
    });
    expect(selectsOn).toMatch(/rows held out of .*, unseen texts$/);
    expect(evaluator.keys).toContain("queries_cosine_mrr@10");
    expect(notes.join()).toContain("44 % of the rows share their positive with another anchor");
    expect(files[0].train.rows.length).toBeLessThan(360 - 36);
  });

  it("asks the same of few questions, and says why where none could be held out", async () => {
    const planned = (rows: readonly string[]) => {
      const data = csvOf("pair");
      writeFileSync(data, `${["anchor,positive", ...rows].join("\n")}\n`);
      return planTraining({ data, out: "never" });
    };
    const few = await planned(
      Array.from({ length: 80 }, (_, i) => `question ${i},answer ${i % 20}`),
    );
    expect(few.selectsOn).toMatch(/^8 rows held out of .*, new anchors over known positives$/);
    expect(few.evaluator.keys).toEqual(["cosine_mrr@10", "cosine_accuracy@1"]);
    expect(few.notes.join()).not.toContain("--search-beside");
    // Every text is a positive, so that none is a new question.
    const mutual = await planned(
      Array.from({ length: 25 }, (_, i) => [
        `a${i},c${i}`,
        `b${i},c${i}`,
        `c${i},a${i}`,
        `c${i},b${i}`,
      ]).flat(),
    );
    expect(mutual.selectsOn).toMatch(/rows held out of .*, unseen texts$/);
    expect(mutual.notes.join()).toContain(
      "50 % of the rows share their positive with another anchor, but too few could be held out",
    );
  });

  it("decides by new questions where most answers recur, searched among all answers", async () => {
    const { files, evaluator, selectsOn } = await planTraining({
      data: questions(60),
      out: "never",
      objective: "infonce",
    });
    const { train } = files[0];
    expect(selectsOn).toMatch(/^22 rows held out of .*, new anchors over known positives$/);
    expect(evaluator.keys).toEqual([
      "cosine_mrr@10",
      "cosine_accuracy@1",
      "documents_cosine_mrr@10",
      "documents_cosine_accuracy@1",
    ]);
    const { query, document } = await asked(evaluator);
    const trained = new Set(textsOf(train));
    expect(query.some((text) => trained.has(text))).toBe(false);
    const answers = new Set(textsOf(train).filter((text) => text.includes("answer")));
    for (const answer of answers) expect(document).toContain(answer);
    // A twentieth stands beside: whole groups of questions and answers.
    expect(query).toHaveLength(22 + 11);
  });

  it("says how many known answers are searched where these are not all, of all that is measured", async () => {
    const some = { data: questions(60), out: "never", searchBeside: 5 };
    const searched =
      "held-out anchors search 5 of the \\d+ positives of training rows too \\(--search-beside \\d+: all\\)";
    const plain = await planTraining(some);
    const tested = await planTraining({ ...some, testPart: 0.2 });
    const notes = [...plain.notes, ...tested.notes];
    for (const what of ["", "documents beside them: ", "test part: "])
      expect(notes).toContainEqual(expect.stringMatching(`^${what}${searched}$`));
    const folded = await planTraining({ ...some, folds: 3, tune: "head" });
    const inFolds = folded.notes.filter((note) => note.includes("held-out anchors"));
    expect(inFolds).toEqual([expect.stringMatching(`^in each fold, here the first: ${searched}$`)]);
  });

  it("searched among as many positives of training rows as are asked for", async () => {
    const { files, evaluator } = await plan("pair", { objective: "infonce", searchBeside: 5 });
    const { document } = await asked(evaluator);
    expect(evaluator.rows).toBe(4);
    expect(document).toHaveLength(4 + 5);
    const trained = new Set(textsOf(files[0].train));
    expect(document.filter((text) => trained.has(text))).toHaveLength(5);
  });

  it("passing over other answers of their own groups, which may be right too", async () => {
    const rows = Array.from({ length: 160 }, (_, i) => `q ${i},answer ${i % 40},topic ${i % 20}`);
    const { evaluator } = await planTraining({
      data: csvOf(["anchor,positive,group", ...rows]),
      out: "never",
      holdOut: "queries",
      holdOutShare: 0.05,
    });
    const { document } = await asked(evaluator);
    expect(document).toHaveLength(40);
    // Every text lies on its topic: both answers of it tie, of which one at most is held out.
    const onTopics = async (texts: readonly string[]) => {
      const data = new Float32Array(texts.length * 20);
      texts.forEach((text, i) => {
        data[20 * i + (Number(text.split(" ")[1]) % 20)] = 1;
      });
      return { rows: texts.length, cols: 20, data };
    };
    expect((await evaluator.run(onTopics)).metrics[0].value).toBe(1);
  });

  it("takes the share that is asked for, and half of it beside", async () => {
    const { evaluator } = await planTraining({
      data: questions(60),
      out: "never",
      objective: "infonce",
      holdOutShare: 0.2,
    });
    const { query } = await asked(evaluator);
    expect(query).toHaveLength(44 + 22);
  });

  it("of the kind that is asked for, and refuses what there is not", async () => {
    const of = (holdOut: "queries" | "documents", lone: number) =>
      planTraining({ data: questions(lone), out: "never", holdOut, objective: "infonce" });
    const { evaluator, files } = await of("documents", 60);
    expect(evaluator.keys).toHaveLength(2);
    const trained = new Set(textsOf(files[0].train));
    const { query } = await asked(evaluator);
    expect(query.some((text) => trained.has(text))).toBe(false);
    await expect(plan("pair", { holdOut: "queries" })).rejects.toMatchObject({
      code: "no-known-documents",
    });
    await expect(plan("classed", { holdOut: "queries" })).rejects.toMatchObject({
      code: "option-without-effect",
    });
    await expect(
      plan("pair", { holdOut: "queries", eval: csvOf("scored-pair") }),
    ).rejects.toMatchObject({
      code: "option-without-effect",
    });
  });

  it("the same whatever the objective makes of them", async () => {
    const file = csvOf("nli");
    const measuredBy = async (objective: string): Promise<string[]> => {
      const prescribed = { measured: "pair" } as const;
      const { evaluator } = await planTraining({ data: file, out: "never", objective }, prescribed);
      const texts = new Set<string>();
      await evaluator.run(async (some) => {
        for (const text of some) texts.add(text);
        return { rows: some.length, cols: 1, data: new Float32Array(some.length).fill(1) };
      });
      return [...texts];
    };
    const infonce = await measuredBy("infonce");
    expect(await measuredBy("softmax")).toEqual(infonce);
    expect(await measuredBy("contrastive")).toEqual(infonce);
  });

  it("before classes become pairs, so that no pair crosses the border", async () => {
    const file = csvOf("classed");
    const { files } = await plan("classed", { objective: "infonce" });
    const { train } = files[0];
    const { dataset } = await readRows(file);
    expect(train.kind).toBe("pair");
    expect(new Set(textsOf(train)).size).toBe(Math.round(dataset.rows.length * 0.9));
  });
});

describe("held-out rows that cannot be measured", () => {
  const field = (name: string): string =>
    join(import.meta.dirname, "..", "..", "fixtures", "field", name);

  it.each([
    [
      "sick-small.txt",
      "the rows held out (2) cannot be measured: none of the 2 held-out rows can be used: 1 neutral (line 5), 1 contradiction of a premise without entailment (line 10)",
    ],
    [
      "nli-small.csv",
      "the rows held out (2) cannot be measured: has 1 usable held-out row, expected at least 2; left out: 1 contradiction of a premise without entailment (line 10)",
    ],
  ])("%s: the message speaks of them, not of the file", async (name, message) => {
    const planned = planTraining({ data: field(name), objective: "infonce", out: "never" });
    await expect(planned).rejects.toMatchObject({
      message,
      hint: "measure on another file: --eval FILE",
    });
  });
});

describe("rows that all hold the same texts", () => {
  const same = csvOf(["anchor,positive", ...Array(4).fill("one text,another text")]);
  const other = csvOf("pair");

  it("are refused as equal, to train on and to select by", async () => {
    await expect(planTraining({ data: same, out: "never" })).rejects.toMatchObject({
      code: "equal-rows",
      message: "all 4 rows hold the same texts, expected some that differ",
    });
    await expect(planTraining({ data: other, eval: same, out: "never" })).rejects.toMatchObject({
      code: "equal-rows",
    });
  });

  it("are taken where one row differs", async () => {
    const almost = csvOf(["anchor,positive", ...Array(3).fill("one,another"), "one,a third"]);
    await expect(planTraining({ data: other, eval: almost, out: "never" })).resolves.toMatchObject({
      metric: "cosine_mrr@10",
    });
  });
});

describe("--hold-out-share", () => {
  const pairsOf = (count: number) =>
    csvOf(["anchor,positive", ...Array.from({ length: count }, (_, i) => `q ${i},a ${i}`)]);
  const heldOut = async (count: number, options: Partial<TrainOptions> = {}) =>
    (await planTraining({ data: pairsOf(count), out: "never", ...options })).evaluator.rows;

  it.each([
    // A quarter at most, as many as show 5 points (139), a tenth at least.
    [200, "auto", 50],
    [800, "auto", 139],
    [2000, "auto", 200],
    [200, 0.3, 60],
    [200, undefined, 20],
  ] as const)("%i rows, %s: %i are held out", async (count, holdOutShare, rows) => {
    expect(await heldOut(count, { holdOutShare })).toBe(rows);
  });

  it("is named where few rows select, and refused where none is held out", async () => {
    const data = pairsOf(100);
    const { notes } = await planTraining({ data, out: "never" });
    expect(notes.join()).toContain("give more: --hold-out-share auto, --eval FILE");
    const none = { data, out: "never", eval: csvOf("scored-pair"), holdOutShare: "auto" } as const;
    await expect(planTraining(none)).rejects.toMatchObject({
      code: "option-without-effect",
      message: expect.stringContaining("--hold-out-share auto has no meaning beside --eval"),
    });
    const single = { data: csvOf("text"), out: "never", tune: "full", dropout: 0.1 } as const;
    await expect(planTraining({ ...single, holdOutShare: 0.2 })).rejects.toMatchObject({
      code: "option-without-effect",
    });
  });
});

describe("rows that mostly repeat each other", () => {
  const repeated = (header: string, rows: readonly string[]) =>
    csvOf([header, ...Array.from({ length: 100 }, (_, i) => rows[i % rows.length])]);

  it("are counted: two texts of a hundred single ones", async () => {
    const data = repeated("text", ["the parcel is late", "how do I get a refund"]);
    const { notes } = await planTraining({ data, out: "never", tune: "full", dropout: 0.1 });
    expect(notes.join("\n")).toContain(`only 2 different texts among 100 rows of ${data}`);
  });

  it("are no note where most rows are new", async () => {
    const data = repeated(
      "text",
      Array.from({ length: 51 }, (_, i) => `text number ${i}`),
    );
    const { notes } = await planTraining({ data, out: "never", tune: "full", dropout: 0.1 });
    expect(notes.join("\n")).not.toContain("different texts");
  });

  it.each([
    ["anchor,positive", ["a,b", "c,d"], "100 rows have only 2 texts as their first, too few"],
    ["text,label", ["a,x", "b,y"], "2 different classed texts are too few to hold out"],
  ])("are refused where %s leave nothing to hold out", async (header, rows, message) => {
    const planned = planTraining({ data: repeated(header, rows), out: "never" });
    await expect(planned).rejects.toThrow(message);
  });
});
