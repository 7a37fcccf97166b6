import type { PlannedBatch } from "../dataset/batches/sampler.js";
import type { Encoder } from "../encoder/encoder.js";
import type { HeadSpec } from "../encoder/head.js";
import { CACHED_NAMES, type ForwardModel } from "../encoder/step/cached-step.js";
import { internal } from "../errors/internal.js";
import type { Embed } from "../evaluation/metric.js";
import { type Matrix, matrixTensor } from "../math/tensor.js";
import type { Session, Trainer } from "../runtime/runtime.js";
import type { EncoderBatch } from "./encoder-batch.js";
import { headForwardGraph } from "./head-graph.js";
import type { HeadSide } from "./settings.js";
import type { Student, UpdateResult } from "./student.js";

/** How gradients of a batch are found and applied. */
export type UpdateOn = (batch: EncoderBatch, learningRate: number) => Promise<UpdateResult>;

export interface EncoderStudentOptions {
  readonly trainer: Trainer;
  readonly encoder: Encoder;
  /** Texts → pooled vectors, with the trained weights as inputs and without dropout. */
  readonly forward: ForwardModel;
  readonly head: HeadSpec;
  readonly headSide: HeadSide;
  readonly prepare: (planned: PlannedBatch) => EncoderBatch;
  readonly update: UpdateOn;
  readonly signal?: AbortSignal | undefined;
}

/** An encoder that learns, or some of its layers or adapters, with a head or without. */
export async function createEncoderStudent(
  options: EncoderStudentOptions,
): Promise<Student<EncoderBatch>> {
  const { trainer, forward } = options;
  const session = await trainer.createSession(forward.model, { memoryPattern: false });
  const head = await boundHead(options);
  return {
    prepare: options.prepare,
    update: options.update,
    embed: embedWith(options, session, head),
    weights: () => trainer.state(),
    parameters: () => trainer.parameters(),
    restore: (weights, step) => trainer.restore({ ...weights, step }),
    load: (parameters) => trainer.load(parameters),
    release: async () => {
      await head?.release();
      await session.release();
      await trainer.release();
    },
  };
}

async function boundHead({ trainer, head }: EncoderStudentOptions): Promise<Session | undefined> {
  return head.kind === "none" ? undefined : trainer.createSession(headForwardGraph(head));
}

/** Embeds with the parameters as they are: the sessions read them where the optimizer writes them. */
function embedWith(
  { encoder, head, headSide, signal }: EncoderStudentOptions,
  session: Session,
  projection: Session | undefined,
): Embed {
  const { embedding } = CACHED_NAMES;
  const run = {
    run: async (feeds: Parameters<Session["run"]>[0]) =>
      (await session.run(feeds, [embedding], { transfer: true }))[embedding] ??
      internal("the encoder's graph has no embedding"),
    inputs: session.inputs.map(({ name }) => name),
    width: head.inputDim,
    normalize: false,
  };
  return async (texts, side) => {
    const vectors = await encoder.encodeWith(run, texts, { signal });
    const bare = projection === undefined || (headSide === "query" && side === "document");
    return bare ? vectors : project(projection, vectors, head.outputDim);
  };
}

async function project(session: Session, x: Matrix, cols: number): Promise<Matrix> {
  const { y } = await session.run({ x: matrixTensor(x) });
  if (y === undefined) internal("the head's graph has no output y");
  return { rows: x.rows, cols, data: y.data as Float32Array };
}
