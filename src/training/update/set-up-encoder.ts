import type { PlannedBatch } from "../../dataset/batches/sampler.js";
import {
  type HeadSpec,
  headParameters,
  initialHead,
  startsFromComponents,
} from "../../encoder/head.js";
import { CACHED_NAMES, embedForward } from "../../encoder/step/cached-step.js";
import type { EncoderStepOptions } from "../../encoder/step/encoder-step.js";
import { describeTrained, type TrainedGroup } from "../../encoder/step/trained-tensors.js";
import { internal } from "../../errors/internal.js";
import type { RewriteNote } from "../../graph/rewrite.js";
import type { DropoutRates } from "../../graph/rewrites/dropout.js";
import type { Tensor } from "../../math/tensor.js";
import { collectLargeArrays } from "../../runtime/collect-garbage.js";
import type { Trainer } from "../../runtime/runtime.js";
import { auxiliaryFeeds, type Gather } from "../auxiliary/feeds.js";
import { type Feeds, headFeeds } from "../batches/head-feeds.js";
import { makeBatch } from "../batches/run-texts.js";
import { cutTokens } from "../batches/token-cutoff.js";
import { type TokenTable, tokenTable } from "../batches/token-table.js";
import { importEncoder } from "../model/import-encoder.js";
import { laterStart } from "../model/line-start.js";
import { weightsMerger } from "../model/merged-weights.js";
import type { Encode } from "../model/open-head.js";
import type { RunContext } from "../model/run-context.js";
import { encoderStepOptions } from "../model/step-options.js";
import { openQueues } from "./candidate-queue.js";
import { type EncoderBatch, encoderBatch } from "./encoder-batch.js";
import { refuseMixedTexts } from "./mixed-texts.js";
import { openUpdate } from "./open-update.js";
import { initialScalars } from "./start-values.js";
import { createTrainable, type TrainableSetup } from "./trainable.js";

/** Texts whose vectors tell the principal components that a smaller head starts from. */
const componentTexts = 2_000;

/**
 * Builds the step of the encoder and its optimizer, and tokenises every training text once. The base's session, which takes as much memory as
 * its file, is let go of first unless it is `shared`: nothing is embedded with it any more.
 */
export async function setUpEncoder(context: RunContext, shared: boolean): Promise<TrainableSetup> {
  const { plan, head, runtime, encoder, control } = context;
  const { settings } = plan;
  await refuseMixedTexts(encoder, plan.texts.prompted);
  const prepared = await importEncoder(encoder.info, runtime);
  const start = await headStart(context);
  const steps: EncoderStepOptions[] = [];
  for (const group of plan.groups)
    steps.push(await encoderStepOptions(context, { prepared, start, group }));
  const feeds = (first: PlannedBatch) => encodedFeeds(context, first);
  const scalars = await initialScalars(context, { start, feeds });
  const tokens = tokenTable(encoder, plan.texts.prompted);
  const others = await context.auxiliary?.prepare(plan.texts.bare);
  const lazyTables = encoder.info.isStatic;
  const parameters = { settings, depth: prepared.depth, scalars, lazyTables };
  if (!shared) await encoder.release();
  const { part, ...opened } = await openUpdate({ context, steps, parameters, tokens });
  control.onEvent({ type: "rewrites", notes: part.notes });
  for (const message of encoderNotes(part.notes, opened.tensors))
    control.onEvent({ type: "note", message });
  const [step] = steps;
  if (settings.dropout === "config" && step.dropout !== undefined)
    control.onEvent({ type: "note", message: `config.json's dropout: ${ratesText(step.dropout)}` });
  const names = prepared.weights.map(({ name }) => name);
  const merge = weightsMerger(prepared, part);
  const tuned = await openTuned(context, opened.trainer, step);
  const trainable = await createTrainable(context, {
    trainer: opened.trainer,
    batchOf: preparation(context, tokens, others),
    methods: opened.methods,
    queues: openQueues(context, others),
    encode: tuned.encode,
    // A function that had the whole step in sight would keep its start values in memory.
    release: async () => {
      await tuned.release();
      await opened.release();
    },
  });
  return {
    trainable,
    tensors: opened.tensors,
    start: laterStart(encoder.info, runtime, { head: start, adapters: part.adapters, names }),
    parts: (values) => ({ weights: merge(values), head: trainedHead(head, values) }),
  };
}

/** What is trained, and what of the file is trained in another form. */
function encoderNotes(notes: readonly RewriteNote[], tensors: readonly TrainedGroup[]): string[] {
  const fused = notes.filter(({ name }) => name === "fused operators").map(({ note }) => note);
  return [`trains ${describeTrained(tensors)}`, ...fused];
}

function trainedHead(spec: HeadSpec, values: ReadonlyMap<string, Tensor>) {
  if (spec.kind === "none") return undefined;
  const parameters = headParameters(spec).map(
    ({ name }) => [name, values.get(name) ?? internal(`no value of ${name}`)] as const,
  );
  return { spec, parameters: new Map(parameters) };
}

/** The encoder with its weights as they are: the session reads them where the optimizer writes them. Without dropout. */
async function openTuned(
  { encoder, control, head }: RunContext,
  trainer: Trainer,
  { dropout: _, ...step }: EncoderStepOptions,
): Promise<{ readonly encode: Encode; readonly release: () => Promise<void> }> {
  const { embedding } = CACHED_NAMES;
  const { model } = embedForward({ ...step, split: false });
  // The graph it was written from, and what was left of the step's.
  await collectLargeArrays();
  const session = await trainer.createSession(model, { memoryPattern: false, transfer: true });
  const run = {
    run: async (feeds: Parameters<typeof session.run>[0]) =>
      (await session.run(feeds, [embedding], { transfer: true }))[embedding] ??
      internal("the encoder's graph has no embedding"),
    inputs: session.inputs.map(({ name }) => name),
    width: head.inputDim,
    normalize: false,
  };
  return {
    encode: (texts) =>
      encoder.encodeWith(run, texts, {
        signal: control.signal,
        prompt: "",
        onProgress: (done) => control.onEvent({ type: "encoding", done, total: texts.length }),
      }),
    release: () => session.release(),
  };
}

function ratesText(rates: DropoutRates): string {
  const { embeddings = 0, attention = 0, attentionOutput = 0, feedForward = 0 } = rates;
  return `embeddings ${embeddings}, attention ${attention}, attention output ${attentionOutput}, feed-forward ${feedForward}`;
}

/** The base encoder's vectors of a batch. */
async function encodedFeeds({ plan, encode }: RunContext, planned: PlannedBatch): Promise<Feeds> {
  const batch = makeBatch(plan, planned);
  const numbers = [...new Set(Object.values(batch.texts).flatMap((members) => [...members]))];
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

function preparation({ plan }: RunContext, tokens: TokenTable, others: Gather | undefined) {
  const { settings, groups, augmentations } = plan;
  return (planned: PlannedBatch): EncoderBatch => {
    const texts = makeBatch(plan, planned);
    const { views, auxiliary } = groups[texts.group];
    const place = { ...planned, seed: settings.seed };
    return encoderBatch(texts, planned, {
      tokens,
      views,
      cut: (ids) => cutTokens(ids, augmentations?.token ?? [], place),
      feeds: (batch) => ({ ...batch.constants, ...auxiliaryFeeds(auxiliary, batch, others) }),
    });
  };
}
