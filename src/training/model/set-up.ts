import type { RunContext } from "./run-context.js";
import { setUpEncoder } from "./set-up-encoder.js";
import { setUpHead } from "./set-up-head.js";
import type { TrainableSetup } from "./trained-parts.js";

/** Sets up what the plan trains: the head alone, or the encoder. The trainable alone knows what its batches are. */
export async function setUp(context: RunContext): Promise<TrainableSetup<unknown>> {
  if (context.plan.settings.tune === "head")
    return (await setUpHead(context)) as TrainableSetup<unknown>;
  return (await setUpEncoder(context)) as TrainableSetup<unknown>;
}
