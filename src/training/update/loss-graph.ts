import type { StepModel } from "../../encoder/step/loss-step.js";
import type { Tensor } from "../../math/tensor.js";
import type { Tensors, Trainer, UpdateOutcome } from "../../runtime/runtime.js";

/** What a run of a graph on a batch gives. */
export interface LossRun {
  readonly loss: number;
  /** The batch's own candidates [N,D], where the objective has a queue. */
  readonly candidates: Tensor | undefined;
  readonly outputs: Tensors;
}

/** One of the graphs of a trainer: loss and gradients of the batches of a group. The memory of feeds is given away. */
export interface LossGraph {
  /** One update on a batch. */
  readonly step: (feeds: Tensors, learningRate: number) => Promise<LossRun & UpdateOutcome>;
  /** Adds the gradients of a batch to those of the update to come. */
  readonly accumulate: (feeds: Tensors) => Promise<LossRun>;
}

/** A graph before it is loaded. */
export interface LossModel extends Omit<StepModel, "inputs" | "nodes"> {
  /** What a run returns beside loss and candidates. */
  readonly outputs?: readonly string[];
}

/** Outputs of a graph that are neither gradient nor loss. */
export function furtherOutputs({ candidates, outputs = [] }: LossModel): string[] {
  return candidates === undefined ? [...outputs] : [...outputs, candidates];
}

/** Outputs that hold gradients by the names of the parameters. */
export function gradientsOf({ parameters }: Pick<StepModel, "parameters">) {
  return new Map(parameters.map(({ name, gradient }) => [name, gradient]));
}

/** The graph that the trainer was created with. */
export function mainGraph(trainer: Trainer, { loss, candidates = "" }: LossModel): LossGraph {
  return {
    step: async (feeds, learningRate) => {
      const result = await trainer.step(feeds, learningRate, { transfer: true });
      return { ...result, candidates: result.outputs[candidates] };
    },
    accumulate: async (feeds) => {
      const outputs = await trainer.accumulate(feeds, { transfer: true });
      return { loss: Number(outputs[loss]?.data[0]), candidates: outputs[candidates], outputs };
    },
  };
}

/** A graph that is added, its bytes given away. Parameters that it does not depend on count as having gradient 0 in its updates. */
export async function furtherGraph(trainer: Trainer, spec: LossModel): Promise<LossGraph> {
  const { model, loss, candidates = "" } = spec;
  const gradients = gradientsOf(spec);
  const wanted = [loss, ...furtherOutputs(spec)];
  const source = await trainer.addGradients({ model, transfer: true, gradients, outputs: wanted });
  const accumulate: LossGraph["accumulate"] = async (feeds) => {
    const outputs = await source.accumulate(feeds, { transfer: true });
    return { loss: Number(outputs[loss]?.data[0]), candidates: outputs[candidates], outputs };
  };
  return {
    step: async (feeds, learningRate) => {
      const run = await accumulate(feeds);
      return { ...run, ...(await trainer.update({ learningRate, loss: run.loss })) };
    },
    accumulate,
  };
}
