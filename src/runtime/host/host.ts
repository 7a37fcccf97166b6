import { internal } from "../../errors/internal.js";
import type { Tensor } from "../../math/tensor.js";
import { collectGarbage } from "../collect-garbage.js";
import type { Device } from "../device.js";
import {
  type ArgumentOf,
  buffersOf,
  type OpenedSession,
  type OperationName,
  type Packed,
  type ResultOf,
} from "../protocol.js";
import type { Tensors } from "../types.js";
import { fromOrt, loadOrt, type Ort } from "./onnxruntime.js";
import { type HostSession, openSession, outputOf, runSession } from "./session.js";
import {
  addGradients,
  addGraph,
  copyOf,
  type HostTrainer,
  loadParameters,
  openBound,
  openTrainer,
  releaseTrainer,
  restoreState,
  stateOf,
  trainStep,
  update,
  writeParts,
} from "./trainer.js";

/** What the worker does for each question. */
export type Handlers = {
  readonly [K in OperationName]: (argument: ArgumentOf<K>) => Promise<Packed<ResultOf<K>>>;
};

/** Things by number. */
class Registry<T> {
  private readonly items = new Map<number, T>();
  private count = 0;
  private readonly what: string;

  constructor(what: string) {
    this.what = what;
  }

  add(item: T): number {
    this.count += 1;
    this.items.set(this.count, item);
    return this.count;
  }

  get(id: number): T {
    return this.items.get(id) ?? internal(`the ${this.what} was released`);
  }

  remove(id: number): T {
    const item = this.get(id);
    this.items.delete(id);
    return item;
  }

  ids(): number[] {
    return [...this.items.keys()];
  }
}

const plain = <T>(value: T): Packed<T> => ({ value, buffers: [] });

/** The answer to what has no result. */
async function done(work: Promise<unknown>): Promise<Packed<null>> {
  await work;
  return plain(null);
}

/** The handlers over their own sessions and trainers. ONNX Runtime is loaded by the first `open`. */
export function createHost(threads: number, device: Device): Handlers {
  const sessions = new Registry<HostSession>("session");
  const trainers = new Registry<HostTrainer>("trainer");
  let loading: Promise<Ort> | undefined;
  const ort = (): Promise<Ort> => {
    loading ??= loadOrt();
    return loading;
  };
  const releaseSession = (id: number): Promise<void> => sessions.remove(id).session.release();
  return {
    open: () => done(ort()),
    createSession: async ({ model, options }) => {
      const host = await openSession(await ort(), model, { ...options, threads, device });
      freeCopies(model);
      return plain(opened(sessions.add(host), host));
    },
    run: async ({ session, feeds, outputs }) => run(sessions.get(session), feeds, outputs),
    releaseSession: (id) => done(releaseSession(id)),
    ...trainerHandlers(trainers, ort, threads),
    createBoundSession: async ({ trainer, model, options }) => {
      const host = await openBound(trainers.get(trainer), model, options);
      freeCopies(model);
      return plain(opened(sessions.add(host), host));
    },
    close: async () => {
      for (const id of sessions.ids()) await releaseSession(id);
      for (const id of trainers.ids()) await releaseTrainer(trainers.remove(id));
      return plain(null);
    },
  };
}

/** What is asked of trainers alone. */
function trainerHandlers(
  trainers: Registry<HostTrainer>,
  ort: () => Promise<Ort>,
  threads: number,
) {
  return {
    createTrainer: async (spec) => {
      const trainer = trainers.add(await openTrainer(await ort(), spec, threads));
      freeCopies(spec.model);
      return plain(trainer);
    },
    step: async ({ trainer, feeds, learningRate }) => {
      const value = await trainStep(trainers.get(trainer), feeds, learningRate);
      return { value, buffers: packTensorsOf(value.outputs).buffers };
    },
    addGradients: async ({ trainer, spec }) => plain(await addGraph(trainers.get(trainer), spec)),
    accumulate: async ({ trainer, graph, feeds }) =>
      packTensorsOf(await addGradients(trainers.get(trainer), { graph, feeds })),
    update: async ({ trainer, options }) => plain(update(trainers.get(trainer), options)),
    load: async ({ trainer, parameters }) => {
      loadParameters(trainers.get(trainer), parameters);
      return plain(null);
    },
    parameters: async (id) => packMap(copyOf(trainers.get(id), "parameter")),
    state: async (id) => {
      const state = stateOf(trainers.get(id));
      const parts = [state.parameters, state.firstMoments, state.secondMoments];
      return { value: state, buffers: parts.flatMap((part) => packMap(part).buffers) };
    },
    write: async ({ trainer, path, parts }) =>
      plain(await writeParts(trainers.get(trainer), path, parts)),
    restore: async ({ trainer, state }) => {
      restoreState(trainers.get(trainer), state);
      return plain(null);
    },
    releaseTrainer: (id) => done(releaseTrainer(trainers.remove(id))),
  } satisfies Partial<Handlers>;
}

/** What the other side is told of a session; inputs that are always fed are no business of its. */
function opened(session: number, { inputs, outputs, bound }: HostSession): OpenedSession {
  return { session, inputs: inputs.filter(({ name }) => !(name in bound)), outputs };
}

function packTensorsOf<T extends Tensors>(tensors: T): Packed<T> {
  return { value: tensors, buffers: buffersOf(Object.values(tensors).map(({ data }) => data)) };
}

async function run(
  host: HostSession,
  feeds: ArgumentOf<"run">["feeds"],
  outputs: readonly string[] | undefined,
): Promise<Packed<ResultOf<"run">>> {
  const names = outputs ?? host.outputs.map((output) => output.name);
  for (const name of names) outputOf(host, name);
  const results = await runSession(host, feeds, names);
  const tensors = Object.entries(results).map(
    ([name, value]) => [name, fromOrt(name, value)] as const,
  );
  return packTensorsOf(Object.fromEntries(tensors));
}

function packMap<T extends ReadonlyMap<string, Tensor>>(tensors: T): Packed<T> {
  return { value: tensors, buffers: buffersOf([...tensors.values()].map(({ data }) => data)) };
}

/** Models from here on are worth a look for what can be freed. */
const LARGE_BYTES = 2 ** 24;

/** Frees the copies of model and parameters that came with a request, once it is answered. */
function freeCopies(model: Uint8Array | string | { readonly path: string }): void {
  if (model instanceof Uint8Array && model.length >= LARGE_BYTES) void collectGarbage();
}
