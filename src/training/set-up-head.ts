import { fillCache } from "../encoder/embedding-cache.js";
import { initialHead } from "../encoder/head.js";
import { augmentVectors } from "./augment-vectors.js";
import { firstInputs } from "./first-inputs.js";
import { type HeadBatch, headFeeds } from "./head-feeds.js";
import { createHeadStudent, type HeadStudentOptions } from "./head-student.js";
import { type Gather, outsideFeeds } from "./outside-feeds.js";
import { initialScalars } from "./scalars.js";
import type { Training } from "./training.js";
import { headStep, openQueue, type Workshop } from "./workshop.js";

/** Texts whose vectors tell the principal components: more would hardly move them. */
const componentTexts = 20_000;

/** Encodes every training text once, then sets up the head, the objective's own parameters and their optimizer. */
export async function setUpHead(shop: Workshop): Promise<Training<readonly HeadBatch[]>> {
  const { plan, cache, head, outside } = shop;
  const { settings, batches, objective } = plan;
  const places = await embedTexts(shop);
  const gather: Gather = (numbers) => cache.gather(numbers.map((number) => places[number]!));
  const others = await outside?.prepare(batches.bareTexts ?? batches.texts);
  const prepare = preparation(shop, gather, others);
  const reduces = head.outputDim < head.inputDim;
  const embeddings = reduces ? cache.gather(places.subarray(0, componentTexts)) : undefined;
  const start = initialHead(head, { seed: settings.seed, embeddings });
  const queue = openQueue(shop, others);
  const student = await createHeadStudent({
    runtime: shop.runtime,
    step: headStep(shop),
    start,
    scalars: await initialScalars(objective, head.outputDim, () =>
      firstInputs(shop, start, (first) => prepare(first).feeds),
    ),
    weightDecay: settings.weightDecay,
    maxGradNorm: settings.maxGradNorm,
    scalarRate: settings.scalarLr / settings.lr,
    prepare,
    encode: shop.encode,
    ...(queue === undefined ? {} : { queue }),
  });
  return { student, parts: (parameters) => ({ head: { spec: head, parameters } }) };
}

function preparation(
  { plan }: Workshop,
  gather: Gather,
  others: Gather | undefined,
): HeadStudentOptions["prepare"] {
  return (planned) => {
    const texts = plan.batches.make(planned);
    const place = { ...planned, seed: plan.settings.seed };
    const feeds = augmentVectors(headFeeds(texts, gather), plan.augmentations?.vector ?? [], place);
    if (plan.outside === undefined || others === undefined) return { texts, feeds };
    return { texts, feeds: { ...feeds, ...outsideFeeds(plan.outside, texts, others) } };
  };
}

async function embedTexts({ plan, encoder, cache, control }: Workshop): Promise<Uint32Array> {
  const { texts } = plan.batches;
  return fillCache(encoder, texts, cache, {
    prompt: "",
    signal: control.signal,
    onProgress: (done) => control.onEvent({ type: "encoding", done, total: texts.length }),
  });
}
