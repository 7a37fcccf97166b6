import { type EmbeddingCache, fillCache } from "../encoder/embedding-cache.js";
import type { Encoder } from "../encoder/encoder.js";
import { type HeadSpec, initialHead } from "../encoder/head.js";
import type { Matrix, Tensor } from "../math/tensor.js";
import type { TensorInputs } from "../objectives/definition.js";
import { type Role, roles } from "../objectives/roles.js";
import type { Runtime } from "../runtime/runtime.js";
import type { OnTrainEvent } from "./events.js";
import { type Feeds, headFeeds } from "./head-feeds.js";
import {
  createHeadStudent,
  type Encode,
  type HeadStudentOptions,
  openHead,
} from "./head-student.js";
import type { TrainingPlan } from "./plan.js";
import { initialScalars } from "./scalars.js";
import type { Student } from "./student.js";

/** How a run is watched and stopped. */
export interface RunControl {
  readonly onEvent: OnTrainEvent;
  readonly signal?: AbortSignal;
}

/** What the parts of a run share. */
export interface Workshop {
  readonly plan: TrainingPlan;
  readonly control: RunControl;
  readonly runtime: Runtime;
  readonly encoder: Encoder;
  readonly cache: EmbeddingCache;
  readonly head: HeadSpec;
  readonly encode: Encode;
}

/** A head ready to be trained, and the values it starts from. */
export interface HeadTraining {
  readonly student: Student<Feeds>;
  readonly start: ReadonlyMap<string, Tensor>;
}

/** Texts whose vectors tell the principal components: more would hardly move them. */
const componentTexts = 20_000;

/** Encodes every training text once, then sets up the head, the objective's own parameters and their optimizer. */
export async function setUpHead(shop: Workshop): Promise<HeadTraining> {
  const { plan, cache, head } = shop;
  const { settings, batches, objective } = plan;
  const places = await embedTexts(shop);
  const gather = (numbers: Int32Array): Matrix =>
    cache.gather(numbers.map((number) => places[number]!));
  const feeds: HeadStudentOptions["feeds"] = (planned) => headFeeds(batches.make(planned), gather);
  const reduces = head.outputDim < head.inputDim;
  const embeddings = reduces ? cache.gather(places.subarray(0, componentTexts)) : undefined;
  const start = initialHead(head, { seed: settings.seed, embeddings });
  const student = await createHeadStudent({
    runtime: shop.runtime,
    step: {
      objective,
      head,
      headSide: settings.headSide,
      roles: batches.roles,
      negatives: batches.negatives,
    },
    start,
    scalars: await initialScalars(objective, head.outputDim, () => firstInputs(shop, start, feeds)),
    weightDecay: settings.weightDecay,
    maxGradNorm: settings.maxGradNorm,
    scalarRate: settings.scalarLr / settings.lr,
    feeds,
    encode: shop.encode,
  });
  return { student, start };
}

async function embedTexts({ plan, encoder, cache, control }: Workshop): Promise<Uint32Array> {
  const { texts } = plan.batches;
  return fillCache(encoder, texts, cache, {
    signal: control.signal,
    onProgress: (done) => control.onEvent({ type: "encoding", done, total: texts.length }),
  });
}

/** The first batch as the objective sees it at the start: vectors with the head applied. */
async function firstInputs(
  { plan, runtime, head }: Workshop,
  start: ReadonlyMap<string, Tensor>,
  feeds: HeadStudentOptions["feeds"],
): Promise<TensorInputs> {
  const [rows] = plan.sampler.plan(0).batches;
  const inputs: Record<string, Tensor> = feeds({ epoch: 0, batch: 0, rows: rows! });
  const open = await openHead(runtime, head);
  for (const [role, tensor] of Object.entries(inputs)) {
    if (roles[role as Role].kind !== "vectors") continue;
    const [count = 0, cols = 0] = tensor.shape;
    const x = { rows: count, cols, data: tensor.data as Float32Array };
    const { data } = await open.apply(x, start);
    inputs[role] = { dtype: "float32", shape: [count, head.outputDim], data };
  }
  await open.release();
  return inputs;
}
