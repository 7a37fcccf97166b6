import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inspectFiles } from "../../../src/dataset/inspect/inspect-files.js";
import { loadDataset, readRows } from "../../../src/dataset/load-dataset.js";
import { parseJson } from "../../../src/dataset/readers/json/parse.js";
import { openRecords } from "../../../src/dataset/readers/open-records.js";
import type { DataRecord, ReaderOptions } from "../../../src/dataset/readers/record-source.js";
import { openSourceTexts } from "../../../src/embeddings/source-texts.js";
import { field, fieldRows } from "../field.js";
import { collect, temporaryFile, userErrorOf } from "../temporary-files.js";

interface Read {
  readonly columns: readonly string[];
  readonly records: readonly DataRecord[];
  readonly description: string;
  readonly warnings: readonly string[];
}

async function read(
  content: string | Uint8Array,
  name = "data.json",
  options?: ReaderOptions,
): Promise<Read> {
  const source = await openRecords(temporaryFile(content, name), options);
  const { columns, description } = source;
  const records = await collect(source.records());
  return { columns, records, description, warnings: source.warnings() };
}

const pairs = [
  { question: "first question", answer: "first answer" },
  { question: 'second, with "quotes" and ] } , {', answer: "second\nanswer" },
  { question: "third \\ question", answer: "drittes ü 😀" },
];
const cells = pairs.map(({ question, answer }) => [question, answer]);

describe("JSON that is not one object a line", () => {
  const forms: readonly (readonly [string, string])[] = [
    ["a list of objects, one a line", `[\n${pairs.map((p) => JSON.stringify(p)).join(",\n")}\n]\n`],
    ["a list of objects on one line", JSON.stringify(pairs)],
    ["a list of objects, indented", JSON.stringify(pairs, null, 4)],
    [
      "objects one after another, indented",
      pairs.map((p) => JSON.stringify(p, null, 2)).join("\n"),
    ],
    ["objects under a key", JSON.stringify({ version: "1", data: pairs })],
    [
      "a list a column",
      JSON.stringify({ question: cells.map((c) => c[0]), answer: cells.map((c) => c[1]) }),
    ],
    [
      "an object a column",
      JSON.stringify({
        question: Object.fromEntries(cells.map((c, i) => [i, c[0]])),
        answer: Object.fromEntries(cells.map((c, i) => [i, c[1]])),
      }),
    ],
    ["lists with a header", JSON.stringify([["question", "answer"], ...cells])],
    [
      "lists a line with a header",
      [["question", "answer"], ...cells].map((c) => JSON.stringify(c)).join("\n"),
    ],
  ];
  it.each(forms)("%s", async (_, content) => {
    const { columns, records } = await read(content);
    expect(columns).toEqual(["question", "answer"]);
    expect(records.map(({ fields }) => fields)).toEqual(cells);
    expect((await read(gzipSync(content), "data.json.gz")).records).toEqual(records);
  });

  it("lists of texts are pairs and triplets, with numbers numbered columns", async () => {
    const lines = (rows: readonly unknown[]) => rows.map((row) => JSON.stringify(row)).join("\n");
    expect((await read(lines(cells))).columns).toEqual(["anchor", "positive"]);
    expect((await read(lines(cells.map((c) => [...c, "no"])))).columns).toEqual([
      "anchor",
      "positive",
      "negative",
    ]);
    expect((await read(lines(cells.map((c) => [...c, 0.5])))).columns).toEqual(["1", "2", "3"]);
    expect((await read(JSON.stringify(cells))).columns).toEqual(["anchor", "positive"]);
    const texts = await read(JSON.stringify(["one text", "another"]));
    expect(texts.records.map(({ fields }) => fields)).toEqual([["one text"], ["another"]]);
  });

  it("sets of texts of one meaning", async () => {
    const sets = [
      ["a", "b", "c"],
      ["d", "e"],
      ["f", "f"],
    ];
    const file = temporaryFile(sets.map((set) => JSON.stringify({ set })).join("\n"), "sets.jsonl");
    const { dataset } = await readRows(file);
    expect(dataset.rows).toMatchObject([
      { anchor: "a", positive: "b" },
      { anchor: "a", positive: "c" },
      { anchor: "d", positive: "e" },
    ]);
    expect(dataset.account).toMatchObject({ read: 3, kept: 2 });
    expect(dataset.account.notes.join()).toContain("n − 1 pairs");
  });

  it("knows the line of each element, however the chunks fall", async () => {
    const rows = Array.from({ length: 5000 }, (_, i) => ({
      text: `text ${i} ${"é".repeat(i % 90)} "]}`,
    }));
    const { records } = await read(`[\n${rows.map((r) => JSON.stringify(r)).join(",\n")}\n]`);
    expect(records.map(({ fields }) => fields[0])).toEqual(rows.map(({ text }) => text));
    expect(records.every(({ line }, i) => line === i + 2)).toBe(true);
  });

  it.each([
    ["a list that never ends", '[\n{"anchor": "a", "positive": "b"},\n', 3],
    ["an element that is no JSON", '[{"anchor": "a", "positive": "b"},\n{"anchor": c}]', 2],
    ["something after the list", '[{"anchor": "a", "positive": "b"}]\nmore', 2],
    ["a string that never ends", '[\n{"anchor": "a", "positive": "b"},\n{"anchor": "c}]\n', 3],
  ])("%s is an error with its line", async (_, content, line) => {
    const error = await userErrorOf(read(content, "data.json", { inputFormat: "json" }));
    expect(error).toMatchObject({ code: "broken-json", at: { line } });
  });

  it("keys that come late are told of", async () => {
    const rows = Array.from({ length: 600 }, (_, i) =>
      JSON.stringify(i < 590 ? { text: `t ${i}` } : { text: `t ${i}`, late: 1 }),
    );
    expect((await read(rows.join("\n"))).warnings.join()).toContain('"late" (first on line 591)');
  });
});

describe("values of JSON", () => {
  it("whole numbers above 2^53 keep their digits", () => {
    expect(
      parseJson(
        '{"id": 1234567890123456781, "n": [12345678901234567890, 7], "s": "1234567890123456781"}',
      ),
    ).toEqual({
      id: "1234567890123456781",
      n: ["12345678901234567890", 7],
      s: "1234567890123456781",
    });
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        if (/\d{16}|\\ud/.test(text)) return;
        expect(parseJson(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it("NaN is an empty value, half a character U+FFFD", () => {
    expect(parseJson('{"a": NaN, "b": "NaN", "c": [-Infinity]}')).toEqual({
      a: null,
      b: "NaN",
      c: [null],
    });
    expect(parseJson(String.raw`{"a": "x \ud83d y", "b": "\ud83d\ude00"}`)).toEqual({
      a: "x \ufffd y",
      b: "😀",
    });
  });
});

describe("what begins with a bracket and is no JSON", () => {
  it.each([
    ["chat templates", "[INST] what is a kite [/INST]\n[INST] another [/INST]\n"],
    ["numbered lines", "[1] first text\n[2] second text\n"],
    ["links", "[[Kite]] is a toy\n[[Boat]] floats\n"],
    ["templates", "{name} says hello\n{name} says goodbye\n"],
  ])("%s are texts, and said so", async (_, content) => {
    const { records, description, warnings } = await read(content, "texts.txt");
    expect(description).toBe("one text a line, utf-8");
    expect(records).toHaveLength(2);
    expect(warnings.join()).toContain("--input-format text");
  });

  it("Python's literals and chat messages are refused by name", async () => {
    for (const name of ["python-dicts.jsonl", "chat-messages.jsonl"]) {
      const error = await userErrorOf(fieldRows(name));
      expect(error.code).toBe(name.startsWith("p") ? "python-literals" : "chat-messages");
      expect(error.hint).not.toBe("");
    }
  });
});

describe("--input-format", () => {
  it("decides where the evidence is another's", async () => {
    const lines = '["a quoted"] text\n["another"] text\n';
    expect((await read(lines, "a.txt", { inputFormat: "text" })).records).toHaveLength(2);
    const tabs = "one, two\tthree, four\nfive, six\tseven, eight\n";
    expect((await read(tabs, "a.txt", { inputFormat: "tsv", header: false })).columns).toHaveLength(
      2,
    );
    expect(
      (await read("one, two\nthree\n", "a.txt", { inputFormat: "text" })).records,
    ).toHaveLength(2);
    const error = await userErrorOf(read("a,b\nc,d\n", "a.csv", { inputFormat: "parquet" }));
    expect(error).toMatchObject({ code: "not-of-format", exitCode: 2 });
  });

  it("jsonl and json read what is neither as errors", async () => {
    for (const inputFormat of ["jsonl", "json"] as const) {
      const error = await userErrorOf(read("one text\nanother\n", "a.txt", { inputFormat }));
      expect(["broken-json", "no-columns"]).toContain(error.code);
    }
  });
});

describe("files of other programs", () => {
  it.each([
    ["a zip archive", Buffer.from("PK\u0003\u0004xxxx", "latin1")],
    ["an Excel workbook", Buffer.from("PK\u0003\u0004xxxx[Content_Types].xml", "latin1")],
    ["xz-compressed", Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 1])],
    ["bzip2-compressed", Buffer.from("BZh91AY&SYxx", "latin1")],
    ["zstd-compressed", Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 1])],
    ["an Arrow file", Buffer.from("ARROW1\0\0", "latin1")],
    ["an HTML page", Buffer.from("<!DOCTYPE html><html>")],
    [
      "a Git LFS pointer",
      Buffer.from("version https://git-lfs.github.com/spec/v1\noid sha256:0\n"),
    ],
    ["a NumPy array", Buffer.from("\u0093NUMPY", "latin1")],
  ])("%s is named", async (name, bytes) => {
    const error = await userErrorOf(read(bytes));
    expect(error.code).toBe("foreign-file");
    expect(error.message).toContain(name);
    expect(error.hint).not.toContain("FILE");
  });
});

describe("Parquet", () => {
  it("is read as the other formats are", async () => {
    const { kind, rows, columns, account, dialect } = await fieldRows("pairs.parquet");
    expect([kind, rows.length, dialect]).toEqual(["pair", 12, "Parquet"]);
    expect(columns).toEqual({ anchor: "text", positive: "pos" });
    expect(account.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(rows[0]).toMatchObject({ anchor: "how do I wind the blue kite", line: 1 });
    const inspected = await inspectFiles([field("pairs.parquet")]);
    expect(inspected.files[0]).toMatchObject({ rows: 12, sha256: account.sha256 });
  });

  it("lists are lists, nulls and NaN empty, whole numbers exact", async () => {
    const { parquetWriteBuffer } = await import("hyparquet-writer");
    const bytes = parquetWriteBuffer({
      columnData: [
        { name: "query", data: ["one", "two"], type: "STRING" },
        { name: "pos", data: [["a", "b"], ["c"]], type: "JSON" },
        { name: "score", data: [0.5, Number.NaN], type: "DOUBLE" },
        { name: "id", data: [1234567890123456781n, 2n], type: "INT64" },
        { name: "none", data: ["x", null], type: "STRING" },
      ],
    });
    const { columns, records } = await read(new Uint8Array(bytes), "data.parquet");
    expect(columns).toEqual(["query", "pos", "score", "id", "none"]);
    expect(records).toEqual([
      { fields: ["one", ["a", "b"], "0.5", "1234567890123456781", "x"], line: 1 },
      { fields: ["two", ["c"], "", "2", ""], line: 2 },
    ]);
  });

  it("a damaged, gzipped or piped file is refused with what to do", async () => {
    const bytes = readFileSync(field("pairs.parquet"));
    const cut = await userErrorOf(read(bytes.subarray(0, 9000), "cut.parquet"));
    expect(cut.code).toBe("bad-parquet");
    const zipped = await userErrorOf(read(gzipSync(bytes), "data.parquet.gz"));
    expect(zipped.hint).toContain("gunzip");
  });
});

describe("UTF-16", () => {
  it("is read by its byte-order mark, in either order, with characters of two units", async () => {
    const text = `\ufeffquestion\tanswer\n${"a 😀 b\tü\n".repeat(20_000)}`;
    const little = Buffer.from(text, "utf16le");
    for (const bytes of [little, Buffer.from(little).swap16()]) {
      const { records, description, columns } = await read(bytes, "excel.csv");
      expect(columns).toEqual(["question", "answer"]);
      expect(description).toContain("utf-16");
      expect(records).toHaveLength(20_000);
      expect(records.every(({ fields }) => fields[0] === "a 😀 b" && fields[1] === "ü")).toBe(true);
    }
  });

  it("half a character is an error with its line", async () => {
    const bytes = Buffer.concat([
      Buffer.from("\ufeffquestion\tanswer\na\tb\nc", "utf16le"),
      Buffer.from([0x3d, 0xd8, 0x61, 0]),
    ]);
    expect(await userErrorOf(read(bytes))).toMatchObject({
      code: "invalid-utf16",
      at: { line: 3 },
    });
    const odd = Buffer.concat([
      Buffer.from("\ufeffquestion\tanswer\na\tb\n", "utf16le"),
      Buffer.from([65]),
    ]);
    expect((await userErrorOf(read(odd))).code).toBe("invalid-utf16");
  });
});

describe("one reading for every command", () => {
  it.each([
    "array-objects.json",
    "utf16-excel.csv",
    "excel-sep-line.csv",
    "backslash-quotes.csv",
    "st-array-lines.jsonl",
  ])("%s: 12 pairs in training, inspection and embedding", async (name) => {
    const data = await loadDataset(field(name), { as: ["pair"] });
    expect(data.rows).toHaveLength(12);
    const { files } = await inspectFiles([field(name)]);
    expect(files[0]).toMatchObject({ kinds: ["pair"], rows: 12, roles: data.columns });
    const column = [data.columns.positive ?? []].flat()[0];
    const texts = await openSourceTexts(field(name), { column });
    const rows = await collect(texts.rows());
    expect(rows.map(({ text }) => text)).toEqual(
      data.rows.map((row) => ("positive" in row ? row.positive : "")),
    );
  });

  it("scored pairs of sentence-transformers", async () => {
    const { kind, rows } = await fieldRows("st-texts-label.jsonl");
    expect([kind, rows.length]).toEqual(["scored-pair", 12]);
    const { files } = await inspectFiles([field("st-texts-label.jsonl")]);
    expect(files[0]).toMatchObject({ kinds: ["scored-pair"], rows: 12 });
  });

  it("LlamaIndex's file gives pairs", async () => {
    const { kind, rows } = await fieldRows("llamaindex-qa.json");
    expect([kind, rows.length]).toEqual(["pair", 12]);
  });
});
