import type { Encoder } from "../encoder/encoder.js";
import { type HeadSpec, headParameters, headSpec } from "../encoder/head.js";
import { loadEncoder } from "../encoder/load.js";
import { buildEmbeddingParts } from "../encoder/step/cached-step.js";
import { buildEncoderStep } from "../encoder/step/encoder-step.js";
import { internal } from "../errors/internal.js";
import { float32, sizeOf } from "../math/tensor.js";
import { openRuntime, type Runtime } from "../runtime/runtime.js";
import { encoderStepOptions } from "./encoder-step-options.js";
import { headStepGraph } from "./head-graph.js";
import { importEncoder } from "./import-encoder.js";
import { type MemoryPlan, memoryPlan, textSizes, vectorSizes } from "./memory-plan.js";
import type { TrainingPlan } from "./plan.js";
import { promptedPlan } from "./prompted-plan.js";
import { headStep, queueSize } from "./workshop.js";

/** Memory of a planned run. */
export interface PlannedMemory extends MemoryPlan {
  /** Tokens that go through the encoder at once, by the first batch; 0 while it is frozen. */
  readonly tokens: number;
}

/** Reckons what the run will take in memory, without its parameters, optimizer or steps being allocated. */
export async function plannedMemory(planned: TrainingPlan): Promise<PlannedMemory> {
  const { settings } = planned;
  const { threads } = settings;
  const runtime = await openRuntime(threads === undefined ? {} : { threads });
  try {
    const encoder = await loadEncoder({ ...settings, runtime });
    const plan = promptedPlan(planned, encoder.info);
    const { head: kind, headDim: dim, headHidden: hidden } = settings;
    const head = headSpec(encoder.info.dimension, { kind, dim, hidden, mayGrow: true });
    if (settings.tune === "head") return headMemory(plan, head);
    return await encoderMemory(plan, { head, encoder, runtime });
  } finally {
    await runtime.close();
  }
}

const rowsOf = (plan: TrainingPlan) => ({
  rows: plan.settings.batchSize,
  negatives: plan.batches.negatives,
  queue: queueSize(plan),
});

function headMemory(plan: TrainingPlan, head: HeadSpec): PlannedMemory {
  const { model, gradients } = headStepGraph(headStep({ plan, head }));
  const own = plan.objective.definition.trained.map(({ role, shape }) => ({
    name: role as string,
    shape: shape(head.outputDim),
  }));
  const parameters = [...headParameters(head), ...own].map(({ name, shape }) => ({
    shape,
    gradient: gradients.get(name) ?? internal(`no gradient for ${name}`),
  }));
  return { ...memoryPlan({ model, parameters }, vectorSizes(rowsOf(plan))), tokens: 0 };
}

interface Opened {
  readonly head: HeadSpec;
  readonly encoder: Encoder;
  readonly runtime: Runtime;
}

async function encoderMemory(plan: TrainingPlan, opened: Opened): Promise<PlannedMemory> {
  const { head, encoder, runtime } = opened;
  const prepared = await importEncoder(encoder.info, runtime);
  const zeros = headParameters(head).map(
    ({ name, shape }) => [name, float32(shape, new Float32Array(sizeOf(shape)))] as const,
  );
  const start = new Map(zeros);
  const options = await encoderStepOptions({ plan, head, encoder }, { prepared, start });
  const limit = plan.settings.miniBatchTokens;
  const step =
    limit === undefined ? buildEncoderStep(options) : buildEmbeddingParts(options).backward;
  const lengths = firstLengths(plan, encoder, limit);
  const tokens = lengths.reduce((sum, length) => sum + length, 0);
  return { ...memoryPlan(step, textSizes(lengths, rowsOf(plan))), tokens };
}

/** Tokens of the texts of the first batch, or of as many as go through the encoder at once. */
function firstLengths(plan: TrainingPlan, encoder: Encoder, limit = Number.POSITIVE_INFINITY) {
  const [rows] = plan.sampler.plan(0).batches;
  const { texts } = plan.batches.make({ epoch: 0, batch: 0, rows: rows! });
  const numbers = new Set(Object.values(texts).flatMap((own) => [...own]));
  const all = encoder
    .tokenize([...numbers].map((number) => plan.batches.texts[number]!))
    .map(({ length }) => length);
  let total = 0;
  return all.filter((length, i) => {
    total += length;
    return i === 0 || total <= limit;
  });
}
