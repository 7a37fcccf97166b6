import { createHash } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openRecords } from "../../../src/dataset/readers/open-records.js";
import type { DataRecord, ReaderOptions } from "../../../src/dataset/readers/record-source.js";
import { UserError } from "../../../src/errors/user-error.js";
import { collect, temporaryFile, userErrorOf } from "../temporary-files.js";

interface Read {
  readonly columns: readonly string[];
  readonly records: readonly DataRecord[];
  readonly dialect: string;
  readonly warnings: readonly string[];
}

async function read(
  content: string | Uint8Array,
  name?: string,
  options?: ReaderOptions,
): Promise<Read> {
  const source = await openRecords(temporaryFile(content, name), options);
  const records = await collect(source.records());
  return {
    columns: source.columns,
    records,
    dialect: source.description,
    warnings: source.warnings(),
  };
}

const errorOf = (
  content: string | Uint8Array,
  name?: string,
  options?: ReaderOptions,
): Promise<UserError> => userErrorOf(read(content, name, options));

describe("comma-separated files", () => {
  it("reads RFC 4180 quoting and knows the physical line of every record", async () => {
    const { columns, records } = await read('anchor,positive\na,"b, ""c"""\n"d\r\ne\nf",g\n\nh,i');
    expect(columns).toEqual(["anchor", "positive"]);
    expect(records).toEqual([
      { fields: ["a", 'b, "c"'], line: 2 },
      { fields: ["d\r\ne\nf", "g"], line: 3 },
      { fields: ["h", "i"], line: 7 },
    ]);
  });

  it("reads a byte-order mark, CRLF and LF mixed, and a missing last line break", async () => {
    const { columns, records } = await read("\ufeffquery,answer\r\na,b\nc,d\r\ne,f");
    expect(columns).toEqual(["query", "answer"]);
    expect(records.map((r) => [...r.fields, r.line])).toEqual([
      ["a", "b", 2],
      ["c", "d", 3],
      ["e", "f", 4],
    ]);
  });

  it("ends records at a bare CR only where there is no LF", async () => {
    expect((await read("anchor,positive\ra,b\rc,d\r")).records.map((r) => r.line)).toEqual([2, 3]);
    expect((await read("anchor,positive\na\rb,c\n")).records[0]?.fields).toEqual(["a\rb", "c"]);
  });

  it("names unnamed columns", async () => {
    expect((await read(",text,label\n0,a,b\n1,c,d\n")).columns).toEqual([
      "column 1",
      "text",
      "label",
    ]);
  });

  it("gives the hash of the stored bytes", async () => {
    const content = gzipSync("anchor,positive\na,b\n");
    const source = await openRecords(temporaryFile(content, "data.csv.gz"));
    expect(await collect(source.records())).toHaveLength(1);
    expect(source.sha256()).toBe(createHash("sha256").update(content).digest("hex"));
  });

  it("warns about a very long field", async () => {
    const { warnings } = await read(`anchor,positive\n"${"x\n".repeat(30)}",b\n`);
    expect(warnings).toEqual([
      "line 2: a field has 60 characters on 31 lines; is a quote missing?",
    ]);
  });
});

describe("dialects found by evidence", () => {
  it.each([
    [
      "tabs in a .csv",
      "a.csv",
      "anchor\tpositive\nx, y\tz\nu\tv, w\n",
      'tab-separated, quotes ", header, utf-8',
    ],
    [
      "semicolons",
      "a.csv",
      "frage;antwort\na, b;c\nd;e\n",
      'semicolon-separated, quotes ", header, utf-8',
    ],
    ["bars", "a.txt", "query|answer\na|b\n", 'bar-separated, quotes ", header, utf-8'],
    [
      "unquoted tabs with quotes in them",
      "a.txt",
      'the "one"\t"two" he said\nb\tc "d"\n',
      "tab-separated, no quotes, no header, utf-8",
    ],
    [
      "quoted tabs",
      "a.tsv",
      '"a ""b"" c"\td\n"e, f"\tg h i\n',
      'tab-separated, quotes ", no header, utf-8',
    ],
    [
      "a number in the first row",
      "a.csv",
      "some words,3.5\nother words,4\n",
      'comma-separated, quotes ", no header, utf-8',
    ],
    [
      "plain text with commas",
      "a.txt",
      "Hello, you.\nNo comma here.\nOne, two, three.\n",
      "one text a line, utf-8",
    ],
    [
      "one column with a known name",
      "a.csv",
      'text\n"Hello, you."\nBye.\n',
      'comma-separated, quotes ", header, utf-8',
    ],
    [
      "JSON Lines",
      "a.csv",
      '{"query": "a", "pos": ["b"]}\n{"query": "c", "pos": []}\n',
      "JSON Lines, utf-8",
    ],
  ])("%s", async (_, name, content, dialect) => {
    expect((await read(content, name)).dialect).toBe(dialect);
  });

  it("lets the caller decide", async () => {
    const given = await read("a;b\nc;d\n", "a.csv", {
      delimiter: ";",
      header: false,
      quotes: false,
    });
    expect(given.columns).toEqual(["1", "2"]);
    expect(given.records).toHaveLength(2);
    expect((await errorOf("a,b\n", "a.csv", { delimiter: ";;" })).code).toBe("bad-delimiter");
  });

  it("allows absent trailing fields only in tab-separated files without a header", async () => {
    const rows = Array.from(
      { length: 40 },
      (_, i) => `${i}\tsome text\tother text${i % 4 ? "" : "\tsource"}`,
    );
    const { records, columns } = await read(rows.join("\n"), "a.tsv");
    expect(columns).toHaveLength(4);
    expect(records).toHaveLength(40);
    expect(records[1]?.fields).toEqual(["1", "some text", "other text", ""]);
  });

  it("reads Windows-1252 when enough speaks for it, and when told", async () => {
    const text = "anchor,positive\ncafé à la carte,où est-elle né\nÉté “déjà” vu,garçon\n";
    const bytes = Buffer.from(text.replaceAll("“", "\u0093").replaceAll("”", "\u0094"), "latin1");
    const { records, dialect } = await read(bytes);
    expect(dialect).toContain("windows-1252");
    expect(records[1]?.fields).toEqual(["Été “déjà” vu", "garçon"]);
    const one = Buffer.from("anchor,positive\ncaf\xe9,b\n", "latin1");
    expect((await read(one, "a.csv", { encoding: "windows-1252" })).records[0]?.fields).toEqual([
      "café",
      "b",
    ]);
  });
});

describe("JSON Lines and plain text", () => {
  it("reads texts, numbers, lists, null and what is absent", async () => {
    const { columns, records } = await read(
      '{"query":"a","pos":["b","c"],"score":1.5}\n\n{"query":null,"neg":{"x":1}}\n',
      "a.jsonl",
    );
    expect(columns).toEqual(["query", "pos", "score", "neg"]);
    expect(records).toEqual([
      { fields: ["a", ["b", "c"], "1.5", ""], line: 1 },
      { fields: ["", "", "", null], line: 3 },
    ]);
  });

  it("names the lines that are no objects", async () => {
    const error = await errorOf('{"text":"a"}\n[1]\n{"text":\n{"text":"b"}\n', "a.jsonl");
    expect(error.code).toBe("broken-json");
    expect(error.at?.line).toBe(2);
    expect(error.message).toContain("a list");
    expect(error.message).toContain(":3: ");
  });

  it("keeps empty lines of plain text as empty texts", async () => {
    const { records } = await read("One sentence.\r\n\nTwo, three.", "a.txt");
    expect(records.map((r) => [r.fields[0], r.line])).toEqual([
      ["One sentence.", 1],
      ["", 2],
      ["Two, three.", 3],
    ]);
  });
});

describe("broken files", () => {
  it("a missing file, with a near name", async () => {
    const file = temporaryFile("x", "train.csv");
    const error = await userErrorOf(openRecords(file.replace("train", "trian")));
    expect(error).toMatchObject({ code: "missing-file", exitCode: 2 });
    expect(error.hint).toContain("train.csv");
    const folder = await userErrorOf(openRecords(join(tmpdir(), "no-such-folder", "a.csv")));
    expect(folder.hint).toContain("does not exist");
  });

  it("a folder", async () => {
    const folder = mkdtempSync(join(tmpdir(), "embtune-folder-"));
    expect(await userErrorOf(openRecords(folder))).toMatchObject({
      code: "not-a-file",
      exitCode: 2,
    });
  });

  it.each(["", "\n\n", "\ufeff", gzipSync("")])("an empty file", async (content) => {
    expect(await errorOf(content)).toMatchObject({ code: "empty-file", exitCode: 1 });
  });

  it("a header only", async () => {
    const error = await errorOf("anchor,positive\n");
    expect(error.code).toBe("header-only");
    expect(error.message).toContain('"anchor", "positive"');
  });

  it("ragged rows, up to ten together", async () => {
    const rows = Array.from({ length: 30 }, (_, i) => (i % 2 ? "a,b" : "a,b,c"));
    const error = await errorOf(`anchor,positive\n${rows.join("\n")}\n`);
    expect(error.code).toBe("ragged-rows");
    expect(error.at?.line).toBe(2);
    expect(error.message).toContain("got 3 fields, expected 2");
    expect(error.message.split("\n")).toHaveLength(10);
    expect(error.message).toContain(":20: ");
  });

  it("an unclosed quote, on the line of the record that opens it", async () => {
    const error = await errorOf('anchor,positive\na,b\n"c\nd",e\nf,"g\nh,i\nj,k\n');
    expect(error).toMatchObject({ code: "unclosed-quote", at: { line: 5 } });
  });

  it("an unclosed quote in a large file, without reading all of it as one field", async () => {
    const row = `${"some words ".repeat(20)},b\n`;
    const content = `anchor,positive\n${row.repeat(10)}"c,d\n${row.repeat(100_000)}`;
    expect(await errorOf(content)).toMatchObject({ code: "unclosed-quote", at: { line: 12 } });
  }, 20_000);

  it("a stray quote", async () => {
    const error = await errorOf('anchor,positive\n"a","b"\n"c" d,e\n');
    expect(error).toMatchObject({ code: "stray-quote", at: { line: 3 } });
    expect(error.hint).toContain("--no-quotes");
  });

  it("invalid UTF-8, with line and byte, also where a chunk ends", async () => {
    const error = await errorOf(
      Buffer.concat([
        Buffer.from("anchor,positive\na,ü\nb,"),
        Buffer.from([0xc3, 0x28]),
        Buffer.from("\n"),
      ]),
    );
    expect(error).toMatchObject({ code: "invalid-utf8", at: { line: 3 } });
    expect(error.message).toContain("0xC3 (byte 24 of the file)");
    const cut = await errorOf(
      Buffer.concat([Buffer.from("anchor,positive\na,b\n"), Buffer.from([0xe2, 0x82])]),
    );
    expect(cut).toMatchObject({ code: "invalid-utf8", at: { line: 3 } });
  });

  it("reads characters that lie across chunks", async () => {
    const row = "äöü€😀,b\n";
    const { records } = await read(`anchor,positive\n${row.repeat(60_000)}`);
    expect(records).toHaveLength(60_000);
    expect(records.every((r) => r.fields[0] === "äöü€😀")).toBe(true);
  });

  it("UTF-16 and zero bytes", async () => {
    const bare = Buffer.from("anchor,positive\na,b\n", "utf16le");
    expect(await errorOf(bare)).toMatchObject({ code: "utf16", at: { line: 1 } });
    const told = await read(bare, "data.csv", { encoding: "utf-16le" });
    expect(told.records).toEqual([{ fields: ["a", "b"], line: 2 }]);
    expect(await errorOf("anchor,positive\na,b\nc,\0\n")).toMatchObject({
      code: "utf16",
      at: { line: 3 },
    });
  });

  it("a truncated gzip file", async () => {
    const whole = gzipSync(`anchor,positive\n${"a,b\n".repeat(1000)}`);
    expect(await errorOf(whole.subarray(0, whole.length - 10), "a.csv.gz")).toMatchObject({
      code: "broken-gzip",
    });
  });
});

describe("any bytes", () => {
  const pieces = fc.constantFrom(
    "anchor,positive\n",
    "a,b\n",
    '"',
    '""',
    ",",
    "\t",
    ";",
    "|",
    "\n",
    "\r\n",
    "\r",
    "{",
    "}",
    '{"text":"a"}\n',
    "[1]\n",
    "\0",
    "\ufeff",
    "é",
    " ",
    "text",
    "label\n",
    "1.5",
    "-",
    "#",
  );

  it("are rows or a UserError", async () => {
    const text = fc.array(pieces, { maxLength: 30 }).map((parts) => Buffer.from(parts.join("")));
    const bytes = fc.uint8Array({ maxLength: 200 }).map((b) => Buffer.from(b));
    const squeezed = fc.oneof(text, bytes).map((b) => gzipSync(b));
    const broken = fc
      .tuple(squeezed, fc.nat(40))
      .map(([b, n]) => b.subarray(0, Math.max(2, b.length - n)));
    const name = fc.constantFrom("a.csv", "a.tsv", "a.txt", "a.jsonl", "a.csv.gz");
    await fc.assert(
      fc.asyncProperty(fc.oneof(text, bytes, squeezed, broken), name, async (content, fileName) => {
        try {
          const { records, columns } = await read(content, fileName);
          for (const { fields } of records) expect(fields).toHaveLength(columns.length);
        } catch (error) {
          if (!(error instanceof UserError)) throw error;
          expect(error.at?.file).toContain(fileName);
        }
      }),
      { numRuns: 400 },
    );
  });

  it("that were written as CSV come back", async () => {
    const cell = fc
      .array(fc.constantFrom("a", "é", '"', ",", "\n", "\t", ";", " ", "😀"), {
        minLength: 1,
        maxLength: 6,
      })
      .map((p) => p.join(""));
    const quoted = (value: string): string => `"${value.replaceAll('"', '""')}"`;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 20 }),
        async (rows) => {
          const body = rows.map((row) => row.map(quoted).join(",")).join("\r\n");
          const { records } = await read(`anchor,positive\r\n${body}\r\n`);
          expect(records.map((r) => r.fields)).toEqual(rows);
        },
      ),
      { numRuns: 100 },
    );
  });
});
