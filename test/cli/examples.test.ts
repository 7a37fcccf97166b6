import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { EmbeddingModel } from "ai";
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from "vitest";
import { embed } from "../../src/jobs/embed.js";
import type { EmbeddingModel as OwnModel } from "../../src/jobs/embedding-model.js";
import { embeddingModel } from "../../src/jobs/embedding-model.js";
import { exportModel } from "../../src/jobs/export.js";
import { type LoadedModel, loadModel } from "../../src/jobs/load-model.js";
import { freshFolder, root, writeIn } from "../support/cli.js";

const name = join(root, "test", "fixtures", "encoders", "bert-torchscript-14");
const query = "I cannot log in";
const documents = ["Click on forgot password.", "We ship within two days.", "Bananas are yellow."];

type Printed = Readonly<Record<string, unknown>>;

/** What examples print, run as they stand, one after another in one process. */
function printed(...files: readonly string[]): readonly Printed[] {
  const scripts = files.map((file) => pathToFileURL(join(root, "examples", file)).href);
  const code = scripts.map((script) => `await import("${script}");`).join("");
  const args = ["--input-type=module", "-e", code, "example", name];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  expect(stderr).toBe("");
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

let model: LoadedModel;
let aiSdk: Printed;
let langchain: Printed;

/** embtune's own vector of a text. */
const vectorOf = async (text: string): Promise<number[]> =>
  Array.from((await model.encode([text])).data);

beforeAll(async () => {
  model = await loadModel(name, { threads: 1 });
  [aiSdk, langchain] = printed("ai-sdk/embed.js", "langchain/retrieve.js");
});
afterAll(() => model.release());

describe("the Vercel AI SDK", () => {
  it("embeds as embtune does, and counts the tokens", async () => {
    const { best, scores, tokens, embedding } = aiSdk;
    expect(embedding).toEqual(await vectorOf(query));
    expect(best).toBe(documents[(scores as number[]).indexOf(Math.max(...(scores as number[])))]);
    expect(tokens).toBe(model.tokenize(documents).reduce((sum, { length }) => sum + length, 0));
  });

  it("takes the model by its type", () => {
    expectTypeOf<OwnModel>().toExtend<EmbeddingModel>();
    expectTypeOf<OwnModel<"v3">>().toExtend<EmbeddingModel>();
  });

  it("gets fewer dimensions of length 1, is refused more, and stops when it is told to", async () => {
    const own = embeddingModel(name, { threads: 1, specification: "v3" });
    expect(own.specificationVersion).toBe("v3");
    const { embeddings } = await own.doEmbed({ values: [query], dimensions: 8 });
    expect(Math.hypot(...embeddings[0])).toBeCloseTo(1, 12);
    const whole = await vectorOf(query);
    expect(embeddings[0][3] / embeddings[0][0]).toBeCloseTo(whole[3] / whole[0], 5);
    await expect(own.doEmbed({ values: [query], dimensions: 10_000 })).rejects.toThrow(
      /dimensions must be a whole number from 1 to/,
    );
    const abortSignal = AbortSignal.abort();
    await expect(own.doEmbed({ values: [query], abortSignal })).rejects.toThrow(/interrupted/);
    await own.release();
  });
});

describe("LangChain.js", () => {
  it("finds and embeds by EmbtuneEmbeddings as embtune does", async () => {
    const { best, embedding } = langchain;
    expect(embedding).toEqual(await vectorOf(query));
    const own = await vectorOf(query);
    const scores = await Promise.all(
      documents.map(async (text) =>
        (await vectorOf(text)).reduce((sum, x, i) => sum + x * own[i], 0),
      ),
    );
    expect(best).toBe(documents[scores.indexOf(Math.max(...scores))]);
  });
});

const stores = [
  ["duckdb", "parquet", "@duckdb/node-api"],
  ["pglite", "jsonl", "@electric-sql/pglite-pgvector"],
  ["lancedb", "jsonl", "@lancedb/lancedb"],
  ["sqlite-vec", "jsonl", "sqlite-vec"],
] as const;

/** Too heavy for every checkout: npm install --no-save brings one; sqlite-vec's example wants the SQLite of Node 22. */
const isInstalled = (store: string, name: string): boolean =>
  existsSync(join(root, "node_modules", name)) &&
  (store !== "sqlite-vec" || Number(process.versions.node.split(".")[0]) >= 22);

describe.each(stores)("%s on .%s (needs %s)", (store, extension, needed) => {
  it.skipIf(!isInstalled(store, needed))("finds by the cosines of the vectors", async () => {
    const folder = freshFolder();
    const texts = writeIn(folder, "texts.txt", documents.join("\n"));
    const out = join(folder, `vectors.${extension}`);
    await embed({ data: texts, out, model: name, threads: 1 });
    const script = join(root, "examples", "vector-stores", `${store}.js`);
    const args = [script, out, query, name];
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
    const rows = JSON.parse(stdout || stderr) as { text: string; score: number }[];
    const [asked, ...others] = await Promise.all([query, ...documents].map(vectorOf));
    const expected = others
      .map((own, i) => ({
        text: documents[i],
        score: own.reduce((sum, x, j) => sum + x * asked[j], 0),
      }))
      .sort((a, b) => b.score - a.score);
    expect(rows.map(({ text }) => text)).toEqual(expected.map(({ text }) => text));
    for (const [i, { score }] of expected.entries()) expect(rows[i].score).toBeCloseTo(score, 5);
  });
});

const needed = "@lancedb/lancedb";

describe(`the huggingface function of LanceDB (needs ${needed})`, () => {
  it.skipIf(!isInstalled("lancedb", needed))(
    "has the vectors of embtune for texts of several lengths in a batch, from the fastembed form",
    async () => {
      const folder = freshFolder();
      const to = join(folder, "exported");
      await exportModel({ model: name, to, format: "fastembed" });
      const lines = documents.map((text) => JSON.stringify({ text }));
      const texts = writeIn(folder, "texts.jsonl", lines.join("\n"));
      const script = join(root, "examples", "vector-stores", "lancedb-huggingface.js");
      const args = [script, texts, query, to];
      const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
      const rows = JSON.parse(stdout || stderr) as { text: string; vector: number[] }[];
      expect(new Set(rows.map(({ text }) => text))).toEqual(new Set(documents));
      for (const { text, vector } of rows) {
        const own = await vectorOf(text);
        expect(vector).toHaveLength(own.length);
        for (const [i, x] of own.entries()) expect(vector[i]).toBeCloseTo(x, 5);
      }
    },
  );
});
