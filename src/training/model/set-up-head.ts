import { fillCache } from "../../encoder/embedding-cache.js";
import { initialHead } from "../../encoder/head.js";
import { type Gather, outsideFeeds } from "../auxiliary/feeds.js";
import { augmentVectors } from "../batches/augment-vectors.js";
import { type HeadBatch, headFeeds } from "../batches/head-feeds.js";
import { type NumberedBatches, numberedBatches } from "../batches/numbered-batches.js";
import { taskNumber } from "../plan/objective-groups.js";
import { scalarsOfTasks } from "./first-inputs.js";
import type { HeadStep } from "./head-graph.js";
import { headStep, openQueues, type Workshop } from "./run-context.js";
import { createHeadStudent, type HeadStudentOptions } from "./trainable-head.js";
import type { Training } from "./trained-parts.js";

/** Texts whose vectors tell the principal components: more would hardly move them. */
const componentTexts = 20_000;

/** Encodes every training text once, then sets up the head, the objectives' own parameters and their optimizer. */
export async function setUpHead(shop: Workshop): Promise<Training<readonly HeadBatch[]>> {
  const { plan, cache, head, outside } = shop;
  const { settings, tasks } = plan;
  const numbered = numberedBatches(tasks);
  const places = await embedTexts(shop, numbered.texts);
  const gather: Gather = (numbers) => cache.gather(numbers.map((number) => places[number]));
  const others = await outside?.prepare(numbered.bareTexts);
  const prepare = preparation(shop, { numbered, gather, others });
  const reduces = head.outputDim < head.inputDim;
  const embeddings = reduces ? cache.gather(places.subarray(0, componentTexts)) : undefined;
  const start = initialHead(head, { seed: settings.seed, embeddings });
  const student = await createHeadStudent({
    runtime: shop.runtime,
    steps: tasks.map((task) => headStep(shop, task)) as [HeadStep, ...HeadStep[]],
    start,
    scalars: await scalarsOfTasks(shop, { start, feeds: (first) => prepare(first).feeds }),
    weightDecay: settings.weightDecay,
    maxGradNorm: settings.maxGradNorm,
    scalarRate: settings.scalarLr / settings.lr,
    prepare,
    encode: shop.encode,
    queues: openQueues(shop, numbered, others),
  });
  return { student, parts: (parameters) => ({ head: { spec: head, parameters } }) };
}

interface HeadSources {
  readonly numbered: NumberedBatches;
  readonly gather: Gather;
  readonly others: Gather | undefined;
}

function preparation(
  { plan }: Workshop,
  { numbered, gather, others }: HeadSources,
): HeadStudentOptions["prepare"] {
  return (planned) => {
    const task = taskNumber(plan.tasks, planned.rows);
    const texts = numbered.makers[task].make(planned);
    const place = { ...planned, seed: plan.settings.seed };
    const feeds = augmentVectors(headFeeds(texts, gather), plan.augmentations?.vector ?? [], place);
    const outside = plan.tasks[task]?.outside;
    if (outside === undefined || others === undefined) return { task, texts, feeds };
    return { task, texts, feeds: { ...feeds, ...outsideFeeds(outside, texts, others) } };
  };
}

async function embedTexts(
  { encoder, cache, control }: Workshop,
  texts: readonly string[],
): Promise<Uint32Array> {
  return fillCache(encoder, texts, cache, {
    prompt: "",
    signal: control.signal,
    onProgress: (done) => control.onEvent({ type: "encoding", done, total: texts.length }),
  });
}
