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

/** Memory of a planned run. */
export interface PlannedMemory extends MemoryPlan {
  /** The moving average of the trained tensors; absent without one. */
  readonly average?: number | undefined;
  /** Tokens that go through the encoder at once, by the first batch; 0 while it is frozen. */
  readonly tokens: number;
  /** What of the encoder is trained; absent while it is frozen. */
  readonly tensors?: readonly TrainedGroup[];
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
    const average = averagingOf(settings).kind === "ema" ? memory.trained : undefined;
    return { ...memory, average, limit: { bytes, by: memoryLimited ? "container" : "machine" } };
  } finally {
    await runtime.close();
  }
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

function headMemory(plan: TrainingPlan, head: HeadSpec): PlannedMemory {
  const memories = plan.groups.map((group) => {
    const step = buildHeadStep(headStepOptions({ plan, head }, { group, start }));
    return { ...memoryPlan(step, vectorSizes(rowsOf(plan, group))), tokens: 0 };
  });
  return largest(memories);
}

/** The steps of groups run one after another and change the same parameters; each has what stays of the model for itself. */
function largest(memories: readonly PlannedMemory[]): PlannedMemory {
  const most = (of: Exclude<keyof PlannedMemory, "tensors" | "limit" | "average">): number =>
    Math.max(...memories.map((one) => one[of]));
  return {
    trained: most("trained"),
    frozen: memories.reduce((sum, { frozen }) => sum + frozen, 0),
    optimizer: most("optimizer"),
    activations: most("activations"),
    tokens: most("tokens"),
  };
}

async function encoderMemory(
  plan: TrainingPlan,
  opened: { readonly head: HeadSpec; readonly encoder: Encoder; readonly runtime: Runtime },
): Promise<PlannedMemory> {
  const { head, encoder, runtime } = opened;
  const prepared = await importEncoder(encoder.info, runtime);
  const limit = plan.settings.miniBatchTokens;
  const memories: PlannedMemory[] = [];
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
    limit === undefined ? largest(memories) : { ...largest(memories), frozen: memories[0].frozen };
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
