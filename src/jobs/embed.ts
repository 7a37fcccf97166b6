import { existsSync } from "node:fs";
import { join } from "node:path";
import type { EmbedEvent } from "../embeddings/embed-event.js";
import { embeddingFormat, requireFit } from "../embeddings/formats.js";
import { type EmbeddingManifest, manifestPath, type Shard } from "../embeddings/manifest.js";
import {
  openPartial,
  type PartialVectors,
  partialFolder,
  preparePartial,
  removeEmptyPartial,
  removePartial,
} from "../embeddings/partial.js";
import { resolvePrompt } from "../embeddings/prompt.js";
import { shardOf } from "../embeddings/shard.js";
import {
  keepStandardInput,
  openSourceTexts,
  type SourceTexts,
  safeTexts,
} from "../embeddings/source-texts.js";
import type { Ranges } from "../embeddings/vector-type.js";
import {
  type CalibrationOptions,
  calibrationRanges,
  partsOf,
  rangesOfAll,
  writeStored,
} from "../embeddings/write-stored.js";
import type { Encoder, EncoderInfo } from "../encoder/encoder.js";
import { loadEncoder } from "../encoder/load.js";
import { promptsByName } from "../encoder/prompts.js";
import { unknownTokensNote } from "../encoder/unknown-tokens.js";
import { counted } from "../errors/counted.js";
import { InterruptedError } from "../errors/interrupted.js";
import { usageError } from "../errors/user-error.js";
import { modelFolderOf } from "../export/checkpoint-model.js";
import { writeFileAtomic } from "../files/files.js";
import { slice } from "../files/slice.js";
import { refuseSameFile, requireReadable } from "../files/usable-path.js";
import { packageVersion } from "../files/version.js";
import { openRuntime } from "../runtime/runtime.js";
import { embedTable } from "./options/embed.js";
import { type JobOptions, requireControl, resolveJob } from "./options/shared.js";

/** What to embed and how (`embedTable`), and who listens. */
export type EmbedOptions = JobOptions<typeof embedTable> & {
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: EmbedEvent) => void) | undefined;
};

/** Texts that are read, encoded and kept together; memory depends on this and not on the file. */
const partSize = 2048;

/** First texts by which a model's tokenizer is judged. */
const sampledTexts = 1000;

/** A file of texts, looked through once. */
interface Source {
  /** What to read: the data, or the copy of standard input. */
  readonly file: string;
  readonly column: string;
  readonly columns: readonly string[];
  readonly sha256: string;
  readonly first: number;
  readonly rows: number;
  readonly shard: Shard | undefined;
  /** The first texts. */
  readonly sample: readonly string[];
}

/**
 * Writes the vector of each text, in order, and a manifest beside the file. Texts are streamed; vectors gather in `OUT.partial`, from
 * which the same call goes on after an interruption. The file appears when it is complete.
 */
export async function embed(given: EmbedOptions): Promise<EmbeddingManifest> {
  const { signal, onEvent, ...job } = given;
  requireControl({ signal, onEvent });
  const options = { ...resolveJob("embed", embedTable, job), signal, onEvent };
  const format = embeddingFormat(options.out);
  requireFit(format, options.dtype ?? "float32", keptNames(options));
  refuseIdle(options);
  refuseExisting(options);
  refuseSameFile(options.out, [options.data, options.calibration]);
  // It is read twice: once to be counted, once to be embedded.
  if (options.data !== "-") requireReadable(options.data);
  const source = await lookThrough(options);
  requireFit(format, options.dtype ?? "float32", source.columns);
  const { threads, device } = options;
  const runtime = await openRuntime({ threads, device });
  try {
    const model = await modelFolderOf(options.model, runtime);
    const encoder = await loadEncoder({ ...options, model, dtype: options.modelDtype, runtime });
    options.onEvent?.({ type: "model", info: encoder.info });
    const message = unknownTokensNote(encoder, source.sample);
    if (message !== undefined) options.onEvent?.({ type: "note", message });
    const manifest = await embedSource(options, source, encoder);
    await writeFileAtomic(manifestPath(options.out), `${JSON.stringify(manifest, null, 2)}\n`);
    removePartial(options.out);
    return manifest;
  } finally {
    await runtime.close();
  }
}

function keptNames({ keepColumns }: EmbedOptions): readonly string[] {
  if (keepColumns === undefined) return [];
  return keepColumns === true ? ["all"] : keepColumns;
}

function refuseIdle(options: EmbedOptions): void {
  const { calibration, dtype, prompts, prompt, shard, csvSafe, out } = options;
  const idle = (what: string, why: string): never => {
    throw usageError("option-without-effect", `${what} has no effect ${why}`);
  };
  if (calibration !== undefined && dtype !== "int8") idle("--calibration", "without --dtype int8");
  const named = promptsByName(prompts ?? {});
  if (prompts !== undefined && !Object.hasOwn(named, prompt ?? "default"))
    idle("--prompts", "unless --prompt names one of them, or one stands before every text");
  if (csvSafe === true && !out.toLowerCase().endsWith(".csv")) idle("--csv-safe", "outside .csv");
  if (shard !== undefined && dtype === "int8" && calibration === undefined) {
    throw usageError(
      "shard-without-calibration",
      "--dtype int8 takes its ranges from the data, which would differ between shards",
      "give all shards the same --calibration FILE",
    );
  }
}

function refuseExisting({ out, overwrite }: EmbedOptions): void {
  if (overwrite || !existsSync(out)) return;
  throw usageError(
    "out-exists",
    `--out "${out}" exists`,
    "choose another name, or add --overwrite",
  );
}

/** Reading is hundreds of times faster than encoding, so a first pass is cheap; it finds broken rows before any work is done. */
async function lookThrough(options: EmbedOptions): Promise<Source> {
  try {
    return await firstPass(options);
  } catch (error) {
    // Nothing has been encoded yet, so there is nothing to go on from.
    if (options.data === "-") removeEmptyPartial(options.out);
    throw error;
  }
}

async function firstPass(options: EmbedOptions): Promise<Source> {
  const file = await readableSource(options);
  const texts = await openTexts(options, file);
  let total = 0;
  const sample: string[] = [];
  for await (const { text } of texts.rows()) {
    total += 1;
    if (sample.length < sampledTexts) sample.push(text);
  }
  const shard = shardOf(options.shard, total);
  const first = shard?.first ?? 0;
  const rows = shard?.rows ?? total;
  const { column, columns, dialect } = texts;
  options.onEvent?.({ type: "source", column, dialect, total: rows });
  for (const message of texts.notes()) options.onEvent?.({ type: "note", message });
  return {
    file,
    column,
    columns,
    sha256: texts.sha256(),
    first,
    rows,
    shard: shard?.shard,
    sample,
  };
}

async function readableSource({ data, out }: EmbedOptions): Promise<string> {
  if (data !== "-") return data;
  const copy = join(preparePartial(out), "source");
  await keepStandardInput(copy);
  return copy;
}

function openTexts(options: EmbedOptions, file: string): Promise<SourceTexts> {
  const { column, keepColumns: keep, reader } = options;
  return openSourceTexts(file, { column, keep, reader });
}

async function embedSource(
  options: EmbedOptions,
  source: Source,
  encoder: Encoder,
): Promise<EmbeddingManifest> {
  const { info } = encoder;
  const prompt = resolvePrompt(options.prompt, info);
  const dimension = dimensionOf(options, info);
  const model = { name: info.name, hash: info.hash, maxLength: info.maxLength };
  const { column, sha256, first, rows } = source;
  const reader = options.reader ?? {};
  // Other devices give slightly other vectors: none goes on with what another began.
  const device = options.device === "cpu" ? undefined : options.device;
  const kind = { embtune: packageVersion(), model, prompt, device };
  const key = { ...kind, column, sha256, first, rows, reader };
  const kept = await openPartial(options.out, { cols: info.dimension, partRows: partSize, key });
  try {
    tellPartial(options, kept);
    await encodeRest({ options, source, encoder, prompt }, kept);
    const ranges = await rangesFor(options, kept, { encoder, prompt, dimension });
    const layout = { dimension, ranges, columns: source.columns, type: options.dtype ?? "float32" };
    const texts = await openTexts(options, source.file);
    const written = options.csvSafe === true ? safeTexts(texts) : texts;
    await writeStored(options.out, kept, { ...layout, texts: written, first, rows, model, prompt });
    return manifestOf({ options, source, info, prompt, dimension, ranges });
  } finally {
    await kept.close();
  }
}

function dimensionOf({ dim }: EmbedOptions, { dimension }: EncoderInfo): number {
  if (dim === undefined || dim <= dimension) return dim ?? dimension;
  throw usageError("bad-dim", `--dim must be at most the model's ${dimension}, got ${dim}`);
}

function tellPartial({ onEvent }: EmbedOptions, { rows, discarded }: PartialVectors): void {
  const note = (message: string): void => onEvent?.({ type: "note", message });
  if (rows > 0) note(`going on after ${counted(rows, "text")} of an export that was interrupted`);
  if (discarded) note("an interrupted export of other texts, model or options is thrown away");
}

interface Encoding {
  readonly options: EmbedOptions;
  readonly source: Source;
  readonly encoder: Encoder;
  readonly prompt: string;
}

/** Encodes the texts that are not there yet. */
async function encodeRest(
  { options, source, encoder, prompt }: Encoding,
  kept: PartialVectors,
): Promise<void> {
  const { signal, batchSize, onEvent } = options;
  let done = kept.rows;
  const texts = await openTexts({ ...options, keepColumns: undefined }, source.file);
  const rest = slice(texts.rows(), source.first + done, source.first + source.rows);
  const parts = partsOf(rest, partSize);
  try {
    for await (const vectors of encoder.encodeStream(parts, { prompt, signal, batchSize })) {
      await kept.append(vectors);
      done += vectors.rows;
      onEvent?.({ type: "written", rows: done, before: kept.rows });
    }
  } catch (error) {
    if (!(error instanceof InterruptedError)) throw error;
    const where = partialFolder(options.out);
    throw new InterruptedError(
      `interrupted; ${done} of ${source.rows} vectors are kept in ${where}, and the same command goes on from there`,
    );
  }
}

/** Of int8: from the calibration file, or else from all vectors. */
async function rangesFor(
  { dtype, calibration, signal }: EmbedOptions,
  kept: PartialVectors,
  given: Omit<CalibrationOptions, "signal">,
): Promise<Ranges | undefined> {
  if (dtype !== "int8") return undefined;
  return calibration === undefined
    ? rangesOfAll(kept, given.dimension)
    : calibrationRanges(calibration, { ...given, signal });
}

interface Finished {
  readonly options: EmbedOptions;
  readonly source: Source;
  readonly info: EncoderInfo;
  readonly prompt: string;
  readonly dimension: number;
  readonly ranges: Ranges | undefined;
}

function manifestOf({ options, source, info, ...finished }: Finished): EmbeddingManifest {
  const { dimension, prompt, ranges } = finished;
  const { column, columns, sha256, rows, shard } = source;
  return {
    embtune: packageVersion(),
    file: options.out,
    format: embeddingFormat(options.out).extension.slice(1),
    rows,
    dimension,
    dtype: options.dtype ?? "float32",
    normalized: info.normalize || dimension < info.dimension,
    prompt,
    model: { name: info.name, hash: info.hash, maxLength: info.maxLength },
    source: { path: options.data, column, sha256, kept: columns },
    shard,
    ranges: ranges === undefined ? undefined : { low: [...ranges.low], high: [...ranges.high] },
  };
}
