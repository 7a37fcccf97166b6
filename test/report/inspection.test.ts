import { beforeAll, describe, expect, it } from "vitest";
import { inspectFiles } from "../../src/dataset/inspect/inspect-files.js";
import type { FileInspection, Inspection } from "../../src/dataset/inspect/inspection.js";
import { binLabel, formatInspection } from "../../src/report/inspection.js";
import { inspectionPage } from "../../src/report/inspection-page.js";
import { temporaryFile } from "../dataset/temporary-files.js";
import { elements, readPage, textOf } from "./read-html.js";
import { linesFrom, readTable } from "./read-table.js";

let found: Inspection;
let scored: FileInspection;
let classed: FileInspection;

beforeAll(async () => {
  found = await inspectFiles([
    temporaryFile("sentence1,sentence2,score\n<b>,b & c,0\nc,d,4.5\nc,d,4.5\n", "one.csv"),
    temporaryFile(`text,label\n${["c,x", "e,y", "f,y", "g,"].join("\n")}\n`, "two.csv"),
  ]);
  [scored, classed] = found.files;
});

/** A block of the text, without its indentation. */
const block = (text: string, title: string): string =>
  linesFrom(text, title)
    .split("\n")
    .slice(1)
    .map((line) => line.slice(4))
    .join("\n");

const only = (file: FileInspection): Inspection => ({ files: [file], shared: [] });

describe("formatInspection", () => {
  it("gives each file's rows, texts and columns as they were counted", () => {
    const text = formatInspection(only(scored));
    expect(text).toContain(`rows     ${scored.rows} (`);
    expect(text).toContain(`${scored.texts.total}, of which ${scored.texts.distinct} distinct`);
    const [, columns] = /columns +(.+)/.exec(text)!;
    expect(columns.split(" · ")).toEqual(
      scored.columns.map(({ name, role }) => `${role ?? "–"} "${name}"`),
    );
    expect(/columns +(.+)/.exec(formatInspection(only(classed)))![1]).toContain("(1 empty)");
  });

  it("tables the lengths that were measured", () => {
    const { rows } = readTable(block(formatInspection(only(scored)), "lengths"));
    expect(rows).toEqual(
      scored.lengths.map(({ role, words }) => [
        role,
        "words",
        String(words.texts),
        words.mean.toFixed(1),
        ...[words.median, words.p95, words.p99, words.longest].map(String),
      ]),
    );
  });

  it("draws labels and scores with bars as long as their counts are large", () => {
    const labels = readTable(block(formatInspection(only(classed)), "labels")).rows;
    expect(labels.map(([label, count]) => [label, Number(count)])).toEqual(
      classed.labels!.values.map(({ value, count }) => [value || "(empty)", count]),
    );
    const bars = labels.map(([, count, bar]) => [Number(count), bar.length]);
    for (const [count, length] of bars) expect(length).toBe(Math.round((24 * count) / bars[0][0]));
    const scores = readTable(
      block(formatInspection(only(scored)), "scores")
        .split("\n")
        .slice(0, -1)
        .join("\n"),
    );
    const counts = scores.rows.map(([, count]) => Number(count));
    expect(counts).toEqual(scored.scores!.histogram.map(({ count }) => count));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(scored.rows);
  });

  it("shows the twelve commonest labels and how many more there are", () => {
    const values = Array.from({ length: 15 }, (_, i) => ({ value: `label ${i}`, count: 30 - i }));
    const labels = { ...classed.labels!, distinct: 31, values };
    const lines = block(formatInspection(only({ ...classed, labels })), "labels").split("\n");
    expect(lines).toHaveLength(1 + 12 + 1);
    expect(lines.at(-1)).toBe("and 19 more");
  });

  it("lists every finding with its count, place and advice, and shared texts with both files", () => {
    const text = formatInspection(found);
    expect(scored.findings.length).toBeGreaterThan(0);
    for (const { what, count, line, advice } of [...scored.findings, ...classed.findings]) {
      const where = line === undefined ? "" : ` (first on line ${line})`;
      expect(text).toContain(`${count}  ${what}${where}\n`);
      expect(text).toContain(`→ ${advice}`);
    }
    const [{ first, second, exact, rows }] = found.shared;
    expect(text).toContain(`${second} shares texts with ${first}: ${exact} distinct`);
    expect(text).toContain(`in ${rows} row (first on line`);
    expect(formatInspection(only({ ...scored, findings: [] }))).toContain("nothing to mend");
  });

  it("adds lengths in tokens, and whose tokens, where they were counted", () => {
    const [first] = scored.lengths;
    const lengths = [{ ...first, tokens: { ...first.words, longest: 77 }, cut: 0.25 }];
    const tokens = { model: "my model", maxLength: 64, sample: 1000 };
    const text = formatInspection({ files: [{ ...scored, lengths }], shared: [], tokens });
    const lines = block(text, "lengths").split("\n");
    const { titles, rows } = readTable(lines.slice(0, -1).join("\n"));
    expect(titles.at(-1)).toBe("over 64");
    expect(rows[1].slice(-2)).toEqual(["77", "25.0 %"]);
    expect(lines.at(-1)).toMatch(/my model.*1000/);
  });
});

describe("binLabel", () => {
  it("gives the ends in four digits at most, and the last bin no end", () => {
    expect(binLabel({ from: 0, to: 0.5, count: 1 })).toBe("0–0.5");
    expect(binLabel({ from: 1 / 3, to: 2 / 3, count: 1 })).toBe("0.3333–0.6667");
    expect(binLabel({ from: 513, to: Number.POSITIVE_INFINITY, count: 1 })).toBe("513 and more");
  });
});

describe("inspectionPage", () => {
  it("is valid HTML with a chart for every histogram and a table for findings and columns", async () => {
    const page = readPage(await inspectionPage(found));
    const histograms = found.files.flatMap(({ lengths, labels, scores }) => [
      ...lengths,
      ...[labels, scores].filter((one) => one !== undefined),
    ]);
    expect(elements(page, "svg")).toHaveLength(histograms.length);
    expect(elements(page, "h2").map(textOf)).toEqual([
      ...found.files.map(({ file }) => file),
      "Texts in two files",
    ]);
    const cells = elements(page, "td").map(textOf);
    for (const { what, count } of scored.findings)
      expect(cells.slice(cells.indexOf(what) - 1, cells.indexOf(what))).toEqual([String(count)]);
    for (const { name } of [...scored.columns, ...classed.columns]) expect(cells).toContain(name);
  });

  it("has no text of the data in it", async () => {
    const all = textOf(readPage(await inspectionPage(only(scored))));
    expect(all).not.toContain("b & c");
  });

  it("shows names, labels and notes that are markup or hold control characters as text", async () => {
    const evil = `</p><script>alert("1")</script>&amp;\u0000\u001b[31m`;
    const shown = evil.replace(/\p{Cc}/gu, "\ufffd");
    const file: FileInspection = {
      ...classed,
      file: evil,
      notes: [evil],
      columns: [{ name: evil, role: "text", empty: 0 }],
      labels: { ...classed.labels!, values: [{ value: evil, count: 2 }] },
      findings: [{ code: "odd", what: evil, count: 1, advice: evil }],
    };
    const shared = [{ first: evil, second: evil, exact: 1, plain: 1, rows: 1 }];
    const page = readPage(await inspectionPage({ files: [file], shared }));
    expect(elements(page, "script")).toEqual([]);
    const texts = ["h2", "p", "td"].flatMap((name) => elements(page, name).map(textOf));
    // Heading, note, column, finding, advice, label, and both files of the shared texts.
    expect(texts.filter((one) => one === shown)).toHaveLength(8);
    const labels = elements(page, "text").map(textOf);
    expect(labels.some((one) => one.startsWith("</p><script>"))).toBe(true);
  });

  it("says so where there is nothing to mend or to share", async () => {
    const page = readPage(await inspectionPage(only({ ...classed, findings: [] })));
    expect(elements(page, "p").map(textOf)).toContain("Nothing to mend.");
    expect(elements(page, "h2")).toHaveLength(1);
  });

  it("has the batch's false negatives among all pairs of two different rows", async () => {
    const batch = { batchSize: 8, rows: 30, expected: 1.25, largest: 4 };
    const page = readPage(await inspectionPage(only({ ...scored, batch })));
    const line = elements(page, "p")
      .map(textOf)
      .find((one) => one.includes("random batch"));
    expect(line).toMatch(/\b8 has 1\.25 .* among 56; 4 of 30 rows/);
  });
});
