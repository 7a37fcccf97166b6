import { describe, expect, it } from "vitest";
import { readRows } from "../../../src/dataset/load-dataset.js";
import type { Evaluator } from "../../../src/evaluation/metric.js";
import type { TrainOptions } from "../../../src/training/options/settings.js";
import { planTraining } from "../../../src/training/plan/plan.js";
import { temporaryFile, userErrorOf } from "../../dataset/temporary-files.js";
import { csvOf } from "../../support/rows.js";

/** Ten pairs, one of a measured anchor and one of a measured positive but for case, and one of a measured group. */
const data = temporaryFile(
  [
    "anchor,positive,group",
    ...[..."abcdefghij"].map((name) => `q ${name},a ${name},${name}`),
    "ASKED!,known too,x",
    "q z,Answered.,z",
    "q z,second answer,z",
    "q y,of the group,measured",
  ].join("\n"),
);
const measured = temporaryFile(
  "anchor,positive,group\nasked,answered,measured\nq new,a new,other\n",
  "dev.csv",
);
const plan = (options: Partial<TrainOptions> = {}) =>
  planTraining({ data, eval: measured, out: "never", batchSize: 4, ...options });
/** What training rows connect with the first question, which passes it over. */
const related = ["known too", "second answer", "of the group"];
const trained = [..."abcdefghij"].map((name) => `a ${name}`);

async function documentsOf(evaluator: Evaluator): Promise<readonly string[]> {
  const documents: string[] = [];
  await evaluator.run(async (texts, side) => {
    if (side === "document") documents.push(...texts);
    return { rows: texts.length, cols: 1, data: new Float32Array(texts.length).fill(1) };
  });
  return documents;
}

describe("anchors of --eval", () => {
  it("search the positives of training rows but texts of their own", async () => {
    const { evaluator, notes } = await plan();
    expect(evaluator.rows).toBe(2);
    expect([...(await documentsOf(evaluator))].sort()).toEqual(
      [...trained, ...related, "answered", "a new"].sort(),
    );
    expect(notes.join("\n")).toMatch(
      /anchors of .*dev\.csv search the 13 positives of training rows beside the file's own, so that figures here are no higher than those of embtune evaluate.* \(--search-beside 0: the same here\)/,
    );
  });

  it("can tell a model apart that finds all of the file's own", async () => {
    const vectors: Readonly<Record<string, readonly [number, number]>> = {
      asked: [1, 0],
      "q new": [0, 1],
      answered: [0.9, 0.1],
      "a new": [0.1, 0.9],
    };
    // All others lie on the first question.
    const embed = async (texts: readonly string[]) => ({
      rows: texts.length,
      cols: 2,
      data: Float32Array.from(texts.flatMap((text) => vectors[text] ?? [1, 0])),
    });
    const mrrOf = async ({ evaluator }: { readonly evaluator: Evaluator }) =>
      (await evaluator.run(embed)).metrics[0].value;
    expect(await mrrOf(await plan({ searchBeside: 0 }))).toBe(1);
    expect(await mrrOf(await plan())).toBe(0.5);
    const few = temporaryFile("anchor,positive\nq a,a a\nq b,a b\nq c,a c\n");
    expect(await mrrOf(await plan({ data: few }))).toBeCloseTo((1 / 4 + 1) / 2, 12);
    expect(await mrrOf(await plan({ data: few, searchBeside: 2 }))).toBeCloseTo(2 / 3, 12);
    const { asks } = await (await plan()).evaluator.run(embed);
    expect(asks).toBe("among 13 positives of training rows too");
    expect((await (await plan({ searchBeside: 0 })).evaluator.run(embed)).asks).toBeUndefined();
  });

  it("pass over what training rows connect with them, by texts but for case or by groups", async () => {
    const { evaluator } = await plan();
    const places: Readonly<Record<string, readonly [number, number]>> = {
      asked: [1, 0],
      answered: [0.9, 0.1],
      "q new": [0, 1],
      "a new": [0.1, 0.9],
      ...Object.fromEntries(related.map((text) => [text, [0.5, 0.5] as const])),
    };
    const valueWith = async (nearest: string, place: readonly [number, number]) => {
      const { metrics } = await evaluator.run(async (texts) => ({
        rows: texts.length,
        cols: 2,
        data: Float32Array.from(
          texts.flatMap((text) => (text === nearest ? place : (places[text] ?? [-1, -1]))),
        ),
      }));
      return metrics[0].value;
    };
    for (const text of related) {
      expect(await valueWith(text, [1, 0])).toBe(1);
      expect(await valueWith(text, [0, 1])).toBe(0.75);
    }
    expect(await valueWith("a c", [1, 0])).toBe(0.75);
  });

  it("search what rows of NLI entail", async () => {
    const nli = csvOf("nli");
    const { evaluator, notes } = await plan({ data: nli, objective: "infonce" });
    const { dataset } = await readRows(nli);
    const rows = dataset.kind === "nli" ? dataset.rows : [];
    const entailed = rows.flatMap(({ label, hypothesis }) =>
      label === "entailment" ? [hypothesis] : [],
    );
    expect(entailed.length).toBeGreaterThan(0);
    expect([...(await documentsOf(evaluator))].sort()).toEqual(
      [...new Set([...entailed, "answered", "a new"])].sort(),
    );
    expect(notes.join()).toContain(`search the ${new Set(entailed).size} positives`);
  });

  it("search so many as are asked for, or the file's own alone", async () => {
    const some = await plan({ searchBeside: 3 });
    expect(await documentsOf(some.evaluator)).toHaveLength(2 + 3);
    expect(some.notes.join()).toMatch(
      /search 3 of the 13 positives .*--search-beside 0: the same here, --search-beside 13: all/,
    );
    expect(await documentsOf(some.evaluator)).toEqual(
      await documentsOf((await plan({ searchBeside: 3 })).evaluator),
    );
    const none = await plan({ searchBeside: 0 });
    expect(await documentsOf(none.evaluator)).toEqual(["answered", "a new"]);
    expect(none.notes.join()).not.toContain("search-beside");
  });

  it("search the file's own where training rows are no pairs", async () => {
    const { evaluator, notes } = await plan({ data: csvOf("scored-pair") });
    expect(await documentsOf(evaluator)).toEqual(["answered", "a new"]);
    expect(notes.join()).not.toContain("search-beside");
    const asked = await plan({ data: csvOf("scored-pair"), searchBeside: 5 });
    expect(asked.notes.join()).toContain(
      "--search-beside 5 adds nothing: no training row is a pair whose positive is not a text of",
    );
  });
});

describe("--search-beside where nothing searches", () => {
  it("is refused, but for 0, which is so", async () => {
    const scored = { data: csvOf("scored-pair"), out: "never" };
    const error = await userErrorOf(planTraining({ ...scored, searchBeside: 5 }));
    expect([error.code, error.message]).toEqual([
      "option-without-effect",
      "--search-beside 5 has no meaning here: only anchors of pairs search positives of training rows, and what is measured is no such pairs",
    ]);
    expect((await planTraining({ ...scored, searchBeside: 0 })).evaluator.task).toBe("sts");
  });

  it("is taken where only the test part searches", async () => {
    const rows = Array.from({ length: 40 }, (_, i) => `question ${i},answer ${i}`);
    const pairs = temporaryFile(["anchor,positive", ...rows].join("\n"));
    const { test } = await planTraining({
      data: pairs,
      eval: csvOf("scored-pair"),
      out: "never",
      testPart: 0.2,
      searchBeside: 5,
    });
    expect(test?.evaluator.task).toBe("pair-retrieval");
  });
});
