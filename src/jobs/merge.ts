import { existsSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import type { EmbeddingFormat, VectorLayout } from "../embeddings/format.js";
import { embeddingFormat, writeEmbeddingFile } from "../embeddings/formats.js";
import {
  type EmbeddingManifest,
  manifestPath,
  readManifest,
  type Shard,
} from "../embeddings/manifest.js";
import { inOrder, requireAlike } from "../embeddings/shard.js";
import { storedSize } from "../embeddings/vector-type.js";
import { UserError, usageError } from "../errors/user-error.js";
import { fileError, writeFileAtomic } from "../files/files.js";
import { refuseSameFile, requireReadable } from "../files/usable-path.js";
import type { GivenOf } from "../options/option.js";
import { resolveGiven } from "../options/values.js";
import { mergeTable } from "./options/embed.js";

/** The files of all shards, each with its manifest, and where they go together. */
type MergeOptions = GivenOf<typeof mergeTable>;

interface Part {
  readonly file: string;
  readonly manifest: EmbeddingManifest;
  readonly shard: Shard;
}

/**
 * Puts the shards of one export together, in the order of the texts. They must be all of them, of the same texts, model, prompt, type
 * and format; what does not fit is named. The file appears when it is complete.
 */
export async function mergeEmbeddings(options: MergeOptions): Promise<EmbeddingManifest> {
  const { files, out, overwrite } = resolveGiven(mergeTable, options, "merge");
  const format = embeddingFormat(out);
  if (existsSync(out) && !overwrite)
    throw usageError(
      "out-exists",
      `--out "${out}" exists`,
      "choose another name, or add --overwrite",
    );
  refuseSameFile(out, files);
  const parts = orderedParts(files.map(readPart), format);
  const [first] = parts;
  const { shard: _, ...common } = first.manifest;
  const rows = first.shard.total;
  const layout = layoutOf(first.manifest, rows);
  await (format.readBack === undefined
    ? joinBytes(out, parts, { format, layout })
    : writeAgain(out, parts, { layout, readBack: format.readBack }));
  const manifest: EmbeddingManifest = { ...common, file: out, rows };
  await writeFileAtomic(manifestPath(out), `${JSON.stringify(manifest, null, 2)}\n`);
  return manifest;
}

/** One header, and the rows of all parts as they are. */
async function joinBytes(
  out: string,
  parts: readonly Part[],
  { format, layout }: { readonly format: EmbeddingFormat; readonly layout: VectorLayout },
): Promise<void> {
  await writeFileAtomic(out, async (append) => {
    await append(format.header(layout));
    for (const part of parts) await copyRows(part.file, format, append);
  });
}

/** The rows of all parts, read and written a batch at a time. UserError: wrong-row-count. */
async function writeAgain(
  out: string,
  parts: readonly Part[],
  {
    layout,
    readBack,
  }: { readonly layout: VectorLayout; readonly readBack: NonNullable<EmbeddingFormat["readBack"]> },
): Promise<void> {
  await writeEmbeddingFile(out, layout, async (writer) => {
    for (const { file, manifest } of parts) {
      let rows = 0;
      for await (const batch of readBack(file, layout)) {
        await writer.write(batch);
        rows += batch.texts.length;
      }
      if (rows === manifest.rows) continue;
      throw new UserError(
        "wrong-row-count",
        `holds ${rows} rows, but its manifest says ${manifest.rows}`,
        { at: { file }, hint: "write the shard again" },
      );
    }
  });
}

function readPart(file: string): Part {
  const manifest = readManifest(file);
  if (manifest.shard !== undefined) return { file, manifest, shard: manifest.shard };
  throw new UserError("not-a-shard", "was not written with --shard", { at: { file } });
}

function orderedParts(parts: readonly Part[], format: EmbeddingFormat): readonly [Part, ...Part[]] {
  const first = [...parts].sort((a, b) => a.shard.index - b.shard.index)[0];
  for (const part of parts) requireSame(part, first, format);
  return inOrder(parts);
}

/** Everything but the place among the shards must be equal. */
function requireSame(part: Part, first: Part, format: EmbeddingFormat): void {
  const comparable = ({ manifest, shard }: Part) => {
    const { dimension, dtype, prompt, model, source, ranges } = manifest;
    const { sha256, column, kept } = source;
    return {
      ...{ format: manifest.format, dimension, dtype, prompt, ranges },
      ...{ "model's hash": model.hash, "maximum length": model.maxLength },
      ...{ "source's SHA-256": sha256, column, "kept columns": kept },
      ...{ "number of shards": shard.of, "number of texts": shard.total },
    };
  };
  const wanted = { ...comparable(first), format: format.extension.slice(1) };
  requireAlike(part.file, comparable(part), wanted);
}

function layoutOf(
  { dimension, dtype, source, model, prompt }: EmbeddingManifest,
  rows: number,
): VectorLayout {
  return {
    rows,
    cols: storedSize(dtype, dimension),
    type: dtype,
    columns: source.kept,
    metadata: {
      model: model.name,
      model_hash: model.hash,
      dtype,
      dimension: String(dimension),
      prompt,
      source: source.path,
    },
  };
}

const chunkBytes = 1 << 20;

async function copyRows(
  path: string,
  format: EmbeddingFormat,
  append: (chunk: Uint8Array) => Promise<void>,
): Promise<void> {
  let file: FileHandle;
  requireReadable(path);
  try {
    file = await open(path, "r");
  } catch (error) {
    throw fileError(error, path);
  }
  try {
    let position = (await format.bodyStart?.(file)) ?? 0;
    for (;;) {
      const { buffer, bytesRead } = await file.read(
        Buffer.alloc(chunkBytes),
        0,
        chunkBytes,
        position,
      );
      if (bytesRead === 0) return;
      await append(buffer.subarray(0, bytesRead));
      position += bytesRead;
    }
  } finally {
    await file.close();
  }
}
