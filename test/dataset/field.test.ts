import { describe, expect, it } from "vitest";
import { mapping } from "../../src/cli/parse.js";
import { inspectFiles } from "../../src/dataset/inspect/inspect-files.js";
import { type LoadOptions, loadDataset } from "../../src/dataset/load-dataset.js";
import type { Dataset } from "../../src/dataset/rows/row-types.js";
import { field, fieldRows } from "./field.js";
import { temporaryFile, userErrorOf } from "./temporary-files.js";

const sentence = (i: number): string => `the sentence with number ${i} says something`;
const csv = (names: string, row: (i: number) => readonly (string | number)[], count = 12): string =>
  temporaryFile(
    `${names === "" ? "" : `${names}\n`}${Array.from({ length: count }, (_, i) => `${row(i).join(",")}\n`).join("")}`,
  );

/** The options that a hint's `--columns …` and `--label-map …` stand for, as a shell gives them. */
function optionsOf(hint: string | undefined, which = 0): LoadOptions {
  const found = [...(hint ?? "").matchAll(/--(columns|label-map) ((?:"[^"]*"|[^\s;])+)/g)][which];
  const value = mapping((found?.[2] ?? "").replaceAll('"', ""));
  return found?.[1] === "columns" ? { columns: value } : { labelMap: value };
}

const findingsOf = async (file: string, options?: Pick<LoadOptions, "columns">) =>
  (await inspectFiles([file], options)).files[0]?.findings.map(({ code }) => code) ?? [];

describe("files as people have them", () => {
  it.each([
    ["array-objects.json", "pair", 12],
    ["st-array-lines.jsonl", "pair", 12],
    ["st-texts-label.jsonl", "scored-pair", 12],
    ["tevatron.jsonl", "pair", 12],
    ["llamaindex-qa.json", "pair", 12],
    ["alpaca.jsonl", "pair", 12],
    ["big-integer-ids.jsonl", "text", 12],
    ["lone-surrogates.jsonl", "pair", 12],
    ["list-cells-python.csv", "pair", 12],
    ["excel-sep-line.csv", "pair", 12],
    ["decimal-comma.csv", "scored-pair", 12],
    ["backslash-quotes.csv", "pair", 12],
    ["utf16-excel.csv", "pair", 12],
    ["pairs.parquet", "pair", 12],
    ["header-plural.csv", "pair", 12],
    ["header-repeated.csv", "pair", 12],
    ["cjk-no-header.csv", "pair", 12],
    ["other-script-pairs.csv", "pair", 12],
    ["other-script.txt", "text", 36],
    ["placeholder-texts.csv", "pair", 10],
  ])("%s is of kind %s with %i rows", async (name, kind, rows) => {
    const data = await fieldRows(name);
    expect([data.kind, data.rows.length]).toEqual([kind, rows]);
  });

  it("Tevatron's passages are positives and negatives", async () => {
    const [first] = (await fieldRows("tevatron.jsonl")).rows;
    expect(first).toMatchObject({
      positive: "Turn the spool slowly to the left.",
      negatives: ["It hangs behind the boathouse door."],
    });
  });

  it("Alpaca's instruction and input are one anchor", async () => {
    const { rows, account } = await fieldRows("alpaca.jsonl");
    expect(rows[0]).toMatchObject({
      anchor: "how do I wind the blue kite\nin the context of page 0",
    });
    expect(rows[1]).toMatchObject({ anchor: "where is the spare paddle kept" });
    expect(account.notes.join()).toContain('"instruction" and "input"');
    const own = await fieldRows("alpaca.jsonl", {
      columns: { anchor: "instruction", positive: "output" },
    });
    expect(own.rows[0]).toMatchObject({ anchor: "how do I wind the blue kite" });
  });

  it("lists in cells are lists, of Python, JSON and NumPy", async () => {
    const [row] = (await fieldRows("list-cells-python.csv")).rows;
    expect(row).toMatchObject({
      negatives: ["It hangs behind the boathouse door.", "The bread boat goes at half past six."],
    });
    const cells = [`"[""it's"", 'a, ""b""]']"`, `"['x' 'y'\n 'z']"`, '"[""p"", ""q""]"', "[]"];
    const file = temporaryFile(
      `query,positive,negatives\n${cells.map((cell, i) => `q ${i},p ${i},${cell}`).join("\n")}\n`,
    );
    const { rows } = await loadDataset(file);
    expect(rows.map((each) => ("negatives" in each ? each.negatives : []))).toEqual([
      ["it's", 'a, "b"]'],
      ["x", "y", "z"],
      ["p", "q"],
      [],
    ]);
  });

  it("a cell that is no list among lists is an error, a list among texts is told of", async () => {
    const lists = Array.from({ length: 600 }, (_, i) => `q ${i},"[""p ${i}""]"`);
    const late = temporaryFile(`query,positive\n${lists.join("\n")}\nq,plain\n`);
    expect(await userErrorOf(loadDataset(late))).toMatchObject({
      code: "wrong-type",
      at: { line: 602 },
    });
    const mixed = temporaryFile('query,positive\nq 1,"[""a""]"\nq 2,plain text\n');
    expect((await loadDataset(mixed)).account.notes.join()).toContain("look like lists");
  });

  it("half a character is U+FFFD and a finding", async () => {
    const { rows } = await fieldRows("lone-surrogates.jsonl");
    expect(rows[0]).toMatchObject({ positive: "kite \ufffd lost 0" });
    expect(await findingsOf(field("lone-surrogates.jsonl"))).toContain("lost-characters");
  });

  it("placeholders are trained on, a finding and a note", async () => {
    const { account } = await fieldRows("placeholder-texts.csv");
    expect(account.notes.join()).toContain(
      "placeholder (NaN, None, NULL, N/A), kept as texts: 6 (first on line 2)",
    );
    expect(await findingsOf(field("placeholder-texts.csv"))).toContain("placeholder-text");
  });

  it("decimal commas are read where another character separates", async () => {
    const { rows, account } = await fieldRows("decimal-comma.csv");
    expect(rows[0]).toMatchObject({ score: 4.2 / 5 });
    expect(account.notes.join()).toContain("decimal comma");
    expect(await findingsOf(field("decimal-comma.csv"))).not.toContain("bad-score");
  });
});

describe("labels", () => {
  it("1, 0 and −1 are refused, and both commands of the hint work", async () => {
    const error = await userErrorOf(fieldRows("labels-one-zero-minus-one.csv"));
    expect(error).toMatchObject({ code: "undecided-label", at: { line: 4 } });
    const negative = await fieldRows("labels-one-zero-minus-one.csv", optionsOf(error.hint, 0));
    const without = await fieldRows("labels-one-zero-minus-one.csv", optionsOf(error.hint, 1));
    expect([negative.rows.length, without.rows.length]).toEqual([12, 8]);
    expect(negative.rows[2]).toMatchObject({ label: 0 });
  });

  it("1 and −1 are positive and negative", async () => {
    const { kind, rows } = await loadDataset(
      csv("sentence1,sentence2,label", (i) => [sentence(i), sentence(i + 20), i % 2 ? -1 : 1]),
    );
    expect(kind).toBe("labelled-pair");
    expect(rows.map((row) => ("label" in row ? row.label : undefined))).toEqual([
      1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0,
    ]);
  });

  it("lists of several labels are a finding, and what its advice says works", async () => {
    const lines = Array.from({ length: 8 }, (_, i) =>
      JSON.stringify({ text: sentence(i), label: i % 2 ? ["a"] : ["a", "b"] }),
    );
    const file = temporaryFile(lines.join("\n"), "multi.jsonl");
    expect(await findingsOf(file)).toContain("several-labels");
    const error = await userErrorOf(loadDataset(file));
    expect(error).toMatchObject({ code: "wrong-type", at: { line: 1 } });
    expect(error.message).toContain("a list of 2");
    expect((await loadDataset(file, { columns: { label: "" } })).kind).toBe("text");
  });

  it("a map gives words a meaning, or none", async () => {
    const words = ["entailment", "neutral", "contradiction"];
    const file = csv("premise,hypothesis,label", (i) => [
      sentence(i),
      sentence(i + 20),
      words[i % 3],
    ]);
    const labels = async (labelMap: Record<string, string>) => {
      const { kind, rows } = await loadDataset(file, { labelMap });
      return [kind, rows.map((row) => ("label" in row ? row.label : undefined)).slice(0, 3)];
    };
    expect(await labels({ entailment: "1", neutral: "0", contradiction: "0" })).toEqual([
      "labelled-pair",
      [1, 0, 0],
    ]);
    expect(await labels({ entailment: "1", neutral: "none", contradiction: "0" })).toEqual([
      "labelled-pair",
      [1, 0, 1],
    ]);
    const absent = await userErrorOf(
      loadDataset(file, { labelMap: { entailment: "1", neutrl: "0", contradiction: "0" } }),
    );
    expect(absent).toMatchObject({ code: "bad-label-map" });
    expect(absent.message).toContain('"neutrl", which the file does not have');
  });
});

describe("columns whose names say nothing, beside columns whose names do", () => {
  const scored = (name: string, value: (i: number) => string | number) =>
    csv(`sentence1,sentence2,${name}`, (i) => [sentence(i), sentence(i + 20), value(i)]);

  it.each([
    ["is_same", (i: number) => i % 2, "label", "labelled-pair"],
    ["match", (i: number) => (i % 3 ? "true" : "false"), "label", "labelled-pair"],
    ["target", (i: number) => (i % 2 ? -1 : 1), "label", "labelled-pair"],
    ["gold", (i: number) => (i / 11).toFixed(2), "score", "scored-pair"],
    ["human", (i: number) => (i % 6) + (i % 2) / 2, "score", "scored-pair"],
    ["score (0-5)", (i: number) => (i % 6).toFixed(1), "score", "scored-pair"],
    ["stars", (i: number) => ((i * 7) % 5) + 1, "score", "scored-pair"],
    ['a "quoted" name', (i: number) => i % 2, "label", "labelled-pair"],
  ])("%s is refused, and both commands of the hint work", async (name, value, role, kind) => {
    const file = scored(name.includes('"') ? `"${name.replaceAll('"', '""')}"` : name, value);
    const error = await userErrorOf(loadDataset(file));
    expect(error.code).toBe("undecided-column");
    expect(error.message).toContain(`the ${role} of the texts`);
    expect((await loadDataset(file, optionsOf(error.hint, 0))).kind).toBe(kind);
    const unused = await loadDataset(file, optionsOf(error.hint, 1));
    expect(unused.kind).toBe("pair");
    expect(unused.account.notes.join()).toContain("columns not used:");
    expect(await findingsOf(file)).toContain("undecided-column");
  });

  it.each([
    ["fold", (i: number) => i % 5],
    ["votes", (i: number) => i % 2],
    ["year", (i: number) => 1990 + i],
    ["pair_id", (i: number) => i],
    ["constant", () => 1],
    ["source", (i: number) => ["web", "book"][i % 2]],
  ])("%s is named as unused", async (name, value) => {
    const { kind, account } = await loadDataset(scored(name, value));
    expect(kind).toBe("pair");
    expect(account.notes).toContain(`columns not used: "${name}"`);
  });

  it("of several none is taken, and a listed name is", async () => {
    const two = csv("sentence1,sentence2,first,second", (i) => [
      sentence(i),
      sentence(i + 20),
      i % 2,
      (i >> 1) % 2,
    ]);
    expect((await loadDataset(two)).account.notes).toContain('columns not used: "first", "second"');
    const listed = csv("sentence1,sentence2,first,label", (i) => [
      sentence(i),
      sentence(i + 20),
      i % 2,
      (i >> 1) % 2,
    ]);
    const data = await loadDataset(listed);
    expect([data.kind, data.columns.label]).toEqual(["labelled-pair", "label"]);
  });

  it("a role that is not wanted is given to no column", async () => {
    const file = csv("anchor,positive,score", (i) => [sentence(i), sentence(i + 20), i % 2]);
    const data = await loadDataset(file, { columns: { score: "" } });
    expect(data.kind).toBe("pair");
    expect(data.account.notes).toContain('columns not used: "score"');
  });

  it("question, answer, category are pairs, with the category named or as group", async () => {
    const file = csv("question,answer,category", (i) => [
      sentence(i),
      sentence(i + 20),
      ["boats", "kites"][i % 2],
    ]);
    const data = await loadDataset(file);
    expect(data.kind).toBe("pair");
    expect(data.account.notes.join()).toContain('columns not used: "category"');
    expect(data.account.notes.join()).toContain("--columns group=category");
    const grouped = (await loadDataset(file, { columns: { group: "category" } })) as Dataset;
    expect(grouped.rows[0]).toMatchObject({ group: "boats" });
  });

  it("texts under foreign names are found beside a known label", async () => {
    const file = csv("frage,erwiderung,label", (i) => [sentence(i), sentence(i + 20), i % 2]);
    const { kind, columns } = await loadDataset(file);
    expect(kind).toBe("labelled-pair");
    expect(columns).toEqual({ anchor: "frage", positive: "erwiderung", label: "label" });
    const accented = csv("question,réponse", (i) => [sentence(i), sentence(i + 20)]);
    expect((await loadDataset(accented)).columns).toEqual({
      anchor: "question",
      positive: "réponse",
    });
  });

  it.each([
    ["questions,answers"],
    ["Question Text,Answer Text"],
    ["query_text,passage_text"],
    ["questionText,answerText"],
    ["Original Question,Answers"],
  ])("%s are question and answer", async (names) => {
    const { columns } = await loadDataset(csv(names, (i) => [sentence(i), sentence(i + 20)]));
    const [anchor, positive] = names.split(",");
    expect(columns).toEqual({ anchor, positive });
  });
});
