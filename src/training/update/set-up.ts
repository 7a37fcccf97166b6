import { fillCache } from "../../encoder/embedding-cache.js";
import { initialHead, startsFromComponents } from "../../encoder/head.js";
import { buildHeadStep } from "../../encoder/step/loss-step.js";
import { auxiliaryFeeds, type Gather } from "../auxiliary/feeds.js";
import { augmentVectors } from "../batches/augment-vectors.js";
import { headFeeds } from "../batches/head-feeds.js";
import { makeBatch } from "../batches/run-texts.js";
import { lineStart } from "../model/line-start.js";
import type { RunContext } from "../model/run-context.js";
import { headStepOptions } from "../model/step-options.js";
import { openQueues } from "./candidate-queue.js";
import { openTrainer } from "./open-trainer.js";
import { setUpEncoder } from "./set-up-encoder.js";
import { initialScalars } from "./start-values.js";
import { createTrainable, type TrainableOptions, type TrainableSetup } from "./trainable.js";
import { plainUpdate, type StepBatch } from "./update-method.js";

/** Texts whose vectors tell the principal components: more would hardly move them. */
const componentTexts = 20_000;

/** Sets up what the plan trains: the head alone, or the encoder, whose base is let go of unless it is `shared` with other runs. */
export function setUp(context: RunContext, shared: boolean): Promise<TrainableSetup> {
  return context.plan.settings.tune === "head" ? setUpHead(context) : setUpEncoder(context, shared);
}

/** Encodes every training text once, then sets up the head, the objectives' own parameters and their optimizer. */
async function setUpHead(context: RunContext): Promise<TrainableSetup> {
  const { plan, cache, head, auxiliary } = context;
  const { settings, groups } = plan;
  const places = await embedTexts(context);
  const gather: Gather = (numbers) => cache.gather(numbers.map((number) => places[number]));
  const others = await auxiliary?.prepare(plan.texts.bare);
  const batchOf = preparation(context, gather, others);
  const reduces = startsFromComponents(head);
  const embeddings = reduces ? cache.gather(places.subarray(0, componentTexts)) : undefined;
  const modules = context.encoder.info.modules?.parameters;
  const start = initialHead(head, { seed: settings.seed, embeddings, modules });
  const steps = groups.map((group) => buildHeadStep(headStepOptions(context, { group, start })));
  const scalars = await initialScalars(context, { start, feeds: (first) => batchOf(first).feeds });
  const { trainer, graphs } = await openTrainer(context.runtime, steps, {
    ...{ settings, depth: 0, scalars },
  });
  const trainable = await createTrainable(context, {
    trainer,
    batchOf,
    methods: graphs.map((graph) => plainUpdate(graph)),
    queues: openQueues(context, others),
    encode: context.encode,
    release: async () => {},
  });
  return {
    trainable,
    start: async () => lineStart(undefined, { head: start, adapters: [] }),
    parts: (parameters) => ({ head: { spec: head, parameters } }),
  };
}

function preparation(
  { plan }: RunContext,
  gather: Gather,
  others: Gather | undefined,
): TrainableOptions<StepBatch>["batchOf"] {
  return (planned) => {
    const texts = makeBatch(plan, planned);
    const place = { ...planned, seed: plan.settings.seed };
    const feeds = augmentVectors(headFeeds(texts, gather), plan.augmentations?.vector ?? [], place);
    const more = auxiliaryFeeds(plan.groups[texts.group].auxiliary, texts, others);
    return { texts, feeds: { ...feeds, ...more }, tokens: 0 };
  };
}

/** Where the vector of each text is in the cache. */
function embedTexts({ encoder, cache, control, plan }: RunContext): Promise<Uint32Array> {
  const texts = plan.texts.prompted;
  return fillCache(encoder, texts, cache, {
    prompt: "",
    signal: control.signal,
    onProgress: (done, total) => control.onEvent({ type: "encoding", done, total }),
  });
}
