import { describe, expect, it } from "vitest";
import type { ExportReport } from "../../src/export/export-report.js";
import type { Mined } from "../../src/mining/mined.js";
import { objectives } from "../../src/objectives/registry.js";
import { optionRows } from "../../src/objectives/resolve.js";
import { formatExport } from "../../src/report/export-summary.js";
import { formatFileLosses } from "../../src/report/file-losses.js";
import { formatMined } from "../../src/report/mine-summary.js";
import { formatChecks } from "../../src/report/objective-check.js";
import { formatObjectives, objectiveRecord } from "../../src/report/objectives.js";
import { formatPrompts } from "../../src/report/prompts.js";
import { formatSplit } from "../../src/report/split-summary.js";
import type { RunRecord } from "../../src/training/run-folder/run-folder.js";
import { linesFrom, readTable } from "./read-table.js";

describe("formatExport", () => {
  const report: ExportReport = {
    folder: "out",
    format: "transformersjs",
    dimension: 384,
    matryoshka: [256, 64],
    onnx: ["onnx/model.onnx", "onnx/model_fp16.onnx"],
    loss: [
      {
        ...{ dtype: "fp16", texts: 200, meanCosine: 0.9999991, smallestCosine: 0.99987 },
        largestDifference: 0.00123,
        metric: { key: "spearman_cosine", fp32: 0.81234, value: 0.8123 },
      },
      {
        ...{ dtype: "q8", texts: 200, meanCosine: 0.987, smallestCosine: 0.9 },
        largestDifference: 0.1,
        metric: { key: "spearman_cosine", fp32: 0.81234, value: 0.799 },
      },
    ],
    verification: {
      ...{ texts: 90, largestDifference: 2.5e-7, tolerance: 1e-5, passed: true },
      cut: { texts: 10, largestDifference: 0.031 },
      zero: 0,
    },
  };

  it("names the folder, its dimensions, sizes to cut to and files", () => {
    const [first] = formatExport(report).split("\n");
    expect(first.split(/[:,] /)[0]).toBe("out");
    for (const part of ["384", "256, 64", ...report.onnx]) expect(first).toContain(part);
    const plain = formatExport({ ...report, matryoshka: [], onnx: [] }).split("\n")[0];
    expect(plain).not.toMatch(/256|onnx/);
  });

  it("tables the loss of each precision in cosine, difference and score", () => {
    const lines = formatExport(report).split("\n");
    const { titles, rows } = readTable(lines.slice(1, 4).join("\n"));
    expect(rows).toEqual([
      ["fp16", "200", "0.999999", "0.999870", "1.23e-3", "81.23", "81.23"],
      ["q8", "200", "0.987000", "0.900000", "1.00e-1", "81.23", "79.90"],
    ]);
    expect(titles).toContain("spearman_cosine fp32");
    const unscored = report.loss.map((one) => ({ ...one, metric: undefined }));
    const table = formatExport({ ...report, loss: unscored })
      .split("\n")
      .slice(1, 4)
      .join("\n");
    expect(readTable(table).titles).toHaveLength(titles.length - 2);
  });

  it("tells a folder that is right from one that is not, and counts texts that were cut apart", () => {
    const lines = formatExport(report).split("\n").slice(4);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/\b90 texts.*2\.50e-7, within 0\.00001$/);
    expect(lines[1]).toMatch(/^10 .*3\.10e-2$/);
    const verification = {
      ...report.verification!,
      passed: false,
      cut: { texts: 0, largestDifference: 0 },
    };
    const zeros = formatExport({ ...report, verification: { ...report.verification!, zero: 4 } });
    expect(zeros.split("\n")[6]).toMatch(/^4 texts have the vector 0\b/);
    const failed = formatExport({ ...report, verification })
      .split("\n")
      .slice(4);
    expect(failed).toHaveLength(1);
    expect(failed[0]).toContain("above");
    expect(formatExport({ ...report, verification: undefined })).not.toContain("verified");
  });
});

describe("formatMined", () => {
  const mined = {
    rows: Array.from({ length: 10 }, () => ({})),
    rowsWith: [1, 2, 7],
    counts: {
      own: 30,
      tooNear: 0,
      aboveMaxScore: 4,
      withinMargin: 5,
      known: 0,
      notNeeded: 9,
      chosen: 16,
    },
    quantiles: [
      { what: "positives", count: 10, values: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.71234] },
      { what: "chosen negatives", count: 0, values: [] },
    ],
    model: { name: "small" },
  } as unknown as Mined;
  const text = formatMined(mined, "out.jsonl");

  it("accounts for every row: with all, with fewer, with none", () => {
    const [, rows, full, fewer, none] =
      /^out\.jsonl: (\d+) rows, (\d+) with 2 mined negatives, (\d+) with fewer, (\d+) with none$/m.exec(
        text,
      )!;
    expect([rows, full, fewer, none].map(Number)).toEqual([10, 7, 2, 1]);
    const all = { ...mined, rowsWith: [0, 0, 10] };
    expect(formatMined(all, "o").split("\n").at(-1)).toBe("o: 10 rows, 10 with 2 mined negatives");
  });

  it("has every rule that left out a candidate, and no other", () => {
    const { rows } = readTable(linesFrom(text, "candidates"));
    expect(rows.map(([, count]) => Number(count))).toEqual([30, 4, 5, 9, 16]);
    expect(rows.at(-1)![0]).toBe("chosen");
  });

  it("has the quantiles of each distribution, by the model that judged", () => {
    const { titles, rows } = readTable(text.split("\n\n")[0]);
    expect(titles[0]).toBe("cosine by small");
    expect([titles[2], titles[5], titles[8]]).toEqual(["lowest", "50 %", "highest"]);
    expect(rows[0].slice(1)).toEqual([
      "10",
      "0.100",
      "0.200",
      "0.300",
      "0.400",
      "0.500",
      "0.600",
      "0.712",
    ]);
    expect(rows[1].slice(0, 2)).toEqual(["chosen negatives", "0"]);
    const judged = { ...mined, judge: { name: "large" } } as unknown as Mined;
    expect(formatMined(judged, "o")).toContain("cosine by large");
  });
});

describe("formatSplit", () => {
  const part = (name: "train" | "eval" | "test", rows: number, labels?: number) => ({
    ...{ part: name, rows, texts: 2 * rows },
    ...(labels === undefined ? {} : { labels }),
  });
  const record = {
    source: { path: "all.csv", sha256: "0", rows: 200 },
    by: "rows",
    parts: [part("train", 150), part("eval", 30), part("test", 20)],
    leftOut: 0,
    notes: ["a note"],
  };

  it("has each part's rows and their share of the file", () => {
    const lines = formatSplit(record, "out").split("\n");
    const { rows } = readTable(lines.slice(0, -1).join("\n"));
    expect(rows).toEqual([
      ["train", "150", "75.0 %", "300"],
      ["eval", "30", "15.0 %", "60"],
      ["test", "20", "10.0 %", "40"],
    ]);
    expect(lines.at(-1)).toBe("note: a note");
  });

  it("counts labels where the rows have some", () => {
    const parts = [part("train", 150, 7), part("test", 50, 5)];
    const { titles, rows } = readTable(formatSplit({ ...record, parts, notes: [] }, "out"));
    expect(titles.at(-1)).toBe("labels");
    expect(rows.map((row) => row.at(-1))).toEqual(["7", "5"]);
  });
});

describe("formatPrompts", () => {
  const prompts = (texts: Record<string, string>, defaultPromptName?: string) =>
    formatPrompts({ prompts: texts, defaultPromptName });

  it("tells which text stands before what", () => {
    expect(prompts({})).toBeUndefined();
    expect(prompts({ default: "x: " }, "default")).toBe('"x: " before every text');
    expect(prompts({ query: "q: ", document: "d: " })).toBe(
      '"q: " before queries, "d: " before documents',
    );
    expect(prompts({ query: 'say "it"\n' })).toBe('"say \\"it\\"\\n" before queries');
  });
});

describe("formatFileLosses", () => {
  it("has the losses of each file beside its objective, and nothing for a run of one file", () => {
    const losses = {
      "a.csv": { updates: 12, first: 2.34567, last: 0.5 },
      "b.csv": { updates: 3, first: 1, last: 0.25 },
    };
    const files = [
      { path: "a.csv", objective: "infonce" },
      { path: "b.csv", objective: "cosent" },
    ];
    const record = { files, result: { losses } } as unknown as RunRecord;
    expect(readTable(formatFileLosses(record)!).rows).toEqual([
      ["a.csv", "infonce", "12", "2.3457", "0.5000"],
      ["b.csv", "cosent", "3", "1.0000", "0.2500"],
    ]);
    expect(formatFileLosses({ result: {} } as unknown as RunRecord)).toBeUndefined();
    expect(formatFileLosses({} as RunRecord)).toBeUndefined();
  });
});

describe("formatChecks", () => {
  const one = (name: string, worst: number, passed: boolean) => ({
    ...{ objective: "infonce", name, tolerance: 1e-9, worst, passed },
    errors: [
      { quantity: "loss", error: worst / 2 },
      { quantity: "gradient of anchors", error: worst },
    ],
  });
  const report = (cases: ReturnType<typeof one>[]) =>
    formatChecks([
      { file: "f.json", dtype: "float64", passed: cases.every((c) => c.passed), cases },
    ]);

  it("names each case's worst quantity and counts those within tolerance", () => {
    const lines = report([one("a", 2e-12, true), one("b", 0.5, false)]).split("\n");
    const { rows } = readTable(lines.slice(0, -1).join("\n"));
    expect(rows).toEqual([
      ["infonce", "a", "2.0e-12", "1e-9", "gradient of anchors", "ok"],
      ["infonce", "b", "5.0e-1", "1e-9", "gradient of anchors", "FAILED"],
    ]);
    expect(lines.at(-1)).toMatch(/^1 of 2 cases .*float64$/);
  });
});

describe("formatObjectives and objectiveRecord", () => {
  it("list every objective with what it does, its rows and the defaults of its own options, in 80 columns", () => {
    const lines = formatObjectives().split("\n");
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80);
    const starts = lines.flatMap((line, i) => (/^\S/.test(line) ? [i] : []));
    expect(starts.map((i) => lines[i].split(" ")[0])).toEqual(objectives.map(({ name }) => name));
    for (const [i, { rows, options, summary }] of objectives.entries()) {
      const own = lines
        .slice(starts[i], starts[i + 1])
        .join(" ")
        .replace(/\s+/g, " ");
      expect(own).toContain(summary);
      expect(own).toContain(`rows ${rows.join(", ")}`);
      for (const { flag } of optionRows(options)) expect(own).toContain(`${flag} `);
    }
  });

  it("give as data what training takes: inputs, options and modifiers of the definition", () => {
    for (const definition of objectives) {
      const record = objectiveRecord(definition);
      expect(JSON.parse(JSON.stringify(record))).toEqual(record);
      expect(Object.keys(record.modifiers)).toEqual(["matryoshka", ...definition.modifiers]);
      expect(record.options.map(({ name }) => name)).toEqual(Object.keys(definition.options));
      for (const role of record.trained) expect(record.inputs).toContain(role);
      for (const kind of Object.keys(record.converted)) expect(record.rows).not.toContain(kind);
      for (const how of Object.values(record.converted)) expect(how).not.toBe("");
    }
  });
});
