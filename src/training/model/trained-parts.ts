import type { HeadSpec } from "../../encoder/head.js";
import type { TrainedGroup } from "../../encoder/step/trained-tensors.js";
import type { Tensor } from "../../math/tensor.js";
import type { Trainable } from "./trainable.js";

/** A trained head. */
export interface TrainedHead {
  readonly spec: HeadSpec;
  readonly parameters: ReadonlyMap<string, Tensor>;
}

/** The parts of a model that training has made or changed. */
export interface TrainedParts {
  readonly head?: TrainedHead | undefined;
  /** Weights of the encoder by the names of its initializers, adapters merged; what is absent is as it was. */
  readonly weights?: ReadonlyMap<string, Tensor>;
}

/** A trainable ready to be trained. */
export interface TrainableSetup<Batch> {
  readonly trainable: Trainable<Batch>;
  /** What of the encoder is trained; absent while it is frozen. */
  readonly tensors?: readonly TrainedGroup[] | undefined;
  /** What the trainable's parameters make of the model. */
  readonly parts: (parameters: ReadonlyMap<string, Tensor>) => TrainedParts;
}
