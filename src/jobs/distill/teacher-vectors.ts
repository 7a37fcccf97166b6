import { existsSync } from "node:fs";
import { loadDataset } from "../../dataset/load-dataset.js";
import { project } from "../../distillation/token-table.js";
import { sampleRows, type VectorFile, writeProjected } from "../../distillation/vector-file.js";
import { readManifest } from "../../embeddings/manifest.js";
import type { Encoder } from "../../encoder/encoder.js";
import { UserError } from "../../errors/user-error.js";
import { normalizedRows } from "../../evaluation/cosine.js";
import { evaluatorFor } from "../../evaluation/evaluators/registry.js";
import { metricOf } from "../../evaluation/metric.js";
import { sha256File } from "../../files/files.js";
import { principalComponents } from "../../math/pca.js";
import type { Matrix } from "../../math/tensor.js";
import { embed } from "../embed.js";
import { type DistillContext, distillPaths } from "./context.js";
import { requireWidths } from "./widths.js";

/** Rows that principal directions are taken from. */
const SAMPLE = 10_000;

/** Embeds the corpus with the teacher, once; an interrupted call goes on where it was. UserError other-corpus. */
export async function teacherVectors({
  options,
  signal,
  onEvent,
}: DistillContext): Promise<VectorFile> {
  const { corpus, teacher: path } = distillPaths(options.out);
  if (!existsSync(path)) {
    onEvent({ type: "stage", name: "teacher's vectors of the corpus" });
    const { teacher: model, threads, allowDownload } = options;
    let total = 0;
    await embed({
      ...{ data: corpus, out: path, model, dtype: "float16", threads, allowDownload, signal },
      onEvent: (event) => {
        if (event.type === "note") onEvent(event);
        if (event.type === "source") total = event.total;
        if (event.type === "written") onEvent({ type: "encoding", done: event.rows, total });
      },
    });
  }
  const { rows, dimension, source } = readManifest(path);
  if (source.sha256 !== (await sha256File(corpus)))
    throw new UserError(
      "other-corpus",
      `the teacher's vectors are of another text than ${corpus}`,
      {
        at: { file: path },
        hint: "begin anew with --overwrite, or choose another --out",
      },
    );
  return { path, rows, cols: dimension };
}

/** What the student is to learn, and the directions that the teacher's vectors were turned to; undefined: they are as they were. */
interface Targets {
  readonly file: VectorFile;
  readonly directions: Matrix | undefined;
}

/** The teacher's vectors in the student's width. UserErrors: as `requireWidths` and `writeProjected`. */
export async function targetVectors(
  { options, signal, onEvent }: DistillContext,
  file: VectorFile,
): Promise<Targets> {
  const { hidden, project: how, out } = options;
  requireWidths(options, file.cols);
  if (how === "linear" || file.cols === hidden) return { file, directions: undefined };
  const directions = principalComponents(await sampleRows(file, SAMPLE), hidden);
  const path = distillPaths(out).targets;
  if (existsSync(path)) return { file: { path, rows: file.rows, cols: hidden }, directions };
  onEvent({ type: "stage", name: `teacher's vectors in ${hidden} principal directions` });
  return { file: await writeProjected(file, directions, { path, signal }), directions };
}

/** What the teacher has on the selecting data in the student's width: no student that copies it can have more. */
export async function ceilingOf(
  { options }: DistillContext,
  teacher: Encoder,
  { directions }: Targets,
): Promise<number | undefined> {
  if (options.eval === undefined) return undefined;
  const evaluator = evaluatorFor(await loadDataset(options.eval));
  const evaluation = await evaluator.run(async (texts) => {
    const vectors = await teacher.encode(texts);
    return directions === undefined ? vectors : normalizedRows(project(vectors, directions));
  });
  return metricOf(evaluation, evaluator.primary)?.value;
}
