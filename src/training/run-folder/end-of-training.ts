import type { Tensor } from "../../math/tensor.js";
import { averagingOf } from "../options/averaging.js";
import type { TrainSettings } from "../options/settings.js";
import { readAverages, readParameters } from "./checkpoint.js";
import { meanOfSnapshots } from "./snapshots.js";

/** Where training ended after a step: its parameters, or their average. UserErrors as `readCheckpoint`. */
export function readEnd(
  checkpoints: string,
  step: number,
  settings: Pick<TrainSettings, "average">,
): ReadonlyMap<string, Tensor> {
  const averaging = averagingOf(settings);
  if (averaging.kind === "last") return meanOfSnapshots(checkpoints, step, averaging.count);
  return averaging.kind === "ema"
    ? readAverages(checkpoints, step)
    : readParameters(checkpoints, step);
}
