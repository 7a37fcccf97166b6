import { rmSync } from "node:fs";
import { join } from "node:path";
import { parameterCount } from "../../distillation/student-config.js";
import { writeStudentFolder } from "../../distillation/student-folder.js";
import { layersStart } from "../../distillation/student-weights.js";
import { tokenizerFiles } from "../../distillation/tokenizer-files.js";
import { architectureParameters } from "../../encoder/architectures/registry.js";
import type { Encoder } from "../../encoder/encoder.js";
import { readWhole } from "../../encoder/weights/read-piece.js";
import { storedWeights } from "../../encoder/weights/stored-weights.js";
import { internal } from "../../errors/internal.js";
import { UserError } from "../../errors/user-error.js";
import { objectIn } from "../../files/json-file.js";
import type { Tensor } from "../../math/tensor.js";
import { exportModel } from "../export.js";
import { type DistillContext, distillPaths } from "./context.js";
import { denseOf } from "./student-dense.js";
import { teacherVocabulary } from "./student-vocabulary.js";

/** Writes a student of some of the teacher's layers, with the rows of its table that the corpus needs; returns how many numbers it has. */
export async function studentOfLayers(
  context: DistillContext,
  layers: readonly number[],
  encoder: Encoder,
): Promise<number> {
  const { options, onEvent } = context;
  const { out, teacher, threads, allowDownload, hidden, maxLength } = options;
  const paths = distillPaths(out);
  onEvent({ type: "stage", name: `layers ${layers.join(", ")} of the teacher` });
  rmSync(paths.layers, { recursive: true, force: true });
  const format = "sentence-transformers";
  await exportModel({ format, model: teacher, to: paths.layers, threads, allowDownload });
  const file = join(paths.layers, "config.json");
  const given = await objectIn(file);
  requireTeacher(given, { file, hidden, layers });
  const { tokens, all } = await teacherVocabulary(context, encoder);
  const config = {
    ...given,
    ...{ num_hidden_layers: layers.length, vocab_size: tokens.length, pad_token_id: 0 },
  };
  const stored = await storedWeights(paths.layers);
  const tensors = new Map<string, Tensor>(
    [...stored.tensors].map(([name, tensor]) => [name, readWhole(tensor)]),
  );
  const shapes = architectureParameters(config, file);
  const numbers = new Map(all.map((token, i) => [token, i]));
  const rows = tokens.map((token) => numbers.get(token) ?? internal(`no number of "${token}"`));
  const weights = layersStart(shapes, tensors, { layers, rows });
  const tokenizer = tokenizerFiles(tokens, maxLength);
  const dense = denseOf(context, encoder.info.dimension, undefined);
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
