import type { HeadSpec } from "../../encoder/head.js";
import type { Tensor } from "../../math/tensor.js";

/** The parts of a model that training has made or changed. */
export interface TrainedParts {
  readonly head?:
    | { readonly spec: HeadSpec; readonly parameters: ReadonlyMap<string, Tensor> }
    | undefined;
  /** Weights of the encoder by the names of its initializers, adapters merged; what is absent is as it was. */
  readonly weights?: ReadonlyMap<string, Tensor>;
}
