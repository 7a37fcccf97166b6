import { join } from "node:path";
import { configuredDropout, uniformDropout } from "../../encoder/dropout-config.js";
import type { EncoderInfo } from "../../encoder/encoder.js";
import type { EncoderStepOptions } from "../../encoder/step/encoder-step.js";
import type { StepHead } from "../../encoder/step/head-part.js";
import { buildHeadStep, type LossOptions } from "../../encoder/step/loss-step.js";
import type { PreparedEncoder } from "../../encoder/step/prepare.js";
import { usageError } from "../../errors/user-error.js";
import { readJsonObject } from "../../files/json-file.js";
import type { DropoutRates } from "../../graph/rewrites/dropout.js";
import type { Tensor } from "../../math/tensor.js";
import type { ObjectiveInput } from "../../objectives/roles.js";
import { auxiliaryRoles } from "../auxiliary/feeds.js";
import type { TrainSettings } from "../options/settings.js";
import { tuningOf } from "../options/tune.js";
import type { ObjectiveGroup } from "../plan/objective-groups.js";
import type { RunContext } from "./run-context.js";
import { requireStaticTuning } from "./static-tuning.js";

/** For the batches of which group a step is built, and the start values of its head. */
interface StepStart {
  readonly group: ObjectiveGroup;
  readonly start: ReadonlyMap<string, Tensor>;
}

/** Q: candidates of earlier batches that the objective uses; 0 without a queue. */
export function queueSize({ objective }: Pick<ObjectiveGroup, "objective">): number {
  return Number(objective.options.queue ?? 0);
}

/** What the training step of a head is built from. */
export function headStepOptions(
  { plan, head, auxiliary }: Pick<RunContext, "plan" | "head" | "auxiliary">,
  { group, start }: StepStart,
): LossOptions & { readonly head: StepHead } {
  const { batches, objective, prefix } = group;
  const queued: ObjectiveInput[] = queueSize(group) === 0 ? [] : ["queue"];
  if (queued.length > 0 && group.auxiliary?.kind === "guide") queued.push("guideQueue");
  return {
    objective,
    prefix,
    roles: [...batches.roles, ...auxiliaryRoles(group.auxiliary, batches), ...queued],
    negatives: batches.negatives,
    guideDimension: auxiliary?.dimension,
    head: { spec: head, side: plan.settings.headSide, start },
  };
}

/** What the training step of an encoder is built from. */
export async function encoderStepOptions(
  context: Pick<RunContext, "plan" | "head" | "encoder" | "auxiliary">,
  { prepared, ...start }: StepStart & { readonly prepared: PreparedEncoder },
): Promise<EncoderStepOptions> {
  const { settings } = context.plan;
  const { pooling, includePrompt, normalize, modules } = context.encoder.info;
  return {
    ...headStepOptions(context, start),
    ...{ encoder: prepared, pooling, includePrompt },
    // What a model has of its own between pooling and its last normalisation wants vectors as they are pooled.
    normalize: normalize && modules === undefined,
    tuning: tuningOf(settings, prepared.depth),
    dropout: await dropoutOf(settings, context.encoder.info),
  };
}

/** The rates of dropout; undefined where it is off, so that the graph has no masks. */
async function dropoutOf(
  { dropout }: TrainSettings,
  { path }: EncoderInfo,
): Promise<DropoutRates | undefined> {
  if (dropout === 0) return undefined;
  if (dropout !== "config") return uniformDropout(dropout);
  return configuredDropout((await readJsonObject(join(path, "config.json"))) ?? {});
}

/**
 * Refuses, before anything is encoded or written, an objective that does not fit the model: an odd dimension for angle, a prefix that
 * is too long, or what a static model has no place for. UserErrors as `buildLoss` and `requireStaticTuning`; usage error `equal-views`.
 */
export async function requireFittingModel(context: RunContext): Promise<void> {
  const { info } = context.encoder;
  const { settings, groups } = context.plan;
  if (info.isStatic) requireStaticTuning(info, settings);
  if (groups.some(({ views }) => views) && settings.augment === undefined)
    requireMasks(info, await dropoutOf(settings, info));
  for (const group of groups) buildHeadStep(headStepOptions(context, { group, start: new Map() }));
}

/** Two views of one text differ by their masks alone. */
function requireMasks({ name }: EncoderInfo, rates: DropoutRates | undefined): void {
  if (Object.values(rates ?? {}).some((rate) => rate > 0)) return;
  throw usageError(
    "equal-views",
    `single texts would be their own positives under equal masks: "${name}" has no dropout in its config.json`,
    "add --dropout 0.1, or --augment for other views",
  );
}
