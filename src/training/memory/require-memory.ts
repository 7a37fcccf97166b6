import type { EncoderInfo } from "../../encoder/encoder.js";
import { type HeadSpec, headSpec, modulesHead } from "../../encoder/head.js";
import { loadEncoder } from "../../encoder/load.js";
import { UserError } from "../../errors/user-error.js";
import { openRuntime } from "../../runtime/runtime.js";
import { expectedTime } from "../model/expected-time.js";
import type { TrainSettings } from "../options/settings.js";
import type { TrainingPlan } from "../plan/plan.js";
import { promptedPlan } from "../plan/prompted-plan.js";
import type { ExpectedTime } from "../run-folder/events.js";
import {
  type BatchSizes,
  memoryOf,
  type PlannedMemory,
  type PlannedModel,
  plannedSteps,
} from "./planned-memory.js";

/** What a planned run takes, in memory and in time. */
export interface PlannedRun extends PlannedMemory, Partial<ExpectedTime> {}

/**
 * Reckons what the run will take in memory and, by a short timing of its encoder, in time, without its parameters, optimizer or steps being allocated. UserError: as loadEncoder, and
 * beyond-memory.
 */
export async function plannedRun(planned: TrainingPlan): Promise<PlannedRun> {
  const { settings } = planned;
  const runtime = await openRuntime({ threads: settings.threads });
  try {
    const encoder = await loadEncoder({ ...settings, runtime, modules: "leave" });
    const plan = promptedPlan(planned, encoder.info);
    const model = { plan, head: plannedHead(settings, encoder.info), encoder, runtime };
    const memory = await fittingMemory(model);
    return { ...memory, ...(await expectedTime(plan, encoder)) };
  } finally {
    await runtime.close();
  }
}

function plannedHead(settings: TrainSettings, { dimension, modules }: EncoderInfo): HeadSpec {
  const { head: kind, headDim: dim, headHidden: hidden } = settings;
  if (modules !== undefined) return modulesHead(dimension, modules.specs);
  return headSpec(dimension, { kind, dim, hidden, mayGrow: true });
}

/** Up to so many rows a batch of so many texts fits any machine that holds the model; reckoning takes longer than it is worth. */
const SMALL_BATCH = 64;

/** Refuses a run whose batches take more memory than there is, before anything is allocated. UserError beyond-memory. */
export async function requireMemory(model: PlannedModel): Promise<void> {
  const { settings } = model.plan;
  if (settings.batchSize <= SMALL_BATCH) return;
  await fittingMemory(model);
}

/** What the run takes. UserError beyond-memory, with the largest batch that fits, and with the tokens at once with which this one does. */
async function fittingMemory(model: PlannedModel): Promise<PlannedMemory> {
  const { settings } = model.plan;
  const whole = await plannedSteps(model);
  const memory = memoryOf(whole, settings);
  const { limit, total } = memory;
  if (limit === undefined || total <= limit.bytes) return memory;
  const fits = (sizes: BatchSizes, steps: typeof whole): boolean =>
    memoryOf(steps, sizes).total <= ROOM * limit.bytes;
  const { batchSize, miniBatchTokens } = settings;
  const rows = most(2, batchSize, (n) => fits({ batchSize: n, miniBatchTokens }, whole));
  const cut = settings.tune === "head" ? undefined : await plannedSteps(model, true);
  const tokens = cut && most(256, 16_384, (n) => fits({ batchSize, miniBatchTokens: n }, cut));
  const ways = [
    ...(tokens === undefined
      ? []
      : [`keep it with --mini-batch-tokens ${tokens}, which takes longer and learns the same`]),
    ...(rows === undefined ? [] : [`take --batch-size ${rows}`]),
  ];
  throw new UserError(
    "beyond-memory",
    `batches of ${batchSize} rows take about ${gigabytes(total)} of memory, and the ${limit.by} has ${gigabytes(limit.bytes)}`,
    {
      exitCode: 2,
      hint: ways.length === 0 ? "take a smaller model or --tune last:1" : ways.join(", or "),
    },
  );
}

/** Of the memory that there is, what a run may be advised to take: other programs need some, and the sum is an estimate. */
const ROOM = 0.8;

/** The largest of low, 2·low, 4·low, … and the steps between that fits, in powers of two; undefined where none does. */
function most(low: number, high: number, fits: (size: number) => boolean): number | undefined {
  let found: number | undefined;
  for (let size = low; size <= high && fits(size); size *= 2) found = size;
  return found;
}

function gigabytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GB`;
}
