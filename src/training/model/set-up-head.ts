import { fillCache } from "../../encoder/embedding-cache.js";
import { initialHead, startsFromComponents } from "../../encoder/head.js";
import { auxiliaryFeeds, type Gather } from "../auxiliary/feeds.js";
import { augmentVectors } from "../batches/augment-vectors.js";
import { type HeadBatch, headFeeds } from "../batches/head-feeds.js";
import { makeBatch } from "../batches/run-texts.js";
import { scalarsOfGroups } from "./first-inputs.js";
import type { HeadStep } from "./head-graph.js";
import { headStep, openQueues, type RunContext } from "./run-context.js";
import { createTrainableHead, type TrainableHeadOptions } from "./trainable-head.js";
import type { TrainableSetup } from "./trained-parts.js";

/** Texts whose vectors tell the principal components: more would hardly move them. */
const componentTexts = 20_000;

/** Encodes every training text once, then sets up the head, the objectives' own parameters and their optimizer. */
export async function setUpHead(
  context: RunContext,
): Promise<TrainableSetup<readonly HeadBatch[]>> {
  const { plan, cache, head, auxiliary } = context;
  const { settings, groups } = plan;
  const places = await embedTexts(context, plan.texts.prompted);
  const gather: Gather = (numbers) => cache.gather(numbers.map((number) => places[number]));
  const others = await auxiliary?.prepare(plan.texts.bare);
  const prepare = preparation(context, { gather, others });
  const reduces = startsFromComponents(head);
  const embeddings = reduces ? cache.gather(places.subarray(0, componentTexts)) : undefined;
  const start = initialHead(head, {
    seed: settings.seed,
    embeddings,
    modules: context.encoder.info.modules?.parameters,
  });
  const trainable = await createTrainableHead({
    runtime: context.runtime,
    steps: groups.map((group) => headStep(context, group)) as [HeadStep, ...HeadStep[]],
    start,
    scalars: await scalarsOfGroups(context, { start, feeds: (first) => prepare(first).feeds }),
    weightDecay: settings.weightDecay,
    maxGradNorm: settings.maxGradNorm,
    scalarRate: settings.scalarLr / settings.lr,
    prepare,
    encode: context.encode,
    queues: openQueues(context, others),
  });
  return { trainable, parts: (parameters) => ({ head: { spec: head, parameters } }) };
}

interface HeadSources {
  readonly gather: Gather;
  readonly others: Gather | undefined;
}

function preparation(
  { plan }: RunContext,
  { gather, others }: HeadSources,
): TrainableHeadOptions["prepare"] {
  return (planned) => {
    const texts = makeBatch(plan, planned);
    const place = { ...planned, seed: plan.settings.seed };
    const feeds = augmentVectors(headFeeds(texts, gather), plan.augmentations?.vector ?? [], place);
    const auxiliary = plan.groups[texts.group].auxiliary;
    if (auxiliary === undefined || others === undefined) return { texts, feeds };
    return { texts, feeds: { ...feeds, ...auxiliaryFeeds(auxiliary, texts, others) } };
  };
}

async function embedTexts(
  { encoder, cache, control }: RunContext,
  texts: readonly string[],
): Promise<Uint32Array> {
  return fillCache(encoder, texts, cache, {
    prompt: "",
    signal: control.signal,
    onProgress: (done) => control.onEvent({ type: "encoding", done, total: texts.length }),
  });
}
