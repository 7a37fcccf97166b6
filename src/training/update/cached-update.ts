import { CACHED_NAMES } from "../../encoder/step/cached-step.js";
import { float32, type Tensor } from "../../math/tensor.js";
import type { GradientSource, Session, Trainer } from "../../runtime/runtime.js";
import type { EncoderBatch } from "./encoder-batch.js";
import { cut, type EncoderInputs } from "./encoder-inputs.js";
import type { LossGraph } from "./loss-graph.js";
import type { UpdateMethod } from "./update-method.js";

/** The encoder's two models, opened, and the names of their inputs. */
interface OpenedEncoder {
  readonly forward: Session;
  readonly forwardInputs: readonly string[];
  readonly backward: GradientSource;
  readonly backwardInputs: readonly string[];
}

/** The parts that an update with gradient caching runs. */
interface CachedUpdateOptions {
  readonly trainer: Trainer;
  /** The graph of the group's objective, and its output with the slopes of the vectors. */
  readonly objective: LossGraph;
  readonly embeddingGradient: string;
  /** The same for all groups. */
  readonly encoder: OpenedEncoder;
  /** Most tokens of a chunk; one text at least. */
  readonly tokens: number;
  readonly inputsOf: EncoderInputs;
}

/**
 * Gradients by gradient caching (Gao 2021, GradCache, section 3.2): memory depends on the chunk, the gradient is that of the
 * whole batch. Each chunk is embedded, the loss taken on all, and each chunk run again with the gradient of its vectors.
 * What both runs are fed is made twice, since it may be large: the same numbers come out.
 */
export function cachedUpdate(options: CachedUpdateOptions): UpdateMethod<EncoderBatch> {
  const { trainer, objective, embeddingGradient, tokens } = options;
  const { embedding } = CACHED_NAMES;
  const accumulate = async (batch: EncoderBatch) => {
    const chunks = cut([...batch.ids.keys()], (slot) => batch.ids[slot].length, tokens);
    const vectors = await embedChunks(options, batch, chunks);
    const run = await objective.accumulate({ ...batch.feeds, [embedding]: vectors });
    await backChunks(options, batch, { chunks, slopes: run.outputs[embeddingGradient] });
    return run;
  };
  return {
    ready: async () => ({}),
    step: async (batch, _, learningRate) => {
      const run = await accumulate(batch);
      return { ...run, ...(await trainer.update({ learningRate, loss: run.loss })) };
    },
    accumulate,
  };
}

type Chunks = readonly (readonly number[])[];

/** Vectors [slots, H] of all chunks; the next chunk's inputs are made while one runs. */
async function embedChunks(
  { encoder: { forward, forwardInputs }, inputsOf }: CachedUpdateOptions,
  batch: EncoderBatch,
  chunks: Chunks,
): Promise<Tensor> {
  const { embedding } = CACHED_NAMES;
  const running: Promise<Tensor>[] = [];
  for (const slots of chunks) {
    const feeds = await inputsOf(batch, slots, forwardInputs);
    await running.at(-2);
    running.push(forward.run(feeds, [embedding], { transfer: true }).then((out) => out[embedding]));
  }
  return stacked(await Promise.all(running));
}

async function backChunks(
  { encoder: { backward, backwardInputs }, inputsOf }: CachedUpdateOptions,
  batch: EncoderBatch,
  { chunks, slopes }: { readonly chunks: Chunks; readonly slopes: Tensor },
): Promise<void> {
  const width = slopes.shape[1];
  const running: Promise<unknown>[] = [];
  let start = 0;
  for (const slots of chunks) {
    const feeds = await inputsOf(batch, slots, backwardInputs);
    await running.at(-2);
    const end = start + slots.length * width;
    const gradient = float32(
      [slots.length, width],
      (slopes.data as Float32Array).slice(start, end),
    );
    start = end;
    running.push(
      backward.accumulate({ ...feeds, [CACHED_NAMES.gradient]: gradient }, { transfer: true }),
    );
  }
  await Promise.all(running);
}

/** Matrices [n_i, W] one below the other. */
function stacked(parts: readonly Tensor[]): Tensor {
  const width = parts[0].shape[1];
  const rows = parts.reduce((sum, { shape }) => sum + shape[0], 0);
  const data = new Float32Array(rows * width);
  let offset = 0;
  for (const part of parts) {
    data.set(part.data as Float32Array, offset);
    offset += part.data.length;
  }
  return float32([rows, width], data);
}
