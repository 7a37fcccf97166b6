import { join } from "node:path";
import type { TrainEvent } from "../../training/run-folder/events.js";
import type { distillTable } from "../options/distill.js";
import type { resolveJob } from "../options/shared.js";

export type DistillEvent =
  | TrainEvent
  | {
      /** A part of the work begins. */
      readonly type: "stage";
      readonly name: string;
    }
  | {
      /** The run that teaches the student begins: its number of updates is known. */
      readonly type: "lesson";
      readonly steps: number;
    };

/** What the parts of a distillation share. */
export interface DistillContext {
  readonly options: ReturnType<typeof resolveJob<typeof distillTable>>;
  readonly signal: AbortSignal | undefined;
  readonly onEvent: (event: DistillEvent) => void;
}

/** Files and folders of a distillation. */
export function distillPaths(out: string) {
  return {
    state: join(out, "distill.json"),
    corpus: join(out, "corpus.jsonl"),
    teacher: join(out, "teacher.npy"),
    targets: join(out, "targets.npy"),
    layers: join(out, "teacher"),
    student: join(out, "student"),
    static: join(out, "static"),
    timing: join(out, "timing"),
    run: join(out, "run"),
  };
}
