import type { Workshop } from "./run-context.js";
import { setUpEncoder } from "./set-up-encoder.js";
import { setUpHead } from "./set-up-head.js";
import type { Training } from "./trained-parts.js";

/** Sets up what the plan trains: the head alone, or the encoder. The student alone knows what its batches are. */
export async function setUp(shop: Workshop): Promise<Training<unknown>> {
  if (shop.plan.settings.tune === "head") return (await setUpHead(shop)) as Training<unknown>;
  return (await setUpEncoder(shop)) as Training<unknown>;
}
