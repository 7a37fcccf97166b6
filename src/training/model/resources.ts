import {
  type EmbeddingCache,
  encodeCached,
  openEmbeddingCache,
} from "../../encoder/embedding-cache.js";
import type { Encoder, EncoderInfo } from "../../encoder/encoder.js";
import { type HeadSpec, headSpec, modulesHead } from "../../encoder/head.js";
import { loadEncoder } from "../../encoder/load.js";
import { usageError } from "../../errors/user-error.js";
import { openRuntime, type Runtime } from "../../runtime/runtime.js";
import { type AuxiliaryModel, auxiliaryEmbed, openAuxiliary } from "../auxiliary/vectors.js";
import type { TrainSettings } from "../options/settings.js";
import { defaultHead } from "../options/tune.js";
import { type TrainingPlan, trainedTexts } from "../plan/plan.js";
import { promptedPlan } from "../plan/prompted-plan.js";
import { runPaths } from "../run-folder/run-folder.js";
import type { RunContext, RunControl } from "./run-context.js";

/**
 * What runs on the same model may share: the worker thread, the encoder and the vectors it has given. Texts come to the cache with their
 * prompts before them, so that a text under two prompts is two.
 */
export interface Resources {
  readonly runtime: Runtime;
  readonly encoder: Encoder;
  readonly cache: EmbeddingCache;
  readonly close: () => Promise<void>;
}

/** Opens the model for runs on so many texts; vectors of many texts are kept in `folder`. */
export async function openResources(
  settings: TrainSettings,
  texts: number,
  folder = runPaths(settings.out).cache,
): Promise<Resources> {
  const { threads } = settings;
  const runtime = await openRuntime(threads === undefined ? {} : { threads });
  try {
    const encoder = await loadEncoder({ ...settings, runtime, modules: "leave" });
    const cache = openEmbeddingCache(encoder, { texts, folder, prompt: "" });
    const close = async (): Promise<void> => {
      cache.close();
      await runtime.close();
    };
    return { runtime, encoder, cache, close };
  } catch (error) {
    await runtime.close();
    throw error;
  }
}

/** Opens the guide or teacher of a run, where it has one. */
export async function openAuxiliaryOf(
  plan: TrainingPlan,
  { runtime }: Resources,
  { onEvent, signal }: RunControl,
): Promise<AuxiliaryModel | undefined> {
  const { settings, auxiliary } = plan;
  if (auxiliary === undefined) return undefined;
  return openAuxiliary(auxiliary, {
    settings,
    runtime,
    texts: trainedTexts(plan),
    onEvent,
    signal,
  });
}

/** Lays out what the parts of a run work with, the model's prompts before all texts of the plan. A distilled head has the teacher's dimension unless another was chosen. */
export function openContext(
  planned: TrainingPlan,
  { runtime, encoder, cache }: Resources,
  {
    auxiliary,
    control,
  }: { readonly auxiliary: AuxiliaryModel | undefined; readonly control: RunControl },
): RunContext {
  const plan = promptedPlan(planned, encoder.info);
  const { signal } = control;
  const encode = (texts: readonly string[]) =>
    encodeCached(encoder, texts, cache, { signal, prompt: "" });
  const head = headOf(plan, encoder.info, auxiliary);
  if (head.kind === "modules") control.onEvent({ type: "note", message: modulesNote(head) });
  const context = { control, runtime, encoder, cache, head, encode };
  if (auxiliary === undefined) return { ...context, plan };
  const { evaluator } = plan;
  const run: typeof evaluator.run = (embed) => evaluator.run(embed, auxiliaryEmbed(auxiliary));
  return { ...context, plan: { ...plan, evaluator: { ...evaluator, run } }, auxiliary };
}

function modulesNote({ modules = [], inputDim, outputDim }: HeadSpec): string {
  const kinds = modules.map(({ kind }) => kind).join(", ");
  return `the model's own modules are trained: ${kinds}, ${inputDim} to ${outputDim} dimensions`;
}

/** The head of a run: the model's own modules, where it has some, else the one that the settings want. */
export function headOf(
  { settings, groups }: Pick<TrainingPlan, "settings" | "groups">,
  { dimension, modules }: Pick<EncoderInfo, "dimension" | "modules">,
  auxiliary: AuxiliaryModel | undefined,
): HeadSpec {
  const { head: kind, headHidden: hidden } = settings;
  if (modules !== undefined) {
    requireNoHead(settings);
    return modulesHead(dimension, modules.specs);
  }
  if (!groups.some(imitates) || auxiliary === undefined)
    return headSpec(dimension, { kind, dim: settings.headDim, hidden });
  const { dimension: wanted, name } = auxiliary;
  const dim = settings.headDim ?? wanted;
  if (dim !== wanted)
    throw usageError(
      "teacher-dimension",
      `--head-dim ${dim} cannot imitate the ${wanted} dimensions of the teacher ${name}`,
      `leave --head-dim out, or give ${wanted}`,
    );
  return headSpec(dimension, { kind, dim, hidden, mayGrow: true });
}

/** A model with modules of its own gets no other head. */
function requireNoHead({ head, tune, headDim }: TrainSettings): void {
  const asked = head !== defaultHead(tune) ? `--head ${head}` : headDim && `--head-dim ${headDim}`;
  if (!asked) return;
  throw usageError(
    "head-and-modules",
    `${asked} cannot be had on a model with modules of its own (Dense, LayerNorm), which are trained themselves`,
    "leave it out",
  );
}

/** Whether the group learns another model's vectors themselves. */
function imitates({ auxiliary }: TrainingPlan["groups"][number]): boolean {
  return auxiliary?.kind === "vectors";
}
