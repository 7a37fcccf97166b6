import type { Gradients } from "../../autodiff/value-and-grad.js";
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
export interface LossModel {
  readonly model: Uint8Array;
  /** The output with the loss. */
  readonly loss: string;
  readonly gradients: Gradients;
  /** The output with the batch's candidates. */
  readonly candidates: string | undefined;
  /** What a run returns beside them. */
  readonly outputs: readonly string[];
}

/** Outputs of a graph that are neither gradient nor loss. */
export function furtherOutputs({
  candidates,
  outputs,
}: Pick<LossModel, "candidates" | "outputs">): string[] {
  return candidates === undefined ? [...outputs] : [...outputs, candidates];
}

/** The first model is the one that the trainer was created with; the others are added, and their bytes given away. */
export async function lossGraphs(
  trainer: Trainer,
  [first, ...others]: readonly LossModel[],
): Promise<LossGraph[]> {
  const graphs = first === undefined ? [] : [mainGraph(trainer, first)];
  for (const other of others) graphs.push(await furtherGraph(trainer, other));
  return graphs;
}

function mainGraph(trainer: Trainer, { loss, candidates = "" }: LossModel): LossGraph {
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

/** Parameters that a further graph does not depend on count as having gradient 0 in its updates. */
async function furtherGraph(trainer: Trainer, spec: LossModel): Promise<LossGraph> {
  const { model, gradients, loss, candidates = "" } = spec;
  const outputs = [loss, ...furtherOutputs(spec)];
  const source = await trainer.addGradients({ model, transfer: true, gradients, outputs });
  const accumulate: LossGraph["accumulate"] = async (feeds) => {
    const found = await source.accumulate(feeds, { transfer: true });
    return { loss: Number(found[loss]?.data[0]), candidates: found[candidates], outputs: found };
  };
  return {
    step: async (feeds, learningRate) => {
      const run = await accumulate(feeds);
      return { ...run, ...(await trainer.update({ learningRate, loss: run.loss })) };
    },
    accumulate,
  };
}
