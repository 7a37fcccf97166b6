import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { UserError } from "../errors/user-error.js";
import { reportWait } from "../files/progress.js";
import type { Matrix } from "../math/tensor.js";
import type { Pooling } from "./pooling-mode.js";

/** How transformers.js is asked to embed. */
export interface PipelineOptions {
  /** Weights: onnx/model.onnx, onnx/model_fp16.onnx or onnx/model_quantized.onnx. */
  readonly dtype: "fp32" | "fp16" | "q8";
  readonly pooling: Pooling;
}

/** Texts of a batch: rows of very unlike length are mostly padding. */
const BATCH = 16;

/** A model folder as an unmodified transformers.js reads it. */
export interface Pipeline {
  /** Vectors [texts, D] of `pipeline("feature-extraction")`, pooled, not normalised: it divides a vector of length 0 by 0. */
  readonly embed: (texts: readonly string[]) => Promise<Matrix>;
  readonly release: () => Promise<void>;
}

/** Opens a folder in transformers.js, without any network. What it has against the folder is a UserError. */
export async function openPipeline(folder: string, options: PipelineOptions): Promise<Pipeline> {
  const { env, pipeline } = await import("@xenova/transformers");
  // It takes the folder's name for a hub id and refuses many (spaces, colons), so it gets a link under a plain one.
  const links = mkdtempSync(join(tmpdir(), "embtune-"));
  symlinkSync(resolve(folder), join(links, "model"), "junction");
  const { allowRemoteModels, localModelPath } = env;
  Object.assign(env, { allowRemoteModels: false, localModelPath: links });
  const { dtype, pooling } = options;
  try {
    const extract = await pipeline("feature-extraction", "model", { dtype });
    const name = transformersPooling(pooling);
    return {
      embed: (texts) =>
        inBatches(texts, async (batch) => {
          const { data } = await extract([...batch], { pooling: name });
          return Float32Array.from(data as ArrayLike<number>);
        }),
      release: async () => {
        await extract.dispose();
      },
    };
  } catch (cause) {
    const what = (cause as Error).message;
    throw new UserError("not-loadable", `transformers.js cannot load it: ${what}`, {
      at: { file: folder },
      cause,
    });
  } finally {
    Object.assign(env, { allowRemoteModels, localModelPath });
    rmSync(links, { recursive: true });
  }
}

/** How transformers.js is asked to pool; for what it cannot do itself the folder has the vector at every token, and any pooling gives it. */
export function transformersPooling(pooling: Pooling): "mean" | "cls" | "last_token" {
  if (pooling === "last") return "last_token";
  return pooling === "cls" ? "cls" : "mean";
}

async function inBatches(
  texts: readonly string[],
  embed: (batch: readonly string[]) => Promise<Float32Array>,
): Promise<Matrix> {
  const parts: Float32Array[] = [];
  const report = reportWait("embedding by transformers.js", "texts", texts.length);
  for (let start = 0; start < texts.length; start += BATCH) {
    const batch = texts.slice(start, start + BATCH);
    parts.push(await embed(batch));
    report.add(batch.length);
  }
  report.end();
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  const data = new Float32Array(size);
  let at = 0;
  for (const part of parts) {
    data.set(part, at);
    at += part.length;
  }
  return { rows: texts.length, cols: texts.length === 0 ? 0 : size / texts.length, data };
}
