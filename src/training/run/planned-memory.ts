import type { Encoder, EncoderInfo } from "../../encoder/encoder.js";
import { type HeadSpec, headSpec, modulesHead } from "../../encoder/head.js";
import { loadEncoder } from "../../encoder/load.js";
import { buildEmbeddingParts } from "../../encoder/step/cached-step.js";
import { buildEncoderStep } from "../../encoder/step/encoder-step.js";
import { buildHeadStep } from "../../encoder/step/loss-step.js";
import {
  requireTrained,
  type TrainedGroup,
  trainedTensors,
} from "../../encoder/step/trained-tensors.js";
import { MOST_SAMPLED } from "../../evaluation/sampled-texts.js";
import { machineLimits } from "../../runtime/machine-limits.js";
import { openRuntime, type Runtime } from "../../runtime/runtime.js";
import { makeBatch } from "../batches/run-texts.js";
import { importEncoder } from "../model/import-encoder.js";
import { encoderStepOptions, headStepOptions, queueSize } from "../model/step-options.js";
import { averagingOf } from "../options/averaging.js";
import type { TrainSettings } from "../options/settings.js";
import type { ObjectiveGroup } from "../plan/objective-groups.js";
import type { TrainingPlan } from "../plan/plan.js";
import { promptedPlan } from "../plan/prompted-plan.js";
import { firstBatch } from "../update/start-values.js";
import { type MemoryPlan, memoryPlan, textSizes, vectorSizes } from "./memory-plan.js";

/** Node, ONNX Runtime and the program itself, without any model. */
const PROGRAM_BYTES = 110 * 2 ** 20;

/** What the parts of a plan take; `total` is their sum with the program's. */
interface ReckonedMemory extends MemoryPlan {
  /** Tokens that go through the encoder at once, by the first batch; 0 while it is frozen. */
  readonly tokens: number;
  /** What of the encoder is trained; absent while it is frozen. */
  readonly tensors?: readonly TrainedGroup[];
}

/** Memory of a planned run. */
export interface PlannedMemory extends ReckonedMemory {
  /** The moving average of the trained tensors; absent without one. */
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

/** Reckons what the run will take in memory, without its parameters, optimizer or steps being allocated. */
export async function plannedMemory(planned: TrainingPlan): Promise<PlannedMemory> {
  const { settings } = planned;
  const runtime = await openRuntime({ threads: settings.threads });
  try {
    const encoder = await loadEncoder({ ...settings, runtime, modules: "leave" });
    const plan = promptedPlan(planned, encoder.info);
    const head = plannedHead(settings, encoder.info);
    const memory =
      settings.tune === "head"
        ? headMemory(plan, head)
        : await encoderMemory(plan, { head, encoder, runtime });
    const { memory: bytes, memoryLimited } = machineLimits();
    const limit = { bytes, by: memoryLimited ? "container" : "machine" } as const;
    const { trained, frozen, copies, optimizer, activations } = memory;
    const average = averagingOf(settings).kind === "ema" ? trained : undefined;
    const report = reportBytes(plan, encoder.info.dimension + head.outputDim);
    const held = trained + frozen + copies + optimizer + activations + (average ?? 0) + report;
    return {
      ...memory,
      average,
      report,
      program: PROGRAM_BYTES,
      total: held + PROGRAM_BYTES,
      limit,
    };
  } finally {
    await runtime.close();
  }
}

/** Half of it lies in the run folder, in half precision. */
function reportBytes({ evaluator }: TrainingPlan, dimensions: number): number {
  return 4 * dimensions * Math.min(MOST_SAMPLED, 2 * evaluator.rows);
}

function plannedHead(settings: TrainSettings, { dimension, modules }: EncoderInfo): HeadSpec {
  const { head: kind, headDim: dim, headHidden: hidden } = settings;
  if (modules !== undefined) return modulesHead(dimension, modules.specs);
  return headSpec(dimension, { kind, dim, hidden, mayGrow: true });
}
/** Sizes are all that counts. */
const start = new Map();

const rowsOf = ({ settings }: TrainingPlan, group: ObjectiveGroup) => ({
  rows: settings.batchSize,
  negatives: group.batches.negatives,
  queue: queueSize(group),
});

function headMemory(plan: TrainingPlan, head: HeadSpec): ReckonedMemory {
  const memories = plan.groups.map((group) => {
    const step = buildHeadStep(headStepOptions({ plan, head }, { group, start }));
    return { ...memoryPlan(step, vectorSizes(rowsOf(plan, group))), tokens: 0 };
  });
  return largest(memories);
}

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

async function encoderMemory(
  plan: TrainingPlan,
  opened: { readonly head: HeadSpec; readonly encoder: Encoder; readonly runtime: Runtime },
): Promise<ReckonedMemory> {
  const { head, encoder, runtime } = opened;
  const prepared = await importEncoder(encoder.info, runtime);
  const limit = plan.settings.miniBatchTokens;
  const memories: ReckonedMemory[] = [];
  let tensors: TrainedGroup[] | undefined;
  for (const [number, group] of plan.groups.entries()) {
    const options = await encoderStepOptions({ plan, head, encoder }, { prepared, start, group });
    const step =
      limit === undefined ? buildEncoderStep(options) : buildEmbeddingParts(options).backward;
    requireTrained(prepared, options.tuning, step.parameters);
    tensors ??= trainedTensors(prepared, step.parameters);
    const lengths = firstLengths(plan, number, { encoder, limit });
    const tokens = lengths.reduce((sum, length) => sum + length, 0);
    const memory = memoryPlan(step, textSizes(lengths, rowsOf(plan, group)));
    memories.push({ ...memory, tokens });
  }
  // With chunks the encoder's models serve all tasks.
  const memory =
    limit === undefined
      ? largest(memories)
      : { ...largest(memories), frozen: memories[0].frozen, copies: memories[0].copies };
  return tensors === undefined ? memory : { ...memory, tensors };
}

/** Tokens of the texts of a group's first batch, or of as many as go through the encoder at once. */
function firstLengths(
  plan: TrainingPlan,
  group: number,
  { encoder, limit = Number.POSITIVE_INFINITY }: { encoder: Encoder; limit: number | undefined },
): number[] {
  const batch = makeBatch(plan, firstBatch(plan, group));
  const numbers = new Set(Object.values(batch.texts).flatMap((own) => [...own]));
  const all = encoder
    .tokenize([...numbers].map((number) => plan.texts.prompted[number]))
    .map(({ length }) => length);
  let total = 0;
  return all.filter((length, i) => {
    total += length;
    return i === 0 || total <= limit;
  });
}
