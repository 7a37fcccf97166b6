import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readVectors } from "../../src/embeddings/read-vectors.js";
import { embed } from "../../src/jobs/embed.js";
import { mergeEmbeddings } from "../../src/jobs/merge.js";
import type { Matrix } from "../../src/math/tensor.js";
import { freshFolder, root, writeIn } from "../support/cli.js";

const folder = freshFolder();
const model = join(root, "test", "fixtures", "encoders", "bert-torchscript-14");
const texts = ['a "quoted", text', "two lines", "third", "the fourth text of five", "last"];
const data = writeIn(folder, "t.jsonl", texts.map((text) => JSON.stringify({ text })).join("\n"));

async function written(name: string, more = {}): Promise<Matrix> {
  const out = join(folder, name);
  await embed({ data, out, model, ...more });
  return readVectors(out);
}

describe("readVectors", () => {
  it.each([".jsonl", ".csv", ".safetensors", ".fvecs", ".pgvector", ".tsv", ".parquet"])(
    "reads what embed writes as %s: the vectors of the .npy file",
    async (extension) => {
      const wanted = await written(`wanted-${extension.slice(1)}.npy`);
      const read = await written(`v${extension}`);
      expect([read.rows, read.cols]).toEqual([5, wanted.cols]);
      expect(Math.max(...read.data.map((x, i) => Math.abs(x - wanted.data[i])))).toBeLessThan(1e-7);
    },
  );

  it.each([
    ["float16", ".npy", 1e-3],
    ["float16", ".pgvector", 1e-3],
    ["int8", ".safetensors", 0.02],
    ["int8", ".parquet", 0.02],
  ])("reads %s of %s near to the float32", async (dtype, extension, most) => {
    const wanted = await written(`f-${dtype}${extension}.npy`);
    const read = await written(`n-${dtype}${extension}`, { dtype });
    const far = Math.max(...read.data.map((x, i) => Math.abs(x - wanted.data[i])));
    expect(far).toBeLessThan(most);
    expect(far).toBeGreaterThan(0);
  });

  it("reads binary as signs", async () => {
    const wanted = await written("b-wanted.npy");
    const read = await written("b.npy", { dtype: "binary" });
    expect(Array.from(read.data)).toEqual(Array.from(wanted.data, (x) => (x > 0 ? 1 : -1)));
  });

  it("refuses a file that is not what its manifest says", async () => {
    await written("cut.npy");
    appendFileSync(join(folder, "cut.npy"), Buffer.alloc(4));
    await expect(readVectors(join(folder, "cut.npy"))).rejects.toMatchObject({
      code: "damaged-vectors",
    });
    await expect(readVectors(join(folder, "none.npy"))).rejects.toThrow();
  });
});

describe("a .pgvector file", () => {
  it("has the text and one column in pgvector's input form", async () => {
    await written("p.pgvector");
    const [header, first] = readFileSync(join(folder, "p.pgvector"), "utf8").split("\n");
    expect(header).toBe("text,embedding");
    expect(first).toMatch(/^"a ""quoted"", text","\[-?\d[\d.e,-]*\]"$/);
  });
});

describe("a .tsv file", () => {
  it("has its texts beside it, for the Embedding Projector, and shards make the whole", async () => {
    const whole = await written("vectors.tsv");
    const lines = (name: string) => readFileSync(join(folder, name), "utf8").split("\n");
    expect(lines("metadata.tsv")).toEqual([...texts, ""]);
    expect(lines("vectors.tsv")[0].split("\t")).toHaveLength(whole.cols);
    const files = [1, 2].map((part) => `s${part}.tsv`);
    for (const [i, name] of files.entries()) await written(name, { shard: `${i + 1}/2` });
    const out = join(folder, "merged.tsv");
    await mergeEmbeddings({ files: files.map((name) => join(folder, name)), out });
    expect(lines("merged.tsv")).toEqual(lines("vectors.tsv"));
    expect(lines("merged.metadata.tsv")).toEqual(lines("metadata.tsv"));
  });
});
