import { writeStaticFolder } from "../../distillation/static-folder.js";
import { parameterCount, studentConfig } from "../../distillation/student-config.js";
import { writeStudentFolder } from "../../distillation/student-folder.js";
import { CARRIERS, staticStart } from "../../distillation/student-weights.js";
import { sifWeights, tokenTable } from "../../distillation/token-table.js";
import { tokenizerFiles } from "../../distillation/tokenizer-files.js";
import { SPECIAL_TOKENS } from "../../distillation/train-wordpiece.js";
import { architectureParameters } from "../../encoder/architectures/registry.js";
import type { Encoder } from "../../encoder/encoder.js";
import { principalComponents } from "../../math/pca.js";
import type { Matrix } from "../../math/tensor.js";
import { type DistillContext, distillPaths } from "./context.js";
import { denseOf, randomMatrix } from "./student-dense.js";
import { corpusVocabulary, teacherVocabulary } from "./student-vocabulary.js";

/** Writes a student, or a static one, that begins as the teacher's vectors of its tokens or at random; returns how many numbers it has. */
export async function studentOfTokens(context: DistillContext, teacher: Encoder): Promise<number> {
  const { options } = context;
  const { hidden, maxLength, init, seed, out, vocabulary } = options;
  const paths = distillPaths(out);
  const { tokens, counts } =
    vocabulary === "teacher"
      ? await teacherVocabulary(context, teacher)
      : await corpusVocabulary(context);
  const tokenizer = tokenizerFiles(tokens, maxLength);
  const weights = sifWeights(counts, SPECIAL_TOKENS.length);
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
  onEvent({ type: "stage", name: "teacher's vectors of the tokens" });
  const total = tokens.length;
  const vectors = await teacher.encode(
    tokens.map((token) => token.replace(/^##/, "")),
    { signal, onProgress: (done) => onEvent({ type: "encoding", done, total }) },
  );
  const directions = width === vectors.cols ? undefined : principalComponents(vectors, width);
  return { table: tokenTable(vectors, weights, directions), directions };
}
