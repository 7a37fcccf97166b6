import { join } from "node:path";
import { configuredDropout, uniformDropout } from "../../encoder/dropout-config.js";
import type { EncoderInfo } from "../../encoder/encoder.js";
import type { EncoderStepOptions } from "../../encoder/step/encoder-step.js";
import type { PreparedEncoder } from "../../encoder/step/prepare.js";
import { readJsonObject } from "../../files/json-file.js";
import type { Tensor } from "../../math/tensor.js";
import type { TrainSettings } from "../options/settings.js";
import { tuningOf } from "../options/tuning-of.js";
import type { ObjectiveGroup } from "../plan/objective-groups.js";
import { headStep, type RunContext } from "./run-context.js";

/** What training starts from. */
export interface EncoderStart {
  readonly prepared: PreparedEncoder;
  /** Start values of the head. */
  readonly start: ReadonlyMap<string, Tensor>;
}

/** What the training step of an encoder is built from, for the batches of a group. */
export async function encoderStepOptions(
  context: Pick<RunContext, "plan" | "head" | "encoder" | "auxiliary">,
  { prepared, start, group }: EncoderStart & { readonly group: ObjectiveGroup },
): Promise<EncoderStepOptions> {
  const { plan, head, encoder } = context;
  const { objective, prefix = "", roles, negatives, guideDimension } = headStep(context, group);
  return {
    encoder: prepared,
    pooling: encoder.info.pooling,
    includePrompt: encoder.info.includePrompt,
    // What a model has of its own between pooling and its last normalisation wants vectors as they are pooled.
    normalize: encoder.info.normalize && encoder.info.modules === undefined,
    tuning: tuningOf(plan.settings, prepared),
    ...(await dropoutOf(plan.settings, encoder.info)),
    objective,
    prefix,
    roles,
    negatives,
    guideDimension,
    head: head.kind === "none" ? undefined : { spec: head, side: plan.settings.headSide, start },
  };
}

/** The rates of dropout; none at all where it is off, so that the graph has no masks. */
async function dropoutOf(
  { dropout }: TrainSettings,
  { path }: EncoderInfo,
): Promise<Pick<EncoderStepOptions, "dropout">> {
  if (dropout === 0) return {};
  if (dropout !== "config") return { dropout: uniformDropout(dropout) };
  return { dropout: configuredDropout((await readJsonObject(join(path, "config.json"))) ?? {}) };
}
