import type { HeadSpec } from "../../encoder/head.js";
import type { Tensor } from "../../math/tensor.js";

/** A trained head. */
interface TrainedHead {
  readonly spec: HeadSpec;
  readonly parameters: ReadonlyMap<string, Tensor>;
}

/** The parts of a model that training has made or changed. */
export interface TrainedParts {
  readonly head?: TrainedHead | undefined;
  /** Weights of the encoder by the names of its initializers, adapters merged; what is absent is as it was. */
  readonly weights?: ReadonlyMap<string, Tensor>;
}
