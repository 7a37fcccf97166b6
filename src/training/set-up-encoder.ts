import type { PlannedBatch } from "../dataset/batches/sampler.js";
import { type HeadSpec, headParameters, initialHead } from "../encoder/head.js";
import { embedForward } from "../encoder/step/cached-step.js";
import type { EncoderStepOptions } from "../encoder/step/encoder-step.js";
import type { Tensor } from "../math/tensor.js";
import { type EncoderBatch, encoderBatch } from "./encoder-batch.js";
import { encoderStepOptions } from "./encoder-step-options.js";
import { createEncoderStudent, type EncoderBatches } from "./encoder-student.js";
import type { ParameterOptions } from "./encoder-trainer.js";
import { firstInputs } from "./first-inputs.js";
import { type Feeds, headFeeds } from "./head-feeds.js";
import { importEncoder } from "./import-encoder.js";
import { openUpdate } from "./open-update.js";
import { type Gather, outsideFeeds } from "./outside-feeds.js";
import { initialScalars } from "./scalars.js";
import { cutTokens } from "./token-cutoff.js";
import { type TokenTable, tokenTable } from "./token-table.js";
import type { Training } from "./training.js";
import { weightsMerger } from "./tuned-weights.js";
import { openQueue, type Workshop } from "./workshop.js";

/** Texts whose vectors tell the principal components that a smaller head starts from. */
const componentTexts = 2_000;

/** Builds the step of the encoder and its optimizer, and tokenises every training text once. */
export async function setUpEncoder(shop: Workshop): Promise<Training<EncoderBatches>> {
  const { plan, head, runtime, encoder, control } = shop;
  const prepared = await importEncoder(encoder.info, runtime);
  const start = await headStart(shop);
  const step = await encoderStepOptions(shop, { prepared, start });
  const options: ParameterOptions = {
    settings: plan.settings,
    depth: prepared.depth,
    scalars: await initialScalars(plan.objective, head.outputDim, () =>
      firstInputs(shop, start, (first) => encodedFeeds(shop, first)),
    ),
  };
  const tokens = tokenTable(encoder, plan.batches.texts);
  const others = await shop.outside?.prepare(plan.batches.bareTexts ?? plan.batches.texts);
  const opened = await openUpdate({ shop, step, parameters: options, tokens });
  control.onEvent({ type: "rewrites", notes: opened.part.notes });
  const student = await createEncoderStudent({
    trainer: opened.trainer,
    encoder,
    forward: embedForward({ ...withoutDropout(step), split: false }),
    head,
    headSide: plan.settings.headSide,
    batchOf: preparation(shop, tokens, others),
    method: opened.method,
    queue: openQueue(shop, others),
    signal: control.signal,
    release: opened.release,
  });
  const merge = weightsMerger(prepared, opened.part);
  return {
    student,
    parts: (parameters) => ({
      weights: merge(parameters),
      ...(head.kind === "none"
        ? {}
        : { head: { spec: head, parameters: headValues(head, parameters) } }),
    }),
  };
}

function headValues(head: HeadSpec, parameters: ReadonlyMap<string, Tensor>) {
  return new Map(headParameters(head).map(({ name }) => [name, parameters.get(name)!]));
}

/** The base encoder's vectors of a batch. */
async function encodedFeeds({ plan, encode }: Workshop, planned: PlannedBatch): Promise<Feeds> {
  const batch = plan.batches.make(planned);
  const numbers = [...new Set(Object.values(batch.texts).flatMap((own) => [...own]))];
  const vectors = await encode(numbers.map((number) => plan.batches.texts[number]!));
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

async function headStart({ plan, head, encode }: Workshop): Promise<ReadonlyMap<string, Tensor>> {
  const reduces = head.outputDim < head.inputDim;
  const embeddings = reduces
    ? await encode(plan.batches.texts.slice(0, componentTexts))
    : undefined;
  return initialHead(head, { seed: plan.settings.seed, embeddings });
}

function preparation({ plan }: Workshop, tokens: TokenTable, others: Gather | undefined) {
  return (planned: Parameters<typeof plan.batches.make>[0]): EncoderBatch =>
    encoderBatch(plan.batches.make(planned), planned, {
      tokens,
      views: plan.views,
      cut: (ids, { epoch, batch }) =>
        cutTokens(ids, plan.augmentations?.token ?? [], { seed: plan.settings.seed, epoch, batch }),
      feeds: (batch) => ({
        ...batch.constants,
        ...(plan.outside === undefined || others === undefined
          ? {}
          : outsideFeeds(plan.outside, batch, others)),
      }),
    });
}
