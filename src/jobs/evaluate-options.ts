import type { EncoderInfo } from "../encoder/encoder.js";
import type { EvaluationData } from "../evaluation/definition.js";
import type { evaluateTable } from "./options/evaluate.js";
import type { JobOptions } from "./options/shared.js";

/** What to measure and with what (`evaluateTable`), and who listens. */
export type EvaluateOptions = JobOptions<typeof evaluateTable> & {
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: EvaluateEvent) => void) | undefined;
};

export type EvaluateEvent =
  | { readonly type: "data"; readonly dataset: EvaluationData }
  /** A model is open; `asked` is what --model or --base says, undefined the bundled encoder. */
  | { readonly type: "model"; readonly info: EncoderInfo; readonly asked: string | undefined }
  | { readonly type: "note"; readonly message: string }
  | {
      readonly type: "encoding";
      readonly model: string;
      readonly done: number;
      readonly total: number;
    };
