import type { AnyTable } from "../options/option.js";

/** Where ONNX Runtime runs a model: an execution provider of its package. */
export type Device = "cpu" | "webgpu" | "cuda" | "dml" | "coreml";

/** The option of commands that embed and measure; training is on the processor. */
export const deviceOption = {
  device: {
    type: "choice",
    choices: ["cpu", "webgpu", "cuda", "dml", "coreml"],
    default: "cpu",
    placeholder: "name",
    description: "where the encoder runs, as far as this machine's ONNX Runtime can",
  },
} as const satisfies AnyTable;
