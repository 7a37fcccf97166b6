import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { openTexts } from "../../dataset/load-dataset.js";
import { decodeNpy } from "../../dataset/readers/npy.js";
import { fillCache, openEmbeddingCache } from "../../encoder/embedding-cache.js";
import { loadEncoder } from "../../encoder/load.js";
import { UserError } from "../../errors/user-error.js";
import type { Embed } from "../../evaluation/metric.js";
import { fileError } from "../../files/files.js";
import { requireReadable } from "../../files/usable-path.js";
import type { Matrix } from "../../math/tensor.js";
import type { Runtime } from "../../runtime/runtime.js";
import type { TrainSettings } from "../options/settings.js";
import type { RunControl } from "../run-folder/events.js";
import { runPaths } from "../run-folder/run-folder.js";
import type { AuxiliarySource } from "./use.js";

/** Vectors of another model: a guide's or a teacher's. */
export interface AuxiliaryModel {
  readonly dimension: number;
  /** Name of the model, or the file. */
  readonly name: string;
  /** What a resumed run must find again: the model's hash, or the file's SHA-256. */
  readonly hash: string;
  /** Makes the vectors of these texts ready and returns how to gather them by number. */
  readonly prepare: (texts: readonly string[]) => Promise<(numbers: Int32Array) => Matrix>;
  readonly close: () => Promise<void>;
}

interface AuxiliaryOptions {
  readonly settings: TrainSettings;
  readonly runtime: Runtime;
  readonly texts: number;
  readonly control: RunControl;
}

/** Opens where the vectors come from. UserError: as loadEncoder; for files bad-npy, wrong-row-count, unknown-text. */
export async function openAuxiliary(
  source: AuxiliarySource,
  options: AuxiliaryOptions,
): Promise<AuxiliaryModel> {
  return source.from === "model"
    ? modelVectors(source.model, options)
    : fileVectors(source.vectors, options.settings);
}

/** Embeds with the other model. */
export function auxiliaryEmbed(vectors: AuxiliaryModel): Embed {
  return async (texts) => (await vectors.prepare(texts))(Int32Array.from(texts.keys()));
}

async function modelVectors(model: string, options: AuxiliaryOptions): Promise<AuxiliaryModel> {
  const { runtime, settings, texts, control } = options;
  const encoder = await loadEncoder({ model, allowDownload: settings.allowDownload, runtime });
  const cache = openEmbeddingCache(encoder, { texts, folder: runPaths(settings.out).cache });
  return {
    dimension: encoder.info.dimension,
    name: encoder.info.name,
    hash: encoder.info.hash,
    prepare: async (wanted) => {
      const places = await fillCache(encoder, wanted, cache, {
        signal: control.signal,
        onProgress: (done) => control.onEvent({ type: "encoding", done, total: wanted.length }),
      });
      return (numbers) => cache.gather(numbers.map((number) => places[number]));
    },
    close: async () => {
      cache.close();
      await encoder.release();
    },
  };
}

async function fileVectors(file: string, settings: TrainSettings): Promise<AuxiliaryModel> {
  const bytes = readBytes(file);
  const matrix = decodeNpy(bytes, file);
  const rowOf = await rowsOfTexts(settings);
  if (rowOf.count !== matrix.rows)
    throw new UserError(
      "wrong-row-count",
      `has ${matrix.rows} vectors, expected one for each of the ${rowOf.count} rows of ${settings.data}`,
      {
        at: { file },
        hint: "embed that very file: embtune embed DATA --model TEACHER --out FILE.npy",
      },
    );
  return {
    dimension: matrix.cols,
    name: file,
    hash: createHash("sha256").update(bytes).digest("hex"),
    prepare: async (texts) => {
      const rows = Int32Array.from(texts, (text) => rowOf.place(text));
      return (numbers) =>
        gatherRows(
          matrix,
          numbers.map((number) => rows[number]),
        );
    },
    close: async () => {},
  };
}

/** The row of each text in the data file, empty rows counted, as embtune embed numbers them. */
async function rowsOfTexts({ data, columns }: TrainSettings) {
  const stream = await openTexts(data, { columns });
  const places = new Map<string, number>();
  let count = 0;
  for await (const { text } of stream.rows()) {
    if (!places.has(text)) places.set(text, count);
    count += 1;
  }
  const place = (text: string): number => {
    const row = places.get(text);
    if (row !== undefined) return row;
    throw new UserError("unknown-text", `has no teacher vector for "${text.slice(0, 60)}"`, {
      at: { file: data },
      hint: "vectors are found by the texts of the data file; use --teacher MODEL for others",
    });
  };
  return { count, place };
}

function gatherRows({ cols, data }: Matrix, rows: Int32Array): Matrix {
  const gathered = new Float32Array(rows.length * cols);
  for (const [i, row] of rows.entries())
    gathered.set(data.subarray(row * cols, (row + 1) * cols), i * cols);
  return { rows: rows.length, cols, data: gathered };
}

function readBytes(file: string): Uint8Array {
  requireReadable(file);
  try {
    return readFileSync(file);
  } catch (error) {
    throw fileError(error, file);
  }
}
