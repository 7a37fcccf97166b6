import { describe, expect, it } from "vitest";
import { loadDataset } from "../../../src/dataset/load-dataset.js";
import { openRecords } from "../../../src/dataset/readers/open-records.js";
import { collect, temporaryFile, userErrorOf } from "../temporary-files.js";

const first = (i: number): string => `how do I mend the sail of boat ${i}`;
const second = (i: number): string => `sew the seam, then wax it (${i})`;
const lines = (row: (i: number) => string, count = 8): string =>
  Array.from({ length: count }, (_, i) => `${row(i)}\n`).join("");

async function pairs(content: string | Uint8Array, name?: string) {
  const { kind, rows, account } = await loadDataset(temporaryFile(content, name));
  return { kind, count: rows.length, row: rows[1], notes: account.notes.join("\n") };
}

describe("read", () => {
  it("answers that were chosen and rejected, as positive and negative", async () => {
    const text = lines((i) =>
      JSON.stringify({ prompt: first(i), chosen: second(i), rejected: `leave it ${i}` }),
    );
    const { kind, row } = await pairs(text, "preferences.jsonl");
    expect([kind, row]).toMatchObject([
      "pair",
      { anchor: first(1), positive: second(1), negatives: ["leave it 1"] },
    ]);
  });

  it("prompt and completion, review and sentiment", async () => {
    const completed = lines((i) => JSON.stringify({ prompt: first(i), completion: second(i) }));
    expect((await pairs(completed)).row).toMatchObject({ positive: second(1) });
    const reviews = `review,sentiment\n${lines((i) => `"${second(i)}",${i % 2 ? "good" : "bad"}`)}`;
    expect(await pairs(reviews)).toMatchObject({ kind: "classed", row: { label: "good" } });
  });

  it("comments before a table, told in a note", async () => {
    const { row, count, notes } = await pairs(
      `# made by a tool\n# in spring\nquestion,answer\n${lines((i) => `${first(i)},"${second(i)}"`)}`,
    );
    expect([count, row]).toMatchObject([8, { anchor: first(1), positive: second(1), line: 5 }]);
    expect(notes).toContain("the first 2 lines begin with # and are passed over as comments");
  });

  it("a header that begins with #, and texts that do", async () => {
    const table = await pairs(`#question,answer\n${lines((i) => `${first(i)},so it is ${i}`)}`);
    expect(table).toMatchObject({ kind: "pair", count: 8 });
    const texts = await pairs(
      lines((i) => `# ${first(i)}`),
      "texts.txt",
    );
    expect(texts).toMatchObject({ kind: "text", count: 8 });
  });

  it("blanks between a comma and a quote", async () => {
    const text = `question, answer\n${lines((i) => `"${first(i)}", "${second(i)}"`)}`;
    expect((await pairs(text)).row).toMatchObject({ anchor: first(1), positive: second(1) });
  });

  it("a JSON string a line, without its quotes", async () => {
    const text = lines((i) => JSON.stringify(`"so" it is\n${i}`));
    expect((await pairs(text, "texts.jsonl")).row).toMatchObject({ text: '"so" it is\n1' });
  });

  it("Western European letters in Windows-1252", async () => {
    const text = `frage,antwort\n${lines((i) => `wie öffne ich die Tür ${i},mit dem Schlüssel für das Tor ${i}`)}`;
    const { row } = await pairs(Buffer.from(text, "latin1"));
    expect(row).toMatchObject({ anchor: "wie öffne ich die Tür 1" });
  });
});

describe("refused by name", () => {
  it.each([
    [
      "an XML file",
      `<?xml version="1.0"?>\n<rows>\n${lines((i) => `<q>${first(i)}</q>`)}</rows>\n`,
    ],
    [
      "a table of Markdown",
      `| question | answer |\n|---|:--|\n${lines((i) => `| ${first(i)} | yes |`)}`,
    ],
    ["labelled lines of fastText", lines((i) => `__label__boats ${first(i)}`)],
  ])("%s", async (name, content) => {
    const error = await userErrorOf(openRecords(temporaryFile(content, "some.txt")));
    expect(error).toMatchObject({ code: "foreign-file" });
    expect(error.message).toContain(name);
    expect(error.hint).not.toContain("FILE");
  });

  it.each([
    ["[\n{question: 'a', answer: 'b'},\n{question: 'c', answer: 'd'}\n]"],
    ['{question: "a", answer: "b"}\n{question: "c", answer: "d"}\n'],
  ])("objects of JavaScript: %s", async (content) => {
    const error = await userErrorOf(openRecords(temporaryFile(content, "rows.json")));
    expect(error.code).toBe("javascript-literals");
  });

  it("texts in braces and brackets are texts all the same", async () => {
    const text = lines((i) => `{name}: ${first(i)}`);
    expect(await pairs(text, "templates.txt")).toMatchObject({ kind: "text", count: 8 });
  });

  it.each([
    ["windows-1251", Buffer.from("e2eeeff0eef13be7e0eff0eef10d0a", "hex")],
    ["GBK", Buffer.from("cecac4fac0b43bb4f0b0b8cac70a", "hex")],
  ])("letters of another script in %s, which no Western text has", async (_, line) => {
    const error = await userErrorOf(
      openRecords(temporaryFile(Buffer.concat(Array(12).fill(line)))).then((source) =>
        collect(source.records()),
      ),
    );
    expect(error.code).toBe("invalid-utf8");
    expect(error.hint).toContain("iconv");
  });

  it("rows whose texts lie in objects, without a hint that leads nowhere", async () => {
    const nested = { data: [{ title: "Boats", paragraphs: [{ qas: [{ question: first(0) }] }] }] };
    const read = loadDataset(temporaryFile(JSON.stringify(nested), "nested.json"));
    const { code, hint } = await userErrorOf(read);
    expect([code, hint]).toEqual(["nested-rows", expect.not.stringContaining("--columns")]);
  });
});

describe("told of", () => {
  it.each([
    ["^", "--delimiter ^"],
    ["=>", "sed 's/=>/\\t/g'"],
  ])("%s in each line of a file of texts, and the option works", async (sign, advice) => {
    const text = lines((i) => `${first(i)}${sign}so it is ${i}`);
    const file = temporaryFile(text, "signs.txt");
    const { kind, account } = await loadDataset(file);
    expect([kind, account.notes.join()]).toEqual(["text", expect.stringContaining(advice)]);
    if (sign.length === 1)
      expect((await loadDataset(file, { reader: { delimiter: sign } })).kind).toBe("pair");
  });
});
