import { type EmbeddingCache, openEmbeddingCache } from "../../encoder/embedding-cache.js";
import type { Encoder } from "../../encoder/encoder.js";
import { loadEncoder } from "../../encoder/load.js";
import { openRuntime, type Runtime } from "../../runtime/runtime.js";
import type { TrainSettings } from "../options/settings.js";
import { runPaths } from "../run-folder/run-folder.js";

/**
 * What runs on the same model may share: the worker thread, the encoder and the vectors it has given. Texts come to the cache with their
 * prompts before them, so that a text under two prompts is two.
 */
export interface Resources {
  readonly runtime: Runtime;
  readonly encoder: Encoder;
  readonly cache: EmbeddingCache;
  readonly close: () => Promise<void>;
}

/** Opens the model for runs on so many texts; vectors of many texts are kept in `folder`. */
export async function openResources(
  settings: TrainSettings,
  texts: number,
  folder = runPaths(settings.out).cache,
): Promise<Resources> {
  const { threads } = settings;
  const runtime = await openRuntime({ threads });
  try {
    const encoder = await loadEncoder({ ...settings, runtime, modules: "leave" });
    const cache = openEmbeddingCache(encoder, { texts, folder, prompt: "" });
    const close = async (): Promise<void> => {
      cache.close();
      await runtime.close();
    };
    return { runtime, encoder, cache, close };
  } catch (error) {
    await runtime.close();
    throw error;
  }
}
