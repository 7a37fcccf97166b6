import type { Encoder } from "../encoder/encoder.js";
import { type LoadEncoderOptions, loadEncoder } from "../encoder/load.js";
import { resolveGiven } from "../options/values.js";
import { openRuntime } from "../runtime/runtime.js";
import { loadModelTable } from "./options/load-model.js";

export interface LoadModelOptions
  extends Omit<LoadEncoderOptions, "runtime" | "model" | "modules"> {
  /** Default: the cores that this process may use. */
  readonly threads?: number | undefined;
}

/** An encoder with a runtime of its own. `release` ends both. */
export type LoadedModel = Encoder;

/**
 * Loads a model folder, run folder or (with `allowDownload`) hub id; without a name the bundled encoder.
 *
 *     const model = await loadModel("runs/first");
 *     const { data, cols } = await model.encode(["a text", "another"]);
 *     await model.release();
 */
export async function loadModel(
  model?: string,
  options: LoadModelOptions = {},
): Promise<LoadedModel> {
  const { hub, ...given } = options;
  const { threads, ...rest } = resolveGiven(loadModelTable, { ...given, model }, "loadModel");
  const runtime = await openRuntime({ threads });
  try {
    const encoder = await loadEncoder({ ...rest, hub, runtime });
    return {
      ...encoder,
      release: async () => {
        await encoder.release();
        await runtime.close();
      },
    };
  } catch (error) {
    await runtime.close();
    throw error;
  }
}
