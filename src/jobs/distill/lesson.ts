import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { VectorFile } from "../../distillation/vector-file.js";
import type { TrainedRun } from "../../training/run/run.js";
import type { TrainEvent } from "../../training/run-folder/events.js";
import { train } from "../train.js";
import { type DistillContext, distillPaths } from "./context.js";

/** Updates by which the time of one is told, and those before that are not counted. */
const TIMED = { steps: 16, warm: 6 };

/** Teaches the student by its teacher's vectors, or goes on with that. */
export async function teach(
  context: DistillContext,
  targets: VectorFile,
  steps: number | undefined,
): Promise<TrainedRun> {
  const { run } = distillPaths(context.options.out);
  return lesson(context, targets, {
    out: run,
    resume: existsSync(join(run, "run.json")),
    steps,
    onEvent: context.onEvent,
  });
}

/** The number of updates that --minutes give, by a run of a few; undefined where epochs or steps are given. */
export async function stepsOf(
  context: DistillContext,
  targets: VectorFile,
): Promise<number | undefined> {
  const { minutes, steps, epochs, batchSize, out } = context.options;
  if (minutes === undefined)
    return steps ?? Math.max(1, Math.ceil((targets.rows / batchSize) * epochs));
  const { timing } = distillPaths(out);
  rmSync(timing, { recursive: true, force: true });
  context.onEvent({ type: "stage", name: "time of an update" });
  const times: number[] = [];
  const onEvent = (event: TrainEvent) => {
    if (event.type === "step") times.push(performance.now());
  };
  await lesson(context, targets, { out: timing, resume: false, steps: TIMED.steps, onEvent });
  rmSync(timing, { recursive: true, force: true });
  const [first, last] = [times[TIMED.warm], times[times.length - 1]];
  const each = (last - first) / (times.length - 1 - TIMED.warm);
  return Math.max(1, Math.floor((minutes * 60_000) / each));
}

interface Lesson {
  readonly out: string;
  readonly resume: boolean;
  readonly steps: number | undefined;
  readonly onEvent: (event: TrainEvent) => void;
}

function lesson(
  { options, signal }: DistillContext,
  targets: VectorFile,
  { out, resume, steps, onEvent }: Lesson,
): Promise<TrainedRun> {
  const { corpus, student } = distillPaths(options.out);
  const { eval: selecting, batchSize, lr, evalEvery, seed, threads } = options;
  const { mse, gram, matryoshka: dims, average, interpolate } = options;
  return train({
    ...{ data: corpus, model: student, out, resume, onEvent, signal },
    ...{ objective: "distill-cosine", objectiveOptions: { mse, gram, dims } },
    ...{ teacherVectors: targets.path, average, interpolate },
    ...{ tune: "full", eval: selecting, batchSize, lr, evalEvery, seed, threads, steps },
  });
}
