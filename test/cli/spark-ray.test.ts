import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { asyncBufferFromFile, parquetReadObjects } from "hyparquet";
import { beforeAll, describe, expect, it } from "vitest";
import { exportModel } from "../../src/jobs/export.js";
import { type LoadedModel, loadModel } from "../../src/jobs/load-model.js";
import { freshFolder, root, writeIn } from "../support/cli.js";

const python = process.env.EMBTUNE_SCALE_PYTHON;
const name = join(root, "test", "fixtures", "encoders", "bert-torchscript-14");
const cwd = freshFolder();
const texts = Array.from({ length: 40 }, (_, i) => `text ${"number ".repeat(i % 4)}${i}`);

const scripts = [
  ["embed_spark.py", []],
  ["embed_ray.py", ["1"]],
] as const;

/** The rows of all parts of a folder. */
async function rowsOf(folder: string) {
  const parts = readdirSync(folder).filter((file) => file.endsWith(".parquet"));
  const files = parts.map((part) => asyncBufferFromFile(join(folder, part)));
  const tables = files.map(async (file) => parquetReadObjects({ file: await file }));
  return (await Promise.all(tables)).flat() as { text: string; embedding: number[] }[];
}

describe.skipIf(python === undefined)(
  "examples/scale (needs EMBTUNE_SCALE_PYTHON, a Python with pyspark, ray[data], onnxruntime and tokenizers)",
  () => {
    let model: LoadedModel;
    beforeAll(async () => {
      model = await loadModel(name, { threads: 1 });
      await exportModel({ model: name, to: join(cwd, "model"), format: "fastembed" });
      writeIn(cwd, "texts.txt", texts.join("\n"));
      return () => model.release();
    });

    it.each(scripts)("%s writes embtune's vectors", { timeout: 300_000 }, async (script, more) => {
      const path = join(root, "examples", "scale", script);
      const args = [path, "texts.txt", join(cwd, "model"), `${script}.parquet`, ...more];
      const env = { ...process.env, PYSPARK_PYTHON: python, RAY_USAGE_STATS_ENABLED: "0" };
      const { status, stderr } = spawnSync(String(python), args, { cwd, env, encoding: "utf8" });
      expect(status, stderr).toBe(0);
      const rows = await rowsOf(join(cwd, `${script}.parquet`));
      expect(rows.map(({ text }) => text).sort()).toEqual(texts.toSorted());
      const { data, cols } = await model.encode(rows.map(({ text }) => text));
      for (const [i, { embedding }] of rows.entries()) {
        expect(embedding).toHaveLength(cols);
        for (const [k, x] of embedding.entries()) expect(x).toBeCloseTo(data[i * cols + k], 5);
      }
    });
  },
);
