import { type EmbeddingCache, fillCache } from "../encoder/embedding-cache.js";
import type { Encoder } from "../encoder/encoder.js";
import { type HeadSpec, initialHead } from "../encoder/head.js";
import { internal } from "../errors/internal.js";
import type { Matrix, Tensor } from "../math/tensor.js";
import type { TensorInputs } from "../objectives/definition.js";
import { type Role, roles } from "../objectives/roles.js";
import type { Runtime } from "../runtime/runtime.js";
import { type CandidateQueue, createCandidateQueue } from "./candidate-queue.js";
import type { OnTrainEvent } from "./events.js";
import { type HeadBatch, headFeeds } from "./head-feeds.js";
import { type HeadStep, headStepGraph } from "./head-graph.js";
import {
  createHeadStudent,
  type Encode,
  type HeadStudentOptions,
  openHead,
} from "./head-student.js";
import type { OutsideVectors } from "./outside.js";
import { type Gather, outsideFeeds, outsideRoles } from "./outside-feeds.js";
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
  /** The guide or teacher. */
  readonly outside?: OutsideVectors;
}

/** A head ready to be trained, and the values it starts from. */
export interface HeadTraining {
  readonly student: Student<HeadBatch>;
  readonly start: ReadonlyMap<string, Tensor>;
}

/**
 * Refuses, before anything is encoded or written, an objective that does not fit the model: an odd dimension for angle, a prefix that
 * is too long. UserErrors as `buildLoss`.
 */
export function requireFittingModel(shop: Workshop): void {
  headStepGraph(headStep(shop));
}

/** Texts whose vectors tell the principal components: more would hardly move them. */
const componentTexts = 20_000;

/** Encodes every training text once, then sets up the head, the objective's own parameters and their optimizer. */
export async function setUpHead(shop: Workshop): Promise<HeadTraining> {
  const { plan, cache, head, outside } = shop;
  const { settings, batches, objective } = plan;
  const places = await embedTexts(shop);
  const gather: Gather = (numbers) => cache.gather(numbers.map((number) => places[number]!));
  const others = await outside?.prepare(batches.texts);
  const prepare = preparation(shop, gather, others);
  const reduces = head.outputDim < head.inputDim;
  const embeddings = reduces ? cache.gather(places.subarray(0, componentTexts)) : undefined;
  const start = initialHead(head, { seed: settings.seed, embeddings });
  const queue = openQueue(shop, others);
  const student = await createHeadStudent({
    runtime: shop.runtime,
    step: headStep(shop),
    start,
    scalars: await initialScalars(objective, head.outputDim, () =>
      firstInputs(shop, start, prepare),
    ),
    weightDecay: settings.weightDecay,
    maxGradNorm: settings.maxGradNorm,
    scalarRate: settings.scalarLr / settings.lr,
    prepare,
    encode: shop.encode,
    ...(queue === undefined ? {} : { queue }),
  });
  return { student, start };
}

function headStep({ plan, head, outside }: Workshop): HeadStep {
  const { settings, batches, objective } = plan;
  const queued: Role[] = queueSize(plan) === 0 ? [] : ["queue"];
  if (queued.length > 0 && plan.outside?.kind === "guide") queued.push("guideQueue");
  return {
    objective,
    head,
    headSide: settings.headSide,
    roles: [...batches.roles, ...outsideRoles(plan.outside, batches), ...queued],
    negatives: batches.negatives,
    ...(outside === undefined ? {} : { guideDimension: outside.dimension }),
  };
}

function queueSize({ objective }: TrainingPlan): number {
  return Number(objective.options.queue ?? 0);
}

function openQueue(
  { plan, head, outside }: Workshop,
  others: Gather | undefined,
): CandidateQueue | undefined {
  const size = queueSize(plan);
  if (size === 0) return undefined;
  const { falseNegatives } = plan.batches;
  if (falseNegatives === undefined) internal("a queue without pairs");
  const guide =
    others === undefined || outside === undefined
      ? {}
      : { guide: { gather: others, dimension: outside.dimension } };
  return createCandidateQueue({ size, dimension: head.outputDim, falseNegatives, ...guide });
}

function preparation(
  { plan }: Workshop,
  gather: Gather,
  others: Gather | undefined,
): HeadStudentOptions["prepare"] {
  return (planned) => {
    const texts = plan.batches.make(planned);
    const feeds = headFeeds(texts, gather);
    if (plan.outside === undefined || others === undefined) return { texts, feeds };
    return { texts, feeds: { ...feeds, ...outsideFeeds(plan.outside, texts, others) } };
  };
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
  prepare: HeadStudentOptions["prepare"],
): Promise<TensorInputs> {
  const [rows] = plan.sampler.plan(0).batches;
  const inputs = { ...prepare({ epoch: 0, batch: 0, rows: rows! }).feeds };
  const open = await openHead(runtime, head);
  for (const [role, tensor] of Object.entries(inputs)) {
    if (roles[role as Role].kind !== "vectors") continue;
    const [count = 0, cols = 0] = tensor.shape;
    const x: Matrix = { rows: count, cols, data: tensor.data as Float32Array };
    const { data } = await open.apply(x, start);
    inputs[role] = { dtype: "float32", shape: [count, head.outputDim], data };
  }
  await open.release();
  return inputs;
}
