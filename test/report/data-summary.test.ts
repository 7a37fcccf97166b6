import { describe, expect, it } from "vitest";
import { loadDataset } from "../../src/dataset/load-dataset.js";
import { preview } from "../../src/dataset/preview.js";
import { formatDataSummary, formatPreview } from "../../src/report/data-summary.js";
import { formatRowReport } from "../../src/report/prepare-summary.js";
import { temporaryFile } from "../dataset/temporary-files.js";

const long = `${"word ".repeat(40)}end`;
const text = [
  "question,answer",
  "how far,ten miles",
  ",nobody asked",
  "how long,",
  `how much,${long}`,
  "",
].join("\n");
const load = () =>
  loadDataset(temporaryFile(text, "pairs.csv"), {
    columns: { anchor: "question", positive: "answer" },
  });

describe("formatDataSummary", () => {
  it("accounts for every row that was read, with reason and line", async () => {
    const dataset = await load();
    const { account } = dataset;
    const summary = formatDataSummary(dataset, []);
    const [, kept, read, kind] = /rows +(\d+) of (\d+) kept \((.+)\)/.exec(summary)!;
    expect([Number(kept), Number(read), kind]).toEqual([account.kept, account.read, "pair"]);
    expect([account.kept, account.read]).toEqual([2, 4]);
    const dropped = [...summary.matchAll(/dropped +(\d+): (.+) \(first on line (\d+)\)/g)];
    expect(dropped.map(([, count, reason, line]) => [Number(count), reason, Number(line)])).toEqual(
      account.dropped.map(({ count, reason, line }) => [count, reason, line]),
    );
    const lost = dropped.reduce((sum, [, count]) => sum + Number(count), 0);
    expect(Number(kept) + lost).toBe(Number(read));
  });

  it("names file, dialect, and the column of each role", async () => {
    const dataset = await load();
    const [first, columns] = formatDataSummary(dataset, []).split("\n");
    expect(first).toBe(`${dataset.account.file}: ${dataset.dialect}`);
    expect(columns.trim().split(/ {2,}/)[1]).toBe('anchor = "question" · positive = "answer"');
  });

  it("tells rows from records where one gives several", async () => {
    const rows = ["a dog runs,it moves,entailment", "a dog runs,it sleeps,contradiction"];
    const more = ["a cat,an animal,entailment", "rain,water,entailment", "rain,sand,contradiction"];
    const file = temporaryFile(
      ["premise,hypothesis,label", ...rows, ...more].join("\n"),
      "nli.csv",
    );
    const dataset = await loadDataset(file, { as: ["pair"] });
    expect(dataset.rows).toHaveLength(3);
    expect(formatDataSummary(dataset, [])).toMatch(
      new RegExp(`5 of 5 kept, which give ${dataset.rows.length} rows \\(pair\\)`),
    );
  });

  it("repeats every note", async () => {
    const dataset = await load();
    const notes = ["first note", "second note"];
    const account = { ...dataset.account, notes };
    const summary = formatDataSummary({ ...dataset, account }, []);
    expect([...summary.matchAll(/^ +note +(.+)$/gm)].map(([, note]) => note)).toEqual(notes);
  });
});

describe("formatPreview", () => {
  it("shows rows as the model sees them, prompts first, with their lines", async () => {
    const prompts = { query: "query: ", document: "passage: ", other: "" };
    const rows = preview(await load(), 2, prompts);
    const shown = formatPreview(rows).split("\n");
    expect(shown.filter((line) => /^ {2}line/.test(line)).map((line) => line.trim())).toEqual([
      "line 2",
      "line 5",
    ]);
    expect(shown[1].trim()).toBe("anchor: query: how far");
    expect(shown[2].trim()).toBe("positive: passage: ten miles");
  });

  it("keeps a text of 100 characters whole and cuts a longer one, marked", () => {
    const cell = (value: string): string => {
      const [, line] = formatPreview([{ line: 1, cells: [{ name: "t", value }] }]).split("\n");
      return line.trim().slice("t: ".length);
    };
    expect(cell("x".repeat(100))).toBe("x".repeat(100));
    expect(cell("x".repeat(101))).toBe(`${"x".repeat(99)}…`);
    expect(cell("two\nlines\tand a tab")).toBe("two lines and a tab");
  });
});

describe("formatRowReport", () => {
  it("has a line for each reason and note, and the figures of the record", async () => {
    const { account } = await load();
    const lines = formatRowReport({ ...account, notes: ["a note"] }).split("\n");
    expect(lines[0]).toBe(`${account.file}: 4 rows read, 2 used`);
    expect(lines).toHaveLength(1 + account.dropped.length + 1);
    for (const [i, { count, reason, line }] of account.dropped.entries()) {
      expect(lines[i + 1]).toContain(`${count}: ${reason} `);
      expect(lines[i + 1]).toMatch(new RegExp(`line ${line}\\)$`));
    }
    expect(lines.at(-1)).toMatch(/note +a note$/);
  });
});
