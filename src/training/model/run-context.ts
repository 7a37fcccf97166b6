import { encodeCached, fillCache } from "../../encoder/embedding-cache.js";
import type { EncoderInfo } from "../../encoder/encoder.js";
import { type HeadSpec, headSpec, modulesHead } from "../../encoder/head.js";
import { unknownTokensNote } from "../../encoder/unknown-tokens.js";
import { usageError } from "../../errors/user-error.js";
import type { Evaluator } from "../../evaluation/metric.js";
import { type AuxiliaryModel, auxiliaryEmbed, openAuxiliary } from "../auxiliary/vectors.js";
import type { TrainSettings } from "../options/settings.js";
import { defaultHead } from "../options/tune.js";
import { type TrainingPlan, trainedTexts } from "../plan/plan.js";
import { promptedPlan } from "../plan/prompted-plan.js";
import type { RunControl } from "../run-folder/events.js";
import type { Encode } from "./open-head.js";
import type { Resources } from "./resources.js";

/** What the parts of a run share. */
export interface RunContext extends Omit<Resources, "close"> {
  readonly plan: TrainingPlan;
  readonly control: RunControl;
  readonly head: HeadSpec;
  readonly encode: Encode;
  /** The guide or teacher. */
  readonly auxiliary?: AuxiliaryModel | undefined;
}

/** Opens the guide or teacher of a run, where it has one. */
export async function openAuxiliaryOf(
  plan: TrainingPlan,
  resources: Resources,
  control: RunControl,
): Promise<AuxiliaryModel | undefined> {
  const { settings, auxiliary } = plan;
  const { runtime } = resources;
  if (auxiliary === undefined) return undefined;
  if (auxiliary.from === "model" && settings.guide === "base")
    return baseVectors(resources, control);
  return openAuxiliary(auxiliary, { settings, runtime, texts: trainedTexts(plan), control });
}

/** `--guide base`: the base's own vectors, which a frozen encoder has cached in any case. */
function baseVectors({ encoder, cache }: Resources, control: RunControl): AuxiliaryModel {
  const { dimension, name, hash, modules } = encoder.info;
  if (modules !== undefined)
    throw usageError(
      "guide-and-modules",
      "--guide base takes the encoder's own vectors, and this model has modules behind it",
      "name the model itself: --guide MODEL",
    );
  return {
    ...{ dimension, name, hash },
    prepare: async (texts) => {
      const places = await fillCache(encoder, texts, cache, {
        prompt: "",
        signal: control.signal,
        onProgress: (done) => control.onEvent({ type: "encoding", done, total: texts.length }),
      });
      return (numbers) => cache.gather(numbers.map((number) => places[number]));
    },
    close: async () => {},
  };
}

/** Lays out what the parts of a run work with, the model's prompts before all texts of the plan. A distilled head has the teacher's dimension unless another was chosen. */
export function openContext(
  planned: TrainingPlan,
  { runtime, encoder, cache }: Resources,
  { auxiliary, control }: Pick<RunContext, "auxiliary" | "control">,
): RunContext {
  const plan = promptedPlan(planned, encoder.info);
  const { signal, onEvent } = control;
  const unknown = unknownTokensNote(encoder, plan.texts.bare);
  if (unknown !== undefined) onEvent({ type: "note", message: `note: ${unknown}` });
  const encode = (texts: readonly string[]) =>
    encodeCached(encoder, texts, cache, {
      signal,
      prompt: "",
      onProgress: (done, total) => onEvent({ type: "encoding", done, total }),
    });
  const head = headOf(plan, encoder.info, auxiliary);
  if (head.kind === "modules") onEvent({ type: "note", message: modulesNote(head) });
  const context = { control, runtime, encoder, cache, head, encode };
  if (auxiliary === undefined) return { ...context, plan };
  const { evaluator, test } = plan;
  const besideTeacher = (own: Evaluator): Evaluator => ({
    ...own,
    run: (embed) => own.run(embed, auxiliaryEmbed(auxiliary)),
  });
  const measures = {
    evaluator: besideTeacher(evaluator),
    test: test && { ...test, evaluator: besideTeacher(test.evaluator) },
  };
  return { ...context, plan: { ...plan, ...measures }, auxiliary };
}

function modulesNote({ modules = [], inputDim, outputDim }: HeadSpec): string {
  const kinds = modules.map(({ kind }) => kind).join(", ");
  return `the model's own modules are trained: ${kinds}, ${inputDim} to ${outputDim} dimensions`;
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

/** The head of a run: the model's own modules, where it has some, else the one that the settings want. */
function headOf(
  { settings, groups }: TrainingPlan,
  { dimension, modules }: EncoderInfo,
  auxiliary: AuxiliaryModel | undefined,
): HeadSpec {
  const { head: kind, headHidden: hidden } = settings;
  if (modules !== undefined) {
    requireNoHead(settings);
    return modulesHead(dimension, modules.specs);
  }
  // Whether some group learns another model's vectors themselves.
  const imitates = groups.some((group) => group.auxiliary?.kind === "vectors");
  if (!imitates || auxiliary === undefined)
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
