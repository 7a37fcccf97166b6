import { Worker } from "node:worker_threads";
import { usageError } from "../errors/user-error.js";
import { Channel } from "./channel.js";
import type { Device } from "./device.js";
import { createGate, shut } from "./gate.js";
import { machineLimits } from "./machine-limits.js";
import { createSession } from "./session-client.js";
import { createTrainer } from "./trainer-client.js";
import type { Runtime } from "./types.js";

export type {
  FeedOptions,
  GradientSource,
  GradientSpec,
  Runtime,
  Session,
  SessionOptions,
  StepResult,
  StoredTensors,
  Tensors,
  Trainer,
  TrainerParameter,
  TrainerSpec,
  TrainerState,
  UpdateOptions,
  UpdateOutcome,
  ValueDescription,
} from "./types.js";

interface RuntimeOptions {
  /** Default: the cores that this process may use, or what its container gives it: `machineLimits`. */
  readonly threads?: number | undefined;
  /** Where sessions run; trainers run on the processor. Default: there too. */
  readonly device?: Device | undefined;
}

/** Each costs memory and a native thread before anything is run. */
const MOST_THREADS = 1024;

/**
 * Starts ONNX Runtime in a worker thread, where its synchronous runs leave the main thread free. Throws UserError
 * `no-onnxruntime` when the native library does not load on this machine. A process that exits waits for the run
 * under way.
 */
export async function openRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  const threads = options.threads ?? machineLimits().threads;
  if (!Number.isInteger(threads) || threads < 1 || threads > MOST_THREADS) {
    const range = `from 1 to ${MOST_THREADS}`;
    throw usageError("bad-threads", `threads must be a whole number ${range}, got ${threads}`);
  }
  const { device = "cpu" } = options;
  const channel = startWorker(threads, device);
  await channel.call("open", null);
  return {
    threads,
    device,
    createSession: (model, sessionOptions) => createSession(channel, model, sessionOptions),
    createTrainer: (spec) => createTrainer(channel, spec),
    close: () => channel.close(),
  };
}

function startWorker(threads: number, device: Device): Channel {
  const gate = createGate();
  const workerData = { threads, device, gate };
  const worker = new Worker(workerUrl(), { workerData, execArgv: [], name: "onnxruntime" });
  const onExit = (): void => shut(gate);
  process.once("exit", onExit);
  worker.once("exit", () => process.removeListener("exit", onExit));
  return new Channel(worker);
}

/** The compiled worker, from the compiled program and from the sources. */
function workerUrl(): URL {
  const fromSource = import.meta.url.endsWith(".ts");
  return new URL(fromSource ? "../../dist/runtime/worker.js" : "worker.js", import.meta.url);
}
