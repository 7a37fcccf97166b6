import type { PlannedBatch } from "../../dataset/batches/sampler.js";
import {
  type HeadSpec,
  headParameters,
  initialHead,
  startsFromComponents,
} from "../../encoder/head.js";
import { embedForward } from "../../encoder/step/cached-step.js";
import type { EncoderStepOptions } from "../../encoder/step/encoder-step.js";
import { internal } from "../../errors/internal.js";
import type { DropoutRates } from "../../graph/rewrites/dropout.js";
import type { Tensor } from "../../math/tensor.js";
import { auxiliaryFeeds, type Gather } from "../auxiliary/feeds.js";
import { type Feeds, headFeeds } from "../batches/head-feeds.js";
import { type NumberedBatches, numberedBatches } from "../batches/numbered-batches.js";
import { cutTokens } from "../batches/token-cutoff.js";
import { type TokenTable, tokenTable } from "../batches/token-table.js";
import { groupNumber } from "../plan/objective-groups.js";
import { type EncoderBatch, encoderBatch } from "./encoder-batch.js";
import { encoderStepOptions } from "./encoder-step-options.js";
import type { ParameterOptions } from "./encoder-trainer.js";
import { scalarsOfGroups } from "./first-inputs.js";
import { importEncoder } from "./import-encoder.js";
import { weightsMerger } from "./merged-weights.js";
import { openUpdate } from "./open-update.js";
import { openQueues, type RunContext } from "./run-context.js";
import { createTrainableEncoder, type EncoderBatches } from "./trainable-encoder.js";
import type { TrainableSetup } from "./trained-parts.js";

/** Texts whose vectors tell the principal components that a smaller head starts from. */
const componentTexts = 2_000;

/** Builds the step of the encoder and its optimizer, and tokenises every training text once. */
export async function setUpEncoder(context: RunContext): Promise<TrainableSetup<EncoderBatches>> {
  const { plan, head, runtime, encoder, control } = context;
  const numbered = numberedBatches(plan.groups);
  const prepared = await importEncoder(encoder.info, runtime);
  const start = await headStart(context, numbered);
  const steps: EncoderStepOptions[] = [];
  for (const group of plan.groups)
    steps.push(await encoderStepOptions(context, { prepared, start, group }));
  const [step, ...others] = steps;
  if (step === undefined) internal("a plan without groups");
  const feeds = (first: PlannedBatch) => encodedFeeds(context, numbered, first);
  const options: ParameterOptions = {
    settings: plan.settings,
    depth: prepared.depth,
    scalars: await scalarsOfGroups(context, { start, feeds }),
  };
  const tokens = tokenTable(encoder, numbered.texts);
  const auxiliary = await context.auxiliary?.prepare(numbered.bareTexts);
  const opened = await openUpdate({
    context,
    steps: [step, ...others],
    parameters: options,
    tokens,
  });
  control.onEvent({ type: "rewrites", notes: opened.part.notes });
  if (plan.settings.dropout === "config" && step.dropout !== undefined)
    control.onEvent({ type: "note", message: `config.json's dropout: ${ratesText(step.dropout)}` });
  const trainable = await createTrainableEncoder({
    trainer: opened.trainer,
    encoder,
    forward: embedForward({ ...withoutDropout(step), split: false }),
    head,
    headSide: plan.settings.headSide,
    batchOf: preparation(context, { numbered, tokens, others: auxiliary }),
    methods: opened.methods,
    queues: openQueues(context, numbered, auxiliary),
    signal: control.signal,
    release: opened.release,
  });
  const merge = weightsMerger(prepared, opened.part);
  return {
    trainable,
    parts: (parameters) => ({
      weights: merge(parameters),
      head:
        head.kind === "none" ? undefined : { spec: head, parameters: headValues(head, parameters) },
    }),
  };
}

function ratesText(rates: DropoutRates): string {
  const { embeddings = 0, attention = 0, attentionOutput = 0, feedForward = 0 } = rates;
  return `embeddings ${embeddings}, attention ${attention}, attention output ${attentionOutput}, feed-forward ${feedForward}`;
}

function headValues(head: HeadSpec, parameters: ReadonlyMap<string, Tensor>) {
  return new Map(headParameters(head).map(({ name }) => [name, parameters.get(name)!]));
}

/** The base encoder's vectors of a batch. */
async function encodedFeeds(
  { plan, encode }: RunContext,
  { makers, texts }: NumberedBatches,
  planned: PlannedBatch,
): Promise<Feeds> {
  const batch = makers[groupNumber(plan.groups, planned.rows)].make(planned);
  const numbers = [...new Set(Object.values(batch.texts).flatMap((own) => [...own]))];
  const vectors = await encode(numbers.map((number) => texts[number]));
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

async function headStart(
  { plan, head, encode, encoder }: RunContext,
  { texts }: NumberedBatches,
): Promise<ReadonlyMap<string, Tensor>> {
  const reduces = startsFromComponents(head);
  const embeddings = reduces ? await encode(texts.slice(0, componentTexts)) : undefined;
  return initialHead(head, {
    seed: plan.settings.seed,
    embeddings,
    modules: encoder.info.modules?.parameters,
  });
}

interface EncoderSources {
  readonly numbered: NumberedBatches;
  readonly tokens: TokenTable;
  readonly others: Gather | undefined;
}

function preparation({ plan }: RunContext, { numbered, tokens, others }: EncoderSources) {
  return (planned: PlannedBatch): EncoderBatch => {
    const group = groupNumber(plan.groups, planned.rows);
    const { views, auxiliary } = plan.groups[group];
    return encoderBatch(numbered.makers[group].make(planned), planned, {
      group,
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
