import { existsSync } from "node:fs";
import type { Encoder } from "../../encoder/encoder.js";
import { loadEncoder } from "../../encoder/load.js";
import { modelFolderOf } from "../../export/checkpoint-model.js";
import { refuseSameFile } from "../../files/usable-path.js";
import { openRuntime, type Runtime } from "../../runtime/runtime.js";
import { lockRun } from "../../training/run-folder/run-lock.js";
import { distillTable } from "../options/distill.js";
import { type JobOptions, requireControl, resolveJob } from "../options/shared.js";
import { type DistillContext, type DistillEvent, distillPaths } from "./context.js";
import { type CorpusCount, plainTexts, writeCorpus } from "./corpus.js";
import { addExchangedTexts } from "./exchanged-texts.js";
import { refuseIdle } from "./idle-options.js";
import { stepsOf, teach } from "./lesson.js";
import { makeStudent, requireShape } from "./make-student.js";
import { takeCorpus } from "./reuse.js";
import { claimFolder, type DistillState, openState, saveState } from "./state.js";
import { ceilingOf, targetVectors, teacherVectors } from "./teacher-vectors.js";

/** Texts, teacher, student and lesson (`distillTable`), and who listens. */
export type DistillOptions = JobOptions<typeof distillTable> & {
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: DistillEvent) => void) | undefined;
};

/** What a distillation has made. */
export interface Distilled {
  /** The student: a run folder, or the folder of a static model. */
  readonly model: string;
  readonly state: DistillState;
}

/**
 * Makes a small encoder out of a large one's vectors of texts without labels: a vocabulary of the texts, a student that begins near a static
 * model, and a run that turns its vectors to the teacher's. Everything lies in `out`, where the same call goes on after an interruption.
 * UserErrors: of `writeCorpus`, `openState`, `loadEncoder`, `train`; usage errors for sizes that do not fit.
 */
export async function distill(given: DistillOptions): Promise<Distilled> {
  const { signal, onEvent = () => undefined, ...job } = given;
  requireControl({ signal, onEvent });
  const options = resolveJob("distill", distillTable, job);
  refuseIdle(job);
  requireShape(options);
  refuseSameFile(options.reuse, [options.out], "--reuse");
  const context = { options, signal, onEvent };
  claimFolder(options.out);
  const lock = lockRun(options.out);
  try {
    return await distilled(context, openState(context));
  } finally {
    lock.release();
  }
}

/** Does what is left to do. */
async function distilled(context: DistillContext, begun: DistillState): Promise<Distilled> {
  const { options, signal, onEvent } = context;
  let state = begun;
  const save = async (more: Partial<DistillState>): Promise<void> => {
    state = { ...state, ...more };
    await saveState(options.out, state);
  };
  await save({});
  const paths = distillPaths(options.out);
  if (state.corpus === undefined && options.reuse !== undefined)
    await save({ corpus: await takeCorpus(context, options.reuse) });
  if (state.corpus === undefined || !existsSync(paths.corpus)) {
    onEvent({ type: "stage", name: "corpus" });
    const excluded = await plainTexts([options.eval ?? [], options.exclude ?? []].flat());
    const { data, column, reader } = options;
    const sources = { data, column, reader, excluded, signal };
    await save({
      corpus: await withExchanged(context, excluded, await writeCorpus(paths.corpus, sources)),
    });
  }
  if (options.static) {
    if (!existsSync(paths.static)) await save(await prepared(context, async () => ({})));
    return { model: paths.static, state };
  }
  const vectors = await teacherVectors(context);
  const targets = await targetVectors(context, vectors);
  if (!existsSync(paths.student) || state.parameters === undefined)
    await save(
      await prepared(context, async (teacher) => ({
        ceiling: await ceilingOf(context, teacher, targets),
      })),
    );
  if (state.steps === undefined) await save({ steps: await stepsOf(context, targets.file) });
  onEvent({ type: "lesson", steps: state.steps ?? 0 });
  await teach(context, targets.file, state.steps);
  return { model: paths.run, state };
}

/** Makes the student with its teacher at hand, and asks the teacher what else there is to ask. */
async function prepared(
  context: DistillContext,
  ask: (teacher: Encoder) => Promise<Partial<DistillState>>,
): Promise<Partial<DistillState>> {
  return withTeacher(context, async (teacher) => ({
    parameters: await makeStudent(context, teacher),
    ...(await ask(teacher)),
  }));
}

/** The corpus with the texts of `--exchange`, where they are asked for. */
async function withExchanged(
  context: DistillContext,
  excluded: ReadonlySet<string>,
  corpus: CorpusCount,
): Promise<CorpusCount> {
  const { exchange: count } = context.options;
  if (count === undefined) return corpus;
  const exchanged = await withTeacher(context, (teacher, runtime) =>
    addExchangedTexts(context, { count, teacher, runtime, excluded }),
  );
  return { ...corpus, exchanged };
}

async function withTeacher<T>(
  { options: { teacher: name, threads, allowDownload } }: DistillContext,
  use: (teacher: Encoder, runtime: Runtime) => Promise<T>,
): Promise<T> {
  const runtime = await openRuntime({ threads });
  try {
    const model = await modelFolderOf(name, runtime);
    return await use(await loadEncoder({ model, allowDownload, runtime }), runtime);
  } finally {
    await runtime.close();
  }
}
