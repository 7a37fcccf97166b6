import type { PlannedBatch } from "../../dataset/batches/sampler.js";
import {
  type HeadSpec,
  headParameters,
  initialHead,
  startsFromComponents,
} from "../../encoder/head.js";
import { embedForward } from "../../encoder/step/cached-step.js";
import type { EncoderStepOptions } from "../../encoder/step/encoder-step.js";
import { describeTrained, type TrainedGroup } from "../../encoder/step/trained-tensors.js";
import { internal } from "../../errors/internal.js";
import type { DropoutRates } from "../../graph/rewrites/dropout.js";
import type { RewriteNote } from "../../graph/rewrites/matching.js";
import type { Tensor } from "../../math/tensor.js";
import { auxiliaryFeeds, type Gather } from "../auxiliary/feeds.js";
import { type Feeds, headFeeds } from "../batches/head-feeds.js";
import { makeBatch } from "../batches/run-texts.js";
import { cutTokens } from "../batches/token-cutoff.js";
import { type TokenTable, tokenTable } from "../batches/token-table.js";
import { type EncoderBatch, encoderBatch } from "./encoder-batch.js";
import { encoderStepOptions } from "./encoder-step-options.js";
import type { ParameterOptions } from "./encoder-trainer.js";
import { scalarsOfGroups } from "./first-inputs.js";
import { importEncoder } from "./import-encoder.js";
import { weightsMerger } from "./merged-weights.js";
import { refuseMixedTexts } from "./mixed-texts.js";
import { openUpdate } from "./open-update.js";
import { openQueues, type RunContext } from "./run-context.js";
import { createTrainableEncoder, type EncoderBatches } from "./trainable-encoder.js";
import type { TrainableSetup } from "./trained-parts.js";

/** Texts whose vectors tell the principal components that a smaller head starts from. */
const componentTexts = 2_000;

/** Builds the step of the encoder and its optimizer, and tokenises every training text once. */
export async function setUpEncoder(context: RunContext): Promise<TrainableSetup<EncoderBatches>> {
  const { plan, head, runtime, encoder, control } = context;
  await refuseMixedTexts(encoder, plan.texts.prompted);
  const prepared = await importEncoder(encoder.info, runtime);
  const start = await headStart(context);
  const steps: EncoderStepOptions[] = [];
  for (const group of plan.groups)
    steps.push(await encoderStepOptions(context, { prepared, start, group }));
  const [step, ...others] = steps;
  if (step === undefined) internal("a plan without groups");
  const feeds = (first: PlannedBatch) => encodedFeeds(context, first);
  const options: ParameterOptions = {
    settings: plan.settings,
    depth: prepared.depth,
    scalars: await scalarsOfGroups(context, { start, feeds }),
  };
  const tokens = tokenTable(encoder, plan.texts.prompted);
  const auxiliary = await context.auxiliary?.prepare(plan.texts.bare);
  const opened = await openUpdate({
    context,
    steps: [step, ...others],
    parameters: options,
    tokens,
  });
  control.onEvent({ type: "rewrites", notes: opened.part.notes });
  for (const message of encoderNotes(opened.part.notes, opened.tensors))
    control.onEvent({ type: "note", message });
  if (plan.settings.dropout === "config" && step.dropout !== undefined)
    control.onEvent({ type: "note", message: `config.json's dropout: ${ratesText(step.dropout)}` });
  const trainable = await createTrainableEncoder({
    trainer: opened.trainer,
    encoder,
    forward: embedForward({ ...withoutDropout(step), split: false }),
    head,
    headSide: plan.settings.headSide,
    batchOf: preparation(context, { tokens, others: auxiliary }),
    methods: opened.methods,
    queues: openQueues(context, auxiliary),
    signal: control.signal,
    release: opened.release,
  });
  const merge = weightsMerger(prepared, opened.part);
  return {
    trainable,
    tensors: opened.tensors,
    parts: (parameters) => ({
      weights: merge(parameters),
      head:
        head.kind === "none" ? undefined : { spec: head, parameters: headValues(head, parameters) },
    }),
  };
}

/** What is trained, and what of the file is trained in another form. */
function encoderNotes(notes: readonly RewriteNote[], tensors: readonly TrainedGroup[]): string[] {
  const fused = notes.filter(({ name }) => name === "fused operators").map(({ note }) => note);
  return [`trains ${describeTrained(tensors)}`, ...fused];
}

function ratesText(rates: DropoutRates): string {
  const { embeddings = 0, attention = 0, attentionOutput = 0, feedForward = 0 } = rates;
  return `embeddings ${embeddings}, attention ${attention}, attention output ${attentionOutput}, feed-forward ${feedForward}`;
}

function headValues(head: HeadSpec, parameters: ReadonlyMap<string, Tensor>) {
  return new Map(headParameters(head).map(({ name }) => [name, parameters.get(name)!]));
}

/** The base encoder's vectors of a batch. */
async function encodedFeeds({ plan, encode }: RunContext, planned: PlannedBatch): Promise<Feeds> {
  const batch = makeBatch(plan, planned);
  const numbers = [...new Set(Object.values(batch.texts).flatMap((own) => [...own]))];
  const vectors = await encode(numbers.map((number) => plan.texts.prompted[number]));
  const places = new Map(numbers.map((number, i) => [number, i]));
  const { cols } = vectors;
  return headFeeds(batch, (wanted) => {
    const data = new Float32Array(wanted.length * cols);
    wanted.forEach((number, i) => {
      const start = places.get(number)! * cols;
      data.set(vectors.data.subarray(start, start + cols), i * cols);
    });
    return { rows: wanted.length, cols, data };
  });
}

function withoutDropout({ dropout: _, ...step }: EncoderStepOptions): EncoderStepOptions {
  return step;
}

async function headStart({
  plan,
  head,
  encode,
  encoder,
}: RunContext): Promise<ReadonlyMap<string, Tensor>> {
  const sample = plan.texts.prompted.slice(0, componentTexts);
  const embeddings = startsFromComponents(head) ? await encode(sample) : undefined;
  const modules = encoder.info.modules?.parameters;
  return initialHead(head, { seed: plan.settings.seed, embeddings, modules });
}

interface EncoderSources {
  readonly tokens: TokenTable;
  readonly others: Gather | undefined;
}

function preparation({ plan }: RunContext, { tokens, others }: EncoderSources) {
  return (planned: PlannedBatch): EncoderBatch => {
    const texts = makeBatch(plan, planned);
    const { views, auxiliary } = plan.groups[texts.group];
    return encoderBatch(texts, planned, {
      tokens,
      views,
      cut: (ids, { epoch, batch }) =>
        cutTokens(ids, plan.augmentations?.token ?? [], { seed: plan.settings.seed, epoch, batch }),
      feeds: (batch) => ({
        ...batch.constants,
        ...(auxiliary === undefined || others === undefined
          ? {}
          : auxiliaryFeeds(auxiliary, batch, others)),
      }),
    });
  };
}
