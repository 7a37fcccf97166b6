import { mkdirSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { dirname, extname } from "node:path";
import { suggestion } from "../errors/suggest.js";
import { usageError } from "../errors/user-error.js";
import { fileError } from "../files/files.js";
import { requireReplaceable } from "../files/usable-path.js";
import { fvecsFormat, npyFormat, safetensorsFormat } from "./binary-formats.js";
import type { EmbeddingFormat, FormatWriter, VectorLayout } from "./format.js";
import { parquetFormat } from "./parquet-format.js";
import { pgvectorFormat } from "./pgvector-format.js";
import { projectorFormat } from "./projector-format.js";
import { csvFormat, jsonLinesFormat } from "./text-formats.js";
import type { VectorType } from "./vector-type.js";

/** A new format is one file and one line here. */
const formats: readonly EmbeddingFormat[] = [
  npyFormat,
  jsonLinesFormat,
  csvFormat,
  safetensorsFormat,
  parquetFormat,
  fvecsFormat,
  pgvectorFormat,
  projectorFormat,
];

/** File name extensions that embeddings files are written in. */
const embeddingExtensions: readonly string[] = formats.map(({ extension }) => extension);

/** The format of a file name by its extension; another extension is a usage error. */
export function embeddingFormat(path: string): EmbeddingFormat {
  const extension = extname(path).toLowerCase();
  const format = formats.find((one) => one.extension === extension);
  if (format !== undefined) return format;
  throw usageError(
    "unknown-embedding-format",
    `--out must end in ${embeddingExtensions.join(", ")}, got "${path}"`,
    suggestion(extension, embeddingExtensions),
  );
}

/** Refuses a type or columns that the format has no place for. */
export function requireFit(
  { extension, types, hasText }: EmbeddingFormat,
  type: VectorType,
  columns: readonly string[],
): void {
  if (!types.includes(type)) {
    throw usageError(
      "type-without-place",
      `${extension} holds ${types.join(", ")}, not ${type}`,
      "use .npy or .safetensors",
    );
  }
  if (columns.length > 0 && !hasText) {
    throw usageError(
      "columns-without-place",
      `${extension} holds vectors only, so --keep-columns has no place there`,
      "use .parquet, .jsonl or .csv",
    );
  }
}

/**
 * Writes a file that appears only when it is complete: `fill` gets a writer on a hidden file beside the target, which is renamed at
 * the end and removed on failure. A full disk or read-only folder is a UserError.
 */
export async function writeEmbeddingFile(
  path: string,
  layout: VectorLayout,
  fill: (writer: FormatWriter) => Promise<void>,
): Promise<void> {
  const format = embeddingFormat(path);
  const second = format.beside?.(path);
  const targets = [path, ...(second === undefined ? [] : [second])];
  for (const target of targets) requireReplaceable(target);
  const [temporary, beside] = targets.map((target) => `${target}.${process.pid}.tmp`);
  let writer: FormatWriter | undefined;
  try {
    mkdirSync(dirname(path), { recursive: true });
    writer = await format.open(temporary, layout, beside);
    await fill(writer);
    await writer.finish();
    for (const target of targets) await rename(`${target}.${process.pid}.tmp`, target);
  } catch (error) {
    await writer?.abort().catch(() => {});
    for (const one of [temporary, beside]) if (one) await rm(one, { force: true });
    throw fileError(error, path);
  }
}
