import { rmSync } from "node:fs";
import { join } from "node:path";
import { writeStaticFolder } from "../../distillation/static-folder.js";
import { parameterCount, studentConfig } from "../../distillation/student-config.js";
import { writeStudentFolder } from "../../distillation/student-folder.js";
import { CARRIERS, layersStart, staticStart } from "../../distillation/student-weights.js";
import { backFrom, sifWeights, tokenTable } from "../../distillation/token-table.js";
import { tokenizerFiles } from "../../distillation/tokenizer-files.js";
import { SPECIAL_TOKENS, trainWordPiece } from "../../distillation/train-wordpiece.js";
import { tokenCounts } from "../../distillation/word-pieces.js";
import { architectureParameters } from "../../encoder/architectures/registry.js";
import type { Encoder } from "../../encoder/encoder.js";
import { readWhole } from "../../encoder/weights/read-piece.js";
import { storedWeights } from "../../encoder/weights/stored-weights.js";
import { internal } from "../../errors/internal.js";
import { UserError, usageError } from "../../errors/user-error.js";
import { objectIn } from "../../files/json-file.js";
import { principalComponents } from "../../math/pca.js";
import { createRandom } from "../../math/random.js";
import type { Matrix, Tensor } from "../../math/tensor.js";
import { exportModel } from "../export.js";
import { type DistillContext, distillPaths } from "./context.js";
import { wordsOfCorpus } from "./words-of-corpus.js";

/** Writes the student as it begins, and returns how many numbers it has. */
export async function makeStudent(context: DistillContext, teacher: Encoder): Promise<number> {
  const { init } = context.options;
  const layers = layersOf(init);
  if (layers !== undefined) return fromLayers(context, layers, teacher.info.dimension);
  if (init === "tokens" || init === "random") return fromTokens(context, teacher);
  return internal(`--init ${init} was not refused`);
}

/** Refuses, before any work, a start or sizes that no student can have. Usage errors bad-init, bad-heads. */
export function requireShape({
  init,
  hidden,
  heads,
  static: table,
}: Pick<DistillContext["options"], "init" | "hidden" | "heads" | "static">): void {
  if (layersOf(init) === undefined && init !== "tokens" && init !== "random")
    throw usageError(
      "bad-init",
      `--init must be tokens, random or layers:0,2,4, got "${init}"`,
      "layers:… takes layers of a BERT-type teacher, counted from 0",
    );
  if (table || layersOf(init) !== undefined || hidden % heads === 0) return;
  throw usageError(
    "bad-heads",
    `--hidden ${hidden} cannot be divided among ${heads} heads`,
    "choose --heads that divides --hidden",
  );
}

/** The layers that `layers:0,2,4` names; undefined for another start. */
function layersOf(init: string): readonly number[] | undefined {
  return /^layers:(\d+(?:,\d+)*)$/.exec(init)?.[1].split(",").map(Number);
}

/** A vocabulary of the corpus, and the teacher's vector of each token. */
async function fromTokens(context: DistillContext, teacher: Encoder): Promise<number> {
  const { options, onEvent } = context;
  const { hidden, vocabSize, maxLength, init, seed, out } = options;
  const paths = distillPaths(out);
  onEvent({ type: "stage", name: "vocabulary" });
  const words = await wordsOfCorpus(paths.corpus);
  const tokens = trainWordPiece(words, vocabSize);
  if (tokens.length < vocabSize)
    onEvent({
      type: "note",
      message: `the corpus gives ${tokens.length} tokens, not ${vocabSize}: no further pair occurs twice`,
    });
  const tokenizer = tokenizerFiles(tokens, maxLength);
  const weights = sifWeights(tokenCounts(tokens, words), SPECIAL_TOKENS.length);
  if (options.static) {
    const { table } = await tableOf(context, teacher, { tokens, weights, width: hidden });
    await writeStaticFolder(paths.static, table, tokenizer);
    return table.data.length;
  }
  const sizes = { ...options, vocabulary: tokens.length };
  const config = studentConfig(sizes);
  const shapes = architectureParameters(config, "config.json");
  const width = hidden - CARRIERS;
  const start =
    init === "tokens"
      ? await tableOf(context, teacher, { tokens, weights, width })
      : { table: randomMatrix(tokens.length, width, seed), directions: undefined };
  const dense = denseOf(context, teacher.info.dimension, start.directions);
  const student = { config, tokenizer, weights: staticStart(shapes, start.table, seed), dense };
  await writeStudentFolder(paths.student, { ...student, hidden, maxLength });
  return parameterCount(shapes);
}

async function tableOf(
  { signal, onEvent }: DistillContext,
  teacher: Encoder,
  {
    tokens,
    weights,
    width,
  }: { readonly tokens: readonly string[]; readonly weights: Float32Array; readonly width: number },
): Promise<{ readonly table: Matrix; readonly directions: Matrix | undefined }> {
  if (width > teacher.info.dimension)
    throw usageError(
      "student-wider",
      `the teacher's vectors have ${teacher.info.dimension} numbers, and tokens of the student ${width}`,
      "use --init random, or a smaller --hidden",
    );
  onEvent({ type: "stage", name: "teacher's vectors of the tokens" });
  const total = tokens.length;
  const vectors = await teacher.encode(
    tokens.map((token) => token.replace(/^##/, "")),
    { signal, onProgress: (done) => onEvent({ type: "encoding", done, total }) },
  );
  const directions = width === vectors.cols ? undefined : principalComponents(vectors, width);
  return { table: tokenTable(vectors, weights, directions), directions };
}

/** The layer to the teacher's width that --project linear asks for; undefined where the widths are equal. */
function denseOf(
  { options: { project, hidden, seed } }: DistillContext,
  dimension: number,
  directions: Matrix | undefined,
): Matrix | undefined {
  if (project !== "linear" || dimension === hidden) return undefined;
  return directions === undefined
    ? randomMatrix(dimension, hidden, seed + 1)
    : backFrom(directions, hidden);
}

function randomMatrix(rows: number, cols: number, seed: number): Matrix {
  const random = createRandom(seed, "tokens");
  const scale = 1 / Math.sqrt(cols);
  return {
    rows,
    cols,
    data: Float32Array.from({ length: rows * cols }, () => scale * random.normal()),
  };
}

/** Layers of the teacher, with its tables and its tokenizer. */
async function fromLayers(
  context: DistillContext,
  layers: readonly number[],
  dimension: number,
): Promise<number> {
  const { options, onEvent } = context;
  const { out, teacher, threads, allowDownload, hidden } = options;
  const paths = distillPaths(out);
  onEvent({ type: "stage", name: `layers ${layers.join(", ")} of the teacher` });
  rmSync(paths.layers, { recursive: true, force: true });
  const format = "sentence-transformers";
  await exportModel({ format, model: teacher, to: paths.layers, threads, allowDownload });
  const file = join(paths.layers, "config.json");
  const given = await objectIn(file);
  requireTeacher(given, { file, hidden, layers });
  const config = { ...given, num_hidden_layers: layers.length };
  const stored = await storedWeights(paths.layers);
  const tensors = new Map<string, Tensor>(
    [...stored.tensors].map(([name, tensor]) => [name, readWhole(tensor)]),
  );
  const shapes = architectureParameters(config, file);
  const weights = layersStart(shapes, tensors, layers);
  const tokenizer = Object.fromEntries(
    await Promise.all(
      ["tokenizer.json", "tokenizer_config.json"].map(
        async (name) => [name, await objectIn(join(paths.layers, name))] as const,
      ),
    ),
  );
  const { maxLength } = options;
  const dense = denseOf(context, dimension, undefined);
  await writeStudentFolder(paths.student, { config, tokenizer, weights, hidden, maxLength, dense });
  return parameterCount(shapes);
}

function requireTeacher(
  config: Readonly<Record<string, unknown>>,
  {
    file,
    hidden,
    layers,
  }: { readonly file: string; readonly hidden: number; readonly layers: readonly number[] },
): void {
  const refuse = (message: string, hint: string): never => {
    throw new UserError("unfit-teacher", message, { at: { file }, hint });
  };
  if (config.model_type !== "bert")
    refuse(
      `--init layers:… needs a teacher of type bert, got ${config.model_type}`,
      "use --init tokens",
    );
  if (config.hidden_size !== hidden)
    refuse(
      `the teacher's tokens have ${config.hidden_size} numbers, and the student's ${hidden}`,
      `use --hidden ${config.hidden_size}, or --init tokens`,
    );
  const last = Number(config.num_hidden_layers) - 1;
  const missing = layers.find((layer) => layer > last);
  if (missing !== undefined)
    refuse(`the teacher has no layer ${missing}, its last is ${last}`, "layers are counted from 0");
}
