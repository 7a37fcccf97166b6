import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { falseNegatives } from "../../../src/dataset/inspect/false-negatives.js";
import { type InspectOptions, inspectFiles } from "../../../src/dataset/inspect/inspect-files.js";
import type { FileInspection } from "../../../src/dataset/inspect/inspection.js";
import { createReservoir } from "../../../src/dataset/inspect/reservoir.js";
import { temporaryFile } from "../temporary-files.js";

const data = join(import.meta.dirname, "..", "..", "..", "..", "shared", "data");

const inspect = async (content: string, options?: InspectOptions): Promise<FileInspection> =>
  (await inspectFiles([temporaryFile(content)], options)).files[0];
const counts = ({ findings }: FileInspection): Record<string, number> =>
  Object.fromEntries(findings.map(({ code, count }) => [code, count]));
const counter = async () => ({
  model: "words",
  maxLength: 3,
  tokenize: (text: string) => text.split(" ").map((word) => word.length),
});

describe("inspectFiles", () => {
  it("finds texts beside single texts, and neither categories nor ids", async () => {
    const rows = Array.from(
      { length: 40 },
      (_, i) => `lost key ${i},I lost the key of room ${i},access desk,K-${i},${i % 2 ? "a" : "b"}`,
    );
    const titled = await inspect(`title,description,office,code,label\n${rows.join("\n")}\n`, {
      columns: { text: "description", label: "label" },
    });
    const found = titled.findings.filter(({ code }) => code === "unused-texts");
    expect(found).toMatchObject([{ count: 40, what: expect.stringContaining('"title"') }]);
    expect(found[0].advice).toContain("--columns anchor=title,positive=description,label=");
    const pairs = await inspect(
      `anchor,positive,remark\n${rows.map((row) => row.split(",").slice(0, 3)).join("\n")}\n`,
    );
    expect(counts(pairs)).not.toHaveProperty("unused-texts");
  });

  it("counts rows, columns, texts and lengths", async () => {
    const file = await inspect("id,anchor,positive\n1,a b c d,e\n2,f,\n3,g,h i\n", {
      tokens: counter,
    });
    expect(file).toMatchObject({
      rows: 3,
      kinds: ["pair"],
      roles: { anchor: "anchor", positive: "positive" },
      texts: { total: 5, distinct: 5 },
      columns: [
        { name: "id", empty: 0 },
        { name: "anchor", role: "anchor", empty: 0 },
        { name: "positive", role: "positive", empty: 1 },
      ],
    });
    const [anchor, positive] = file.lengths;
    expect(anchor).toMatchObject({
      role: "anchor",
      words: { texts: 3, mean: 2, median: 1, longest: 4, longestLine: 2 },
      cut: 1 / 3,
    });
    expect(anchor?.words.histogram.map(({ count }) => count)).toEqual([3, 0, 0, 0, 0, 0, 0, 0, 0]);
    expect(positive?.words.texts).toBe(2);
    expect(counts(file)).toEqual({ "empty-text": 1, "long-texts": 1 });
  });

  it("finds repetitions, also but for case, and labels that conflict", async () => {
    const rows = ["a,b,1", "a,b,1", "A,b!,1", "a,b,0", "c,c,0", "d,e,"];
    const file = await inspect(`sentence1,sentence2,label\n${rows.join("\n")}\n`);
    expect(file.kinds).toEqual(["labelled-pair"]);
    expect(file.labels).toEqual({
      column: "label",
      type: "binary",
      distinct: 3,
      values: [
        { value: "1", count: 3 },
        { value: "0", count: 2 },
        { value: "", count: 1 },
      ],
    });
    expect(counts(file)).toEqual({
      "conflicting-labels": 1,
      "repeated-rows": 1,
      "nearly-repeated-rows": 1,
      "same-texts": 1,
    });
    expect(file.findings.find(({ code }) => code === "conflicting-labels")?.line).toBe(5);
  });

  it("describes scores by their scale", async () => {
    const file = await inspect("sentence1,sentence2,score\na,b,0\nc,d,4.9\ne,f,x\ng,h,5\n");
    expect(file.scores).toMatchObject({ low: 0, high: 5, range: [0, 5] });
    expect(file.scores?.histogram.map(({ count }) => count)).toEqual([
      1, 0, 0, 0, 0, 0, 0, 0, 0, 2,
    ]);
    expect(counts(file)).toEqual({ "bad-score": 1 });
    const shares = await inspect("sentence1,sentence2,score\na,b,0%\nc,d,49%\ne,f,0.5\n");
    expect(shares.scores).toMatchObject({ range: [0, 1] });
    expect(counts(shares)).toEqual({ "bad-score": 1 });
    const strange = await inspect("sentence1,sentence2,score\na,b,-7\nc,d,900\n");
    expect(counts(strange)).toEqual({ "unknown-score-range": 1 });
  });

  it("says what stops training, and goes on", async () => {
    const nli = await inspect("premise,hypothesis,label\na,b,0\nc,d,2\n");
    expect(counts(nli)).toEqual({ "unknown-labels": 1 });
    expect(nli.labels?.type).toBe("unknown");
    const known = { entailment: "0", neutral: "1", contradiction: "2" };
    const mapped = await inspect("premise,hypothesis,label\na,b,0\nc,d,2\n", { labelMap: known });
    expect(mapped.kinds).toEqual(["nli"]);
    const ambiguous = await inspect("query,question\na,b\nc,d\n");
    expect(counts(ambiguous)).toEqual({ "ambiguous-columns": 1 });
    expect(ambiguous.kinds).toEqual([]);
  });

  it("counts broken cells", async () => {
    const file = await inspect("anchor,positive\ncafÃ©,x &amp; y\nb,c\u0001\n");
    expect(counts(file)).toEqual({ mojibake: 1, "html-entities": 1, "control-characters": 1 });
  });

  it("expects false negatives from shared texts, groups and classes", async () => {
    const shared = await inspect("anchor,positive\na,b\na,c\nd,c\ne,f\n");
    // Three rows of four are connected: 3·2 of the 4·3 ordered pairs.
    expect(shared.batch).toEqual({ batchSize: 64, rows: 4, expected: 6, largest: 3 });
    const grouped = await inspect("anchor,positive,group\na,b,1\nc,d,1\ne,f,2\n");
    expect(grouped.batch).toMatchObject({ expected: 2, largest: 2 });
    const classes = await inspect("text,label\na,x\nb,x\nc,y\n", { batchSize: 2 });
    expect(classes.batch?.expected).toBeCloseTo((2 * 1 * 2) / (3 * 2));
    expect(counts(classes)).toMatchObject({ "single-texts": 1 });
    const nli = await inspect(
      "premise,hypothesis,label\na,b,entailment\na,c,neutral\na,d,entailment\ne,f,entailment\n",
    );
    expect(nli.batch).toMatchObject({ rows: 3, largest: 2 });
  });

  it("finds texts of one file in another", async () => {
    const first = temporaryFile("anchor,positive\na,b\nc,d\n", "train.csv");
    const second = temporaryFile("anchor,positive\nx,y\nC!,b\nb,z\n", "dev.csv");
    const { shared } = await inspectFiles([first, second]);
    expect(shared).toEqual([{ first, second, exact: 1, plain: 2, rows: 2, line: 3 }]);
    const other = temporaryFile("anchor,positive\nq,r\ns,t\n", "test.csv");
    expect((await inspectFiles([first, other])).shared).toEqual([]);
  });

  it("agrees with counting all pairs", () => {
    const numbers = [[0, 1], [2, 3], [1, 2], [4, 5], [], [6, 7], [7, 4]];
    const found = falseNegatives({ rows: 7, numbers: 8, numbersOf: (row) => numbers[row] }, 4);
    // Components of rows: {0, 1, 2}, {3, 5, 6}; row 4 counts for nothing.
    expect(found).toEqual({ batchSize: 4, rows: 6, expected: (4 * 3 * 12) / (6 * 5), largest: 3 });
  });

  it("samples every row with the same probability, by the seed", () => {
    const hits = new Float64Array(20);
    for (let seed = 0; seed < 2000; seed++) {
      const reservoir = createReservoir<number>(5, seed);
      for (let i = 0; i < 20; i++) reservoir.offer(() => i);
      for (const i of reservoir.items()) hits[i] += 1;
    }
    for (const hit of hits) expect(Math.abs(hit / 2000 - 0.25)).toBeLessThan(0.05);
  });
});

describe.skipIf(!existsSync(data))(
  "inspectFiles on public data (skipped where ../shared/data is missing)",
  () => {
    it("knows the texts that STS-B's parts share", async () => {
      const files = ["stsb/train.csv", "stsb/dev.csv"].map((name) => join(data, name));
      const { shared, files: found } = await inspectFiles(files);
      expect(found.map(({ rows }) => rows)).toEqual([5749, 1500]);
      expect(shared[0]).toMatchObject({ exact: 249 });
    });
  },
);
