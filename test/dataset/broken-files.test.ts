import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inspectFiles } from "../../src/dataset/inspect/inspect-files.js";
import { loadDataset } from "../../src/dataset/load-dataset.js";
import { rowTable } from "../../src/dataset/prepare/row-table.js";
import { planSplit } from "../../src/dataset/split-file/plan-split.js";
import { writeSplit } from "../../src/dataset/split-file/write-split.js";
import { writeTable } from "../../src/dataset/writers/table-file.js";
import { UserError } from "../../src/errors/user-error.js";
import { prepareFile } from "../../src/jobs/prepare.js";
import { field } from "./field.js";
import { temporaryFile, temporaryFolder, userErrorOf } from "./temporary-files.js";

/** Errors about a place in a file. */
const placed = new Set([
  "stray-quote",
  "unclosed-quote",
  "ragged-rows",
  "broken-json",
  "invalid-utf8",
  "utf16",
  "invalid-utf16",
  "record-too-long",
  "wrong-type",
  "bad-score",
  "bad-margin",
  "unknown-labels",
]);

interface Broken {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const encoder = new TextEncoder();
const broken =
  (name: string) =>
  (content: string | Uint8Array): Broken => ({
    name,
    bytes: typeof content === "string" ? encoder.encode(content) : content,
  });

const word = fc.constantFrom("a", "b c", "é", '"x"', "1", "0.5", "", "say, you", "entailment");
const header = fc
  .array(fc.constantFrom("anchor", "positive", "anchor", "", "label", "score", "text", "x"), {
    minLength: 1,
    maxLength: 5,
  })
  .map((names) => names.join(","));
const rows = fc
  .array(fc.array(word, { minLength: 1, maxLength: 5 }), { maxLength: 12 })
  .map((all) => all.map((cells) => cells.join(",")).join("\n"));
const sound = "anchor,positive\nfirst question,an answer\nsecond question,another\nthird,more\n";

/** Puts something into the text at a place. */
const spoilt = (what: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(fc.constant(sound.repeat(3)), what, fc.nat(sound.length * 3))
    .map(([text, piece, at]) => text.slice(0, at) + piece + text.slice(at));

const parquet = readFileSync(field("pairs.parquet"));
const jsonRows = Array.from({ length: 6 }, (_, i) => ({
  anchor: `question ${i}`,
  positive: [`answer ${i}`, `another ${i}`],
}));
const documents = [
  JSON.stringify(jsonRows, null, 1),
  JSON.stringify({ data: jsonRows }),
  jsonRows.map((row) => JSON.stringify(row, null, 2)).join("\n"),
  readFileSync(field("llamaindex-qa.json"), "utf8"),
];

/** Puts something into a JSON document at a place. */
const spoiltJson = (what: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(fc.constantFrom(...documents), what, fc.nat(900))
    .map(([text, piece, at]) => text.slice(0, at) + piece + text.slice(at));

const brokenFile: fc.Arbitrary<Broken> = fc.oneof(
  fc.uint8Array({ maxLength: 600 }).map(broken("bytes.csv")),
  fc
    .uint8Array({ maxLength: 600 })
    .map((bytes) => broken("bytes.gz")(Uint8Array.of(31, 139, ...bytes))),
  fc.nat(200).map((end) => broken("cut.csv.gz")(gzipSync(sound.repeat(9)).subarray(0, end))),
  fc.tuple(fc.nat(90), fc.nat(255)).map(([at, byte]) => {
    const bytes = Uint8Array.from(gzipSync(sound.repeat(9)));
    if (at < bytes.length) bytes[at] = byte;
    return broken("flipped.csv.gz")(bytes);
  }),
  spoilt(fc.constantFrom('"', '""', '"a"b', ',"', '"\n')).map(broken("quotes.csv")),
  spoilt(fc.constantFrom("\u0000", "\u0000\u0000a", "\r", "\u2028", "\ufeff")).map(
    broken("control.csv"),
  ),
  spoilt(fc.integer({ min: 9000, max: 60_000 }).map((n) => "long ".repeat(n / 5))).map(
    broken("huge.csv"),
  ),
  spoilt(fc.constantFrom(",", ",,,", "\n\n", "a,b,c\n", "\t", "|")).map(broken("columns.csv")),
  fc.tuple(header, rows).map(([names, all]) => broken("table.csv")(`${names}\n${all}\n`)),
  fc
    .tuple(header, rows)
    .map(([names, all]) => broken("table.tsv")(`${names}\n${all}`.replaceAll(",", "\t"))),
  fc
    .array(
      fc.oneof(
        fc.jsonValue({ maxDepth: 2 }),
        fc.record({ anchor: fc.jsonValue({ maxDepth: 1 }), positive: word }),
      ),
      { minLength: 1, maxLength: 8 },
    )
    .map((values) => broken("types.jsonl")(values.map((v) => JSON.stringify(v)).join("\n"))),
  spoilt(fc.constant("x")).map((text) => broken("utf16.csv")(Buffer.from(text, "utf16le"))),
  spoilt(fc.constantFrom("x", "\ud83d", "\u0000", '"')).map((text) =>
    broken("marked.csv")(Buffer.from(`\ufeff${text}`, "utf16le")),
  ),
  fc.tuple(fc.nat(400), fc.nat(255)).map(([at, byte]) => {
    const bytes = Buffer.from(`\ufeff${sound}`, "utf16le").swap16();
    if (at < bytes.length) bytes[at] = byte;
    return broken("flipped16.csv")(bytes);
  }),
  spoiltJson(fc.constantFrom('"', "[", "]", "{", "}", ",", ":", "\\", "\n", "nul", "NaN", "é")).map(
    broken("document.json"),
  ),
  fc
    .tuple(fc.constantFrom(...documents), fc.nat(300))
    .map(([text, end]) => broken("cut.json")(text.slice(0, end))),
  fc.jsonValue({ maxDepth: 4 }).map((value) => broken("any.json")(JSON.stringify(value, null, 1))),
  fc
    .array(fc.array(fc.oneof(word, fc.integer(), fc.constant(null)), { maxLength: 4 }), {
      maxLength: 8,
    })
    .map((lists) => broken("lists.jsonl")(lists.map((list) => JSON.stringify(list)).join("\n"))),
  fc.tuple(fc.nat(1), fc.nat(2000), fc.nat(255)).map(([from, at, byte]) => {
    const bytes = Uint8Array.from(parquet);
    bytes[from === 0 ? at : bytes.length - 1 - at] = byte;
    return broken("flipped.parquet")(bytes);
  }),
  fc.nat(14_000).map((end) => broken("cut.parquet")(parquet.subarray(0, end))),
  spoilt(fc.constantFrom("caf\u00e9", "\u0093x\u0094")).map((text) =>
    broken("latin.csv")(Buffer.from(text, "latin1")),
  ),
);

async function outcome(file: string, work: Promise<unknown>): Promise<"done" | "refused"> {
  try {
    await work;
    return "done";
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    expect(error.message).not.toBe("");
    expect(error.at?.file ?? file).toBe(file);
    if (error.exitCode === 1) expect(error.at?.file).toBe(file);
    if (placed.has(error.code)) expect(error.at?.line ?? 0).toBeGreaterThan(0);
    return "refused";
  }
}

describe("300 broken files", () => {
  it("are read as rows that add up, or refused with file and line, and leave no part of an output", async () => {
    const seen = { done: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(
        brokenFile,
        fc.constantFrom("pairs", "classes", "scored-pairs" as const),
        async ({ name, bytes }, target) => {
          const file = temporaryFile(bytes, name);
          const load = async () => {
            const { account, rows: read } = await loadDataset(file);
            expect(account.kept + account.dropped.reduce((sum, { count }) => sum + count, 0)).toBe(
              account.read,
            );
            const lines =
              bytes[0] === 31 || name.endsWith(".json") || name.endsWith(".parquet")
                ? Number.POSITIVE_INFINITY
                : bytes.filter((b) => b === 10 || b === 13).length + 1;
            for (const { line } of read) expect(line).toBeLessThanOrEqual(lines);
          };
          const out = temporaryFolder();
          const prepare = async () => {
            const { data } = await prepareFile(file, target as "pairs", {
              clean: true,
              dedupe: true,
            });
            await writeTable(join(out, "out.csv"), rowTable(data));
          };
          const split = async () =>
            writeSplit(await planSplit(file, { eval: 0.3 }), join(out, "parts"));
          seen[await outcome(file, load())] += 1;
          await outcome(file, inspectFiles([file]));
          const made = [await outcome(file, prepare()), await outcome(file, split())];
          const names = ["out.csv", "parts"].filter((_, i) => made[i] === "done");
          expect(readdirSync(out).sort()).toEqual(names);
        },
      ),
      { numRuns: 300 },
    );
    expect(seen.done).toBeGreaterThan(25);
    expect(seen.refused).toBeGreaterThan(25);
  }, 180_000);

  it.each([
    ["a cell", "cell.csv", (text: string) => `anchor,positive\nq,"${text}"\n`, 2],
    ["a line", "line.txt", (text: string) => `first\n${text}\n`, 2],
    ["a value", "value.json", (text: string) => `[\n{"text": "a"},\n{"text": "${text}"}]`, 3],
    ["a line of JSON", "line.jsonl", (text: string) => `{"text": "a"}\n{"text": "${text}"}\n`, 2],
  ])(
    "%s above the limit is an error that names it and the line, gzipped too",
    async (_, name, content, line) => {
      const text = content("some words ".repeat(1_600_000));
      for (const file of [
        temporaryFile(text, name),
        temporaryFile(gzipSync(text, { level: 1 }), `${name}.gz`),
      ]) {
        const error = await userErrorOf(loadDataset(file));
        expect(error.message).toContain("longer than 16 MiB");
        expect(error.at?.line).toBe(line);
      }
    },
    60_000,
  );

  it("a million columns are an error that lists none of them", async () => {
    const names = Array.from({ length: 1_000_000 }, (_, i) => `column${i}`).join(",");
    const started = performance.now();
    const error = await userErrorOf(loadDataset(temporaryFile(`${names}\n${names}\n`)));
    expect(error.code).toBe("too-many-columns");
    expect(error.message.length).toBeLessThan(200);
    // Measured 1 s; the bound leaves room for a busy machine.
    expect(performance.now() - started).toBeLessThan(15_000);
  }, 30_000);

  it("a quote that swallows the rest of a large file is an error, not a hang", async () => {
    const file = temporaryFile(
      `anchor,positive\n"open,x\n${"a text,another text\n".repeat(1_000_000)}`,
    );
    expect(await outcome(file, loadDataset(file))).toBe("refused");
  }, 30_000);
});
