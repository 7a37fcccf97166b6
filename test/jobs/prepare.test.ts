import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { balancedCaps } from "../../src/dataset/prepare/balance.js";
import type { PrepareTarget } from "../../src/dataset/prepare/prepare-rows.js";
import type { ClassedRow, PairRow } from "../../src/dataset/rows/row-types.js";
import { watchWaits } from "../../src/files/progress.js";
import { type PrepareOptions, prepareFile } from "../../src/jobs/prepare.js";
import { temporaryFile, userErrorOf } from "../dataset/temporary-files.js";

const prepare = (content: string, as: PrepareTarget, options?: PrepareOptions) =>
  prepareFile(temporaryFile(content), as, options);
const rowsOf = async (content: string, as: PrepareTarget, options?: PrepareOptions) =>
  (await prepare(content, as, options)).data.rows.map(({ line: _, ...row }) => row);

const nli =
  "premise,hypothesis,label\np,e1,entailment\np,n1,neutral\np,c1,contradiction\nq,c2,contradiction\nr,e2,entailment\n";

describe("NLI rows", () => {
  it("as pairs: contradictions are hard negatives, neutral rows unused or negative", async () => {
    expect(await rowsOf(nli, "pairs")).toEqual([
      { anchor: "p", positive: "e1", negatives: ["c1"] },
      { anchor: "r", positive: "e2", negatives: [] },
    ]);
    const negative = await rowsOf(nli, "pairs", { neutralAs: "negative" });
    expect(negative[0]).toEqual({ anchor: "p", positive: "e1", negatives: ["n1", "c1"] });
    expect(await rowsOf(nli, "triplets")).toEqual([
      { anchor: "p", positive: "e1", negatives: ["c1"] },
    ]);
  });

  it("as labelled and scored pairs", async () => {
    const labels = async (options?: PrepareOptions) =>
      (await rowsOf(nli, "labelled-pairs", options)).map((row) => "label" in row && row.label);
    expect(await labels()).toEqual([1, 0, 0, 1]);
    expect(await labels({ neutralAs: "negative" })).toEqual([1, 0, 0, 0, 1]);
    const scores = async (options?: PrepareOptions) =>
      (await rowsOf(nli, "scored-pairs", options)).map((row) => "score" in row && row.score);
    expect(await scores()).toEqual([1, 0.5, 0, 0, 1]);
    expect(await scores({ neutralAs: "unused" })).toEqual([1, 0, 0, 1]);
    expect(await scores({ neutralAs: "negative" })).toEqual([1, 0, 0, 0, 1]);
  });
});

describe("scores and labels", () => {
  const scored = "sentence1,sentence2,score\na,b,5\na,c,1\nd,e,3\nf,g,0\nh,i,4\n";

  it("become labels by thresholds, and labels pairs", async () => {
    const { data, account } = await prepare(scored, "labelled-pairs");
    expect(data.rows.map((row) => "label" in row && row.label)).toEqual([1, 0, 0, 1]);
    expect(account.dropped).toEqual([
      { reason: "with a score between 0.4 and 0.8 of 0–1", count: 1, line: 4 },
    ]);
    expect(await rowsOf(scored, "pairs")).toEqual([
      { anchor: "a", positive: "b", negatives: ["c"] },
      { anchor: "h", positive: "i", negatives: [] },
    ]);
    const wide = { positiveFrom: 0.5, negativeTo: 0.1 };
    expect(await rowsOf(scored, "labelled-pairs", wide)).toHaveLength(4);
  });

  it("scores beside labels give way to what is asked for", async () => {
    const both =
      "sentence1,sentence2,score,label\na,b,4.5,ENTAILMENT\nc,d,1,CONTRADICTION\ne,f,3,NEUTRAL\n";
    expect((await prepare(both, "labelled-pairs")).source.kind).toBe("nli");
    expect((await prepare(both, "scored-pairs")).source.kind).toBe("scored-pair");
    expect((await prepare(both, "pairs")).source.kind).toBe("nli");
  });
});

describe("classes", () => {
  const rows = ["a,x", "b,x", "c,x", "d,x", "e,y", "f,y", "g,z"].join("\n");
  const content = `text,label\n${rows}\n`;

  it("give pairs without a quadratic number, and more when asked to", async () => {
    const count = async (options?: PrepareOptions) => {
      const groups = (await rowsOf(content, "pairs", options)) as Omit<PairRow, "line">[];
      const all = groups.map(({ anchor, positive }) => [anchor, positive].sort().join());
      expect(new Set(all).size).toBe(all.length);
      return ["x", "y", "z"].map((label) => groups.filter(({ group }) => group === label).length);
    };
    expect(await count()).toEqual([4, 1, 0]);
    expect(await count({ perClass: 2 })).toEqual([2, 1, 0]);
    expect(await count({ perClass: 100 })).toEqual([6, 1, 0]);
    expect(await count({ maxPairs: 3 })).toEqual([2, 1, 0]);
    expect(await count({ maxPairs: 1 })).toEqual([1, 0, 0]);
  });

  it("are balanced: no class gives two more than another that could give more", () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 60 }), (classes, maxPairs) => {
        const data = classes.flatMap((n, label): ClassedRow[] =>
          Array.from({ length: n }, (_, i) => ({ text: `${i}`, label: `${label}`, line: 1 })),
        );
        const caps = balancedCaps(data, { maxPairs });
        const found = classes.map((n, label) => ({
          most: Math.min(n, (n * (n - 1)) / 2),
          cap: caps(`${label}`),
        }));
        const all = found.reduce((sum, { most }) => sum + most, 0);
        expect(found.reduce((sum, { cap }) => sum + cap, 0)).toBe(Math.min(all, maxPairs));
        const largest = Math.max(...found.map(({ cap }) => cap));
        for (const { most, cap } of found) if (cap < most) expect(largest - cap).toBeLessThan(2);
      }),
    );
  });

  it("are made of pairs", async () => {
    expect(await rowsOf("anchor,positive\na,b\nc,d\n", "classes")).toHaveLength(4);
  });
});

describe("queries, corpus and qrels", () => {
  const corpus =
    '{"_id": "d1", "title": "T", "text": "one"}\n{"_id": "d2", "title": "", "text": "two"}\n';
  const queries =
    '{"_id": "q1", "text": "first"}\n{"_id": "q2", "text": "second"}\n{"_id": "q3", "text": "third"}\n';

  it("give pairs with judged documents as negatives", async () => {
    const qrels =
      "query-id\tcorpus-id\tscore\nq1\td1\t1\nq1\td2\t0\nq2\td2\t2\nq3\td1\t0\nq9\td1\t1\nq1\td9\t1\n";
    const options = {
      corpus: temporaryFile(corpus, "corpus.jsonl"),
      qrels: temporaryFile(qrels, "qrels.tsv"),
    };
    const { data, account } = await prepare(queries, "pairs", options);
    expect(data.rows).toEqual([
      { anchor: "first", positive: "T one", negatives: ["two"], line: 2 },
      { anchor: "second", positive: "two", negatives: [], line: 4 },
    ]);
    expect([account.read, account.kept]).toEqual([6, 3]);
    expect(account.notes).toContain("1 query has no relevant document");
  });

  it("take TREC's four columns", async () => {
    const qrels = temporaryFile("q1 0 d1 1\nq2 0 d2 1\n".replaceAll(" ", "\t"), "qrels.txt");
    const { data } = await prepare(queries, "pairs", {
      corpus: temporaryFile(corpus, "corpus.jsonl"),
      qrels,
    });
    expect(data.rows).toHaveLength(2);
  });

  it("refuse ids that repeat", async () => {
    const twice = `${corpus}{"_id": "d1", "title": "", "text": "again"}\n`;
    const options = {
      corpus: temporaryFile(twice, "corpus.jsonl"),
      qrels: temporaryFile("query-id\tcorpus-id\nq1\td1\nq2\td2\n", "qrels.tsv"),
    };
    const error = await userErrorOf(prepare(queries, "pairs", options));
    expect(error).toMatchObject({ code: "repeated-id", at: { line: 3 } });
  });
});

describe("cleaning and thinning out", () => {
  it("mends texts and counts them", async () => {
    const { data, account } = await prepare("anchor,positive\ncafÃ©,x &amp; y\na,b\n", "pairs", {
      clean: true,
    });
    expect(data.rows[0]).toMatchObject({ anchor: "café", positive: "x & y" });
    expect(account.notes).toContain("rows with cleaned texts: 1 (first on line 2)");
  });

  it("leaves out repetitions, conflicts and rows that say the same twice", async () => {
    const content = "sentence1,sentence2,label\na,b,1\nA,b!,1\na,b,0\nc,C,1\nd,e,0\n";
    const { data, account } = await prepare(content, "labelled-pairs", { dedupe: true });
    expect(data.rows.map(({ line }) => line)).toEqual([2, 6]);
    expect(account.dropped.map(({ line }) => line)).toEqual([3, 4, 5]);
  });

  it("leaves out short texts, of negatives only the negative", async () => {
    const content = "anchor,positive,negative_1,negative_2\na b,c d,e,f g\nx,y z,u v,\nh i,j k,,\n";
    expect(await rowsOf(content, "pairs", { minWords: 2 })).toEqual([
      { anchor: "a b", positive: "c d", negatives: ["f g"] },
      { anchor: "h i", positive: "j k", negatives: [] },
    ]);
  });
});

describe("the account", () => {
  const word = fc.constantFrom("a", "b", "c", "", "A!");
  const kinds = {
    nli: [
      "premise,hypothesis,label",
      fc.constantFrom("entailment", "neutral", "contradiction", "-"),
    ],
    scored: ["sentence1,sentence2,score", fc.constantFrom("0", "2.5", "5")],
    labelled: ["sentence1,sentence2,label", fc.constantFrom("0", "1", "")],
  } as const;
  const all: readonly PrepareTarget[] = [
    "pairs",
    "triplets",
    "labelled-pairs",
    "scored-pairs",
    "classes",
  ];

  it.each(["nli", "scored", "labelled"] as const)("holds every row of %s data", async (kind) => {
    const [header, value] = kinds[kind];
    const row = fc.tuple(word, word, value).map((cells) => cells.join(","));
    const options = fc.record({ clean: fc.boolean(), dedupe: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 1, maxLength: 12 }),
        fc.constantFrom(...all),
        options,
        async (rows, target, given) => {
          const content = `${header}\nx y,z w,${kind === "nli" ? "entailment" : "1"}\n${rows.join("\n")}\n`;
          const made = await prepare(content, target, given).catch(() => undefined);
          if (made === undefined) return;
          const { account, data } = made;
          const lost = account.dropped.reduce((sum, { count }) => sum + count, 0);
          expect(account.kept + lost).toBe(account.read);
          expect(new Set(data.rows.map(({ line }) => line)).size).toBeLessThanOrEqual(account.kept);
        },
      ),
      { numRuns: 80 },
    );
  });

  it("counts a record as used while one of its rows is", async () => {
    const content =
      '{"query": "a", "pos": ["b", "B"], "neg": []}\n{"query": "c", "pos": ["d"], "neg": []}\n';
    const { account, data } = await prepare(content, "pairs", { dedupe: true });
    expect([data.rows.length, account.read, account.kept]).toEqual([2, 2, 2]);
    expect(account.notes.join()).toContain("records of which a part is left out, repeats");
  });

  it("is the same each time", async () => {
    const content = `text,label\n${Array.from({ length: 40 }, (_, i) => `t${i},${i % 5}`).join("\n")}\n`;
    const once = await rowsOf(content, "pairs", { maxPairs: 20 });
    expect(await rowsOf(content, "pairs", { maxPairs: 20 })).toEqual(once);
    expect(await rowsOf(content, "pairs", { maxPairs: 20, seed: 7 })).not.toEqual(once);
  });
});

describe("options without a meaning", () => {
  it.each([
    [{ neutralAs: "negative" }, "anchor,positive\na,b\nc,d\n", "pairs"],
    [{ neutralAs: "score" }, nli, "pairs"],
    [{ perClass: 3 }, nli, "pairs"],
    [{ maxPairs: 3 }, nli, "labelled-pairs"],
    [{ positiveFrom: 0.9 }, nli, "labelled-pairs"],
    [{ positiveFrom: 0.3 }, "sentence1,sentence2,score\na,b,0\nc,d,5\n", "labelled-pairs"],
  ] as const)("%j is refused", async (options, content, as) => {
    expect((await userErrorOf(prepare(content, as, options))).exitCode).toBe(2);
  });
});

describe("cleaning and leaving out", () => {
  it("tell how many rows they have gone through", async () => {
    const ends: string[] = [];
    const unwatch = watchWaits(({ title, unit, done, total, ended }) => {
      if (ended && unit === "rows") ends.push(`${title} ${done}/${total}`);
    });
    const rows = "anchor,positive\nA b.,c d\na b,C d\ne f,g\n";
    const options = { clean: true, minWords: 2, dedupe: true };
    await prepare(rows, "pairs", options).finally(unwatch);
    expect(ends).toEqual([
      "cleaning texts 3/3",
      "counting words 3/3",
      "looking for repeated rows 2/2",
    ]);
  });
});
