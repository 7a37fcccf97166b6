import { existsSync } from "node:fs";
import type { VectorFile } from "../../distillation/vector-file.js";
import { refuseSameFile } from "../../files/usable-path.js";
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
import { lazyTeacher, type OpenTeacher } from "./teacher.js";
import { ceilingOf, targetVectors, teacherVectors } from "./teacher-vectors.js";
import { requireWidths } from "./widths.js";

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
  const { options } = context;
  let state = begun;
  const save = async (more: Partial<DistillState>): Promise<void> => {
    state = { ...state, ...more };
    await saveState(options.out, state);
  };
  await save({});
  const paths = distillPaths(options.out);
  const lazy = lazyTeacher(context);
  try {
    if (state.corpus === undefined && options.reuse !== undefined)
      await save({ corpus: await takeCorpus(context, options.reuse) });
    if (state.corpus === undefined || !existsSync(paths.corpus))
      await save({ corpus: await madeCorpus(context, await lazy.open()) });
    if (options.static) {
      if (!existsSync(paths.static))
        await save({ parameters: await makeStudent(context, (await lazy.open()).teacher) });
      return { model: paths.static, state };
    }
    // Embedding loads a teacher of its own.
    await lazy.close();
    const targets = await targetVectors(context, await teacherVectors(context));
    if (!existsSync(paths.student) || state.parameters === undefined) {
      const { teacher } = await lazy.open();
      const parameters = await makeStudent(context, teacher);
      await save({ parameters, ceiling: await ceilingOf(context, teacher, targets) });
    }
    await lazy.close();
    return await taught(context, targets.file, { state, save });
  } finally {
    await lazy.close();
  }
}

/** The student after its lesson. */
async function taught(
  context: DistillContext,
  targets: VectorFile,
  {
    state,
    save,
  }: {
    readonly state: DistillState;
    readonly save: (more: Partial<DistillState>) => Promise<void>;
  },
): Promise<Distilled> {
  const steps = state.steps ?? (await stepsOf(context, targets));
  if (state.steps === undefined) await save({ steps });
  context.onEvent({ type: "lesson", steps: steps ?? 0 });
  await teach(context, targets, steps);
  return { model: distillPaths(context.options.out).run, state: { ...state, steps } };
}

/** The corpus, with the texts of `--exchange` where they are asked for. */
async function madeCorpus(
  context: DistillContext,
  { teacher, runtime }: OpenTeacher,
): Promise<CorpusCount> {
  const { options, signal, onEvent } = context;
  const { data, column, reader, exchange: count } = options;
  requireWidths(options, teacher.info.dimension);
  onEvent({ type: "stage", name: "corpus" });
  const excluded = await plainTexts([options.eval ?? [], options.exclude ?? []].flat());
  const sources = { data, column, reader, excluded, signal };
  const corpus = await writeCorpus(distillPaths(options.out).corpus, sources);
  if (count === undefined) return corpus;
  const exchanged = await addExchangedTexts(context, { count, teacher, runtime, excluded });
  return { ...corpus, exchanged };
}
