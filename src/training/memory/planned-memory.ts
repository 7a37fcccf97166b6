import type { PlannedBatch } from "../../dataset/batches/sampler.js";
import type { Encoder } from "../../encoder/encoder.js";
import type { HeadSpec } from "../../encoder/head.js";
import { buildCachedLoss, buildEmbeddingParts } from "../../encoder/step/cached-step.js";
import { buildEncoderStep } from "../../encoder/step/encoder-step.js";
import { buildHeadStep } from "../../encoder/step/loss-step.js";
import {
  requireTrained,
  type TrainedGroup,
  trainedTensors,
} from "../../encoder/step/trained-tensors.js";
import { MOST_SAMPLED } from "../../evaluation/sampled-texts.js";
import { machineLimits } from "../../runtime/machine-limits.js";
import type { Runtime } from "../../runtime/runtime.js";
import { makeBatch } from "../batches/run-texts.js";
import { importEncoder } from "../model/import-encoder.js";
import { encoderStepOptions, headStepOptions, queueSize } from "../model/step-options.js";
import { averagingOf } from "../options/averaging.js";
import type { TrainSettings } from "../options/settings.js";
import type { ObjectiveGroup } from "../plan/objective-groups.js";
import type { TrainingPlan } from "../plan/plan.js";
import { firstBatch } from "../update/start-values.js";
import { type MemoryPlan, memoryPlan, textSizes, vectorSizes } from "./memory-plan.js";

/** Node, ONNX Runtime and the program itself, without any model. */
const PROGRAM_BYTES = 110 * 2 ** 20;

/** What the parts of a plan take; `total` is their sum with the program's. */
interface ReckonedMemory extends MemoryPlan {
  /** Tokens that go through the encoder at once, by the first batch; 0 while it is frozen. */
  readonly tokens: number;
  /** What of the encoder is trained; absent while it is frozen. */
  readonly tensors?: readonly TrainedGroup[] | undefined;
}

/** Memory of a planned run. */
export interface PlannedMemory extends ReckonedMemory {
  /** The moving average of the trained tensors, or the float64 sums of which their mean is made at the end; absent without an average. */
  readonly average?: number | undefined;
  /** Vectors of the selecting data that are held for the report, under both models. */
  readonly report: number;
  /** Of the program itself. */
  readonly program: number;
  /** All together: about the largest resident set of the run. */
  readonly total: number;
  /** What this process may have, in bytes, and what sets it; absent where the machine is not known. */
  readonly limit?: { readonly bytes: number; readonly by: "container" | "machine" };
}

/** What of a run its memory depends on. */
export interface PlannedModel {
  readonly plan: TrainingPlan;
  readonly head: HeadSpec;
  readonly encoder: Encoder;
  readonly runtime: Runtime;
}

/** The sizes that a caller may choose: rows of a batch, and most tokens that go through the encoder at once. */
export type BatchSizes = Pick<TrainSettings, "batchSize" | "miniBatchTokens">;

/** The step of each group, that whole batches or chunks of texts go through. */
interface PlannedSteps extends PlannedModel {
  readonly chunks: boolean;
  readonly groups: readonly {
    readonly step: Parameters<typeof memoryPlan>[0];
    /** With chunks: loss and slopes of all embeddings of a batch. */
    readonly loss?: Parameters<typeof memoryPlan>[0] | undefined;
    readonly group: ObjectiveGroup;
    /** Rows of the first batch: the largest size has no more of them than there are. */
    readonly rows: number;
    /** Tokens of each text of the first batch; empty while the encoder is frozen. */
    readonly lengths: readonly number[];
  }[];
  readonly tensors?: readonly TrainedGroup[] | undefined;
}

/** Builds the steps of a run, to reckon by; `chunks`: texts go through the encoder a few at a time. */
export async function plannedSteps(
  model: PlannedModel,
  chunks = model.plan.settings.miniBatchTokens !== undefined,
): Promise<PlannedSteps> {
  const { plan, head, encoder, runtime } = model;
  if (plan.settings.tune === "head") {
    const groups = plan.groups.map((group, number) => {
      const step = buildHeadStep(headStepOptions({ plan, head }, { group, start }));
      return { step, group, rows: firstBatch(plan, number).rows.length, lengths: [] };
    });
    return { ...model, chunks: false, groups };
  }
  const prepared = await importEncoder(encoder.info, runtime);
  const groups: PlannedSteps["groups"][number][] = [];
  let tensors: TrainedGroup[] | undefined;
  for (const [number, group] of plan.groups.entries()) {
    const options = await encoderStepOptions({ plan, head, encoder }, { prepared, start, group });
    const step = chunks ? buildEmbeddingParts(options).backward : buildEncoderStep(options);
    requireTrained(prepared, options.tuning, step.parameters);
    tensors ??= trainedTensors(prepared, step.parameters);
    const loss = chunks ? buildCachedLoss(options) : undefined;
    const batch = firstBatch(plan, number);
    const lengths = textLengths(plan, batch, encoder);
    groups.push({ step, loss, group, rows: batch.rows.length, lengths });
  }
  return { ...model, chunks, groups, tensors };
}

/** The memory of a run in batches of other sizes than its own, by the texts of its first batch. */
export function memoryOf(steps: PlannedSteps, sizes: BatchSizes): PlannedMemory {
  const { plan, encoder, head, tensors } = steps;
  const memory = reckoned(steps, sizes);
  const { memory: bytes, memoryLimited } = machineLimits();
  const limit = { bytes, by: memoryLimited ? "container" : "machine" } as const;
  const { trained, frozen, copies, optimizer, activations } = memory;
  const { kind } = averagingOf(plan.settings);
  const average = { off: undefined, ema: trained, last: 2 * trained }[kind];
  const report = reportBytes(plan, encoder.info.dimension + head.outputDim);
  const learning = trained + optimizer + (average ?? 0) + activations;
  const total = learning + frozen + copies + report + PROGRAM_BYTES;
  return { ...memory, tensors, average, report, program: PROGRAM_BYTES, total, limit };
}

function reckoned({ groups, chunks }: PlannedSteps, sizes: BatchSizes): ReckonedMemory {
  const limit = chunks ? sizes.miniBatchTokens : undefined;
  const memories = groups.map(({ step, loss, group, rows: most, lengths }) => {
    const rows = {
      rows: Math.min(sizes.batchSize, most),
      negatives: group.batches.negatives,
      queue: queueSize(group),
    };
    if (lengths.length === 0) return { ...memoryPlan(step, vectorSizes(rows)), tokens: 0 };
    const all = lengths.slice(0, Math.ceil((rows.rows / most) * lengths.length));
    const own = atOnce(all, limit);
    const tokens = own.reduce((sum, length) => sum + length, 0);
    const memory = memoryPlan(step, textSizes(own, rows));
    const together = loss === undefined ? 0 : memoryPlan(loss, textSizes(all, rows)).activations;
    return { ...memory, activations: Math.max(memory.activations, together), tokens };
  });
  // With chunks the encoder's models serve all tasks.
  return chunks
    ? { ...largest(memories), frozen: memories[0].frozen, copies: memories[0].copies }
    : largest(memories);
}

/** Half of it lies in the run folder, in half precision. */
function reportBytes({ evaluator }: TrainingPlan, dimensions: number): number {
  return 4 * dimensions * Math.min(MOST_SAMPLED, 2 * evaluator.rows);
}

/** Sizes are all that counts. */
const start = new Map();

/** The steps of groups run one after another and change the same parameters; each has what stays of the model for itself. */
function largest(memories: readonly ReckonedMemory[]): ReckonedMemory {
  const most = (of: Exclude<keyof ReckonedMemory, "tensors">): number =>
    Math.max(...memories.map((one) => one[of]));
  return {
    trained: most("trained"),
    frozen: memories.reduce((sum, { frozen }) => sum + frozen, 0),
    copies: memories.reduce((sum, { copies }) => sum + copies, 0),
    optimizer: most("optimizer"),
    activations: most("activations"),
    tokens: most("tokens"),
  };
}

/** Tokens of the distinct texts of a batch. */
function textLengths(plan: TrainingPlan, rows: PlannedBatch, encoder: Encoder): number[] {
  const batch = makeBatch(plan, rows);
  const numbers = new Set(Object.values(batch.texts).flatMap((own) => [...own]));
  return encoder
    .tokenize([...numbers].map((number) => plan.texts.prompted[number]))
    .map(({ length }) => length);
}

/** Of all texts as many as go through the encoder at once. */
function atOnce(lengths: readonly number[], limit = Number.POSITIVE_INFINITY): number[] {
  let total = 0;
  return lengths.filter((length, i) => {
    total += length;
    return i === 0 || total <= limit;
  });
}
