import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { fittingOptions } from "../../src/dataset/fitting-options.js";

const folder = mkdtempSync(join(tmpdir(), "fitting-"));

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const said = {
  columns: { anchor: "ask", positive: "say", label: "" },
  reader: { delimiter: ";", ignore: ["when"] },
};

it("passes named columns, ignored ones and the dialect on to a file with the same header", async () => {
  const path = file("same.csv", "when;ask;say\n1;a;b\n");
  expect(await fittingOptions(path, said, "train.csv.gz")).toEqual(said);
});

it("passes nothing on that a file does not have", async () => {
  const path = file("other.jsonl", '{"q":"a","say":"b"}\n{"q":"c","say":"d"}\n');
  expect(await fittingOptions(path, said, "train.csv")).toEqual({
    columns: { positive: "say", label: "" },
    reader: { ignore: [] },
  });
});

it("reads a file by its own evidence where the other's dialect takes it for one column", async () => {
  const path = file("commas.csv", "ask,say\na,b\nc,d\n");
  const { reader } = await fittingOptions(path, { reader: { delimiter: "|" } }, "train.csv");
  expect(reader?.delimiter).toBeUndefined();
});

it("keeps what is said of bytes where it finds columns, though commas of the texts would make more", async () => {
  const path = file("bars.csv", "id|text\n1|late, broken, lost\n2|new, whole, found\n");
  const said = { reader: { delimiter: "|" } };
  expect((await fittingOptions(path, said, "train.csv")).reader).toMatchObject(said.reader);
});

it("reads a file itself as it is said, whatever its own evidence", async () => {
  const path = file("own.csv", "late,broken\nnew,whole\n");
  const said = { reader: { delimiter: "|" } };
  expect((await fittingOptions(path, said)).reader).toEqual(said.reader);
});
