import { UserError } from "../errors/user-error.js";
import type { Tensor } from "../math/tensor.js";
import type { Channel } from "./channel.js";
import { once } from "./once.js";
import { buffersOf, type Packed, packArray, packTensors } from "./protocol.js";
import { openedSession } from "./session-client.js";
import type { GradientSource, Trainer, TrainerSpec, TrainerState } from "./types.js";

/** A trainer in the worker behind the channel. */
export async function createTrainer(channel: Channel, spec: TrainerSpec): Promise<Trainer> {
  const packed = packSpec(spec);
  const names = spec.parameters.map(({ name }) => name);
  const trainer = await channel.call("createTrainer", packed.value, packed.buffers);
  return {
    step: (feeds, learningRate, options) => {
      const { value, buffers } = packTensors(feeds, options);
      return channel.call("step", { trainer, feeds: value, learningRate }, buffers);
    },
    ...gradientsOf(channel, trainer),
    createSession: async (model, options = {}) => {
      const content = packArray(model, options);
      const request = { trainer, model: content, options };
      const buffers = [content.buffer as ArrayBuffer];
      return openedSession(channel, await channel.call("createBoundSession", request, buffers));
    },
    parameters: () => channel.call("parameters", trainer),
    state: () => channel.call("state", trainer),
    write: (path, parts) => channel.call("write", { trainer, path, parts }),
    restore: async (state) => {
      const { value, buffers } = packState(state);
      await channel.call("restore", { trainer, state: value }, buffers);
    },
    load: async (parameters) => {
      const missing = new Set(names);
      for (const [name, tensor] of parameters) {
        const { value, buffers } = packMap(new Map([[name, tensor]]));
        await channel.call("load", { trainer, parameters: value }, buffers);
        missing.delete(name);
      }
      for (const name of missing)
        throw new UserError("bad-state", `the state has no value of parameter "${name}"`);
    },
    release: once(async () => {
      if (!channel.isClosed) await channel.call("releaseTrainer", trainer);
    }),
  };
}

/** Everything about gradients that are kept for an update. */
function gradientsOf(
  channel: Channel,
  trainer: number,
): Pick<Trainer, "accumulate" | "update" | "addGradients"> {
  const source = (graph: number): GradientSource => ({
    accumulate: (feeds, options) => {
      const { value, buffers } = packTensors(feeds, options);
      return channel.call("accumulate", { trainer, graph, feeds: value }, buffers);
    },
  });
  return {
    accumulate: source(0).accumulate,
    update: (options) => channel.call("update", { trainer, options }),
    addGradients: async (spec) => {
      const model = packArray(spec.model, spec);
      const request = { trainer, spec: { ...spec, model } };
      return source(await channel.call("addGradients", request, [model.buffer as ArrayBuffer]));
    },
  };
}

function packSpec(spec: TrainerSpec): Packed<TrainerSpec> {
  const model = packArray(spec.model, spec);
  const parameters = spec.parameters.map((p) => ({ ...p, data: packArray(p.data) }));
  const buffers = buffersOf([model, ...parameters.map((p) => p.data)]);
  return { value: { ...spec, model, parameters }, buffers };
}

function packState(state: TrainerState): Packed<TrainerState> {
  const parts = [state.parameters, state.firstMoments, state.secondMoments].map(packMap);
  const [parameters, firstMoments, secondMoments] = parts.map((part) => part.value);
  const averages = state.averages && packMap(state.averages);
  return {
    value: {
      step: state.step,
      parameters: parameters ?? new Map(),
      firstMoments: firstMoments ?? new Map(),
      secondMoments: secondMoments ?? new Map(),
      averages: averages?.value,
    },
    buffers: [...parts, ...(averages === undefined ? [] : [averages])].flatMap(
      ({ buffers }) => buffers,
    ),
  };
}

function packMap(tensors: ReadonlyMap<string, Tensor>): Packed<Map<string, Tensor>> {
  const { value, buffers } = packTensors(Object.fromEntries(tensors));
  return { value: new Map(Object.entries(value)), buffers };
}
