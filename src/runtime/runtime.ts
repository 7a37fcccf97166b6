import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { usageError } from "../errors/user-error.js";
import { Channel } from "./channel.js";
import { createGate, shut } from "./gate.js";
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

export interface RuntimeOptions {
  /** Default: the cores that this process may use. */
  readonly threads?: number | undefined;
}

/**
 * Starts ONNX Runtime in a worker thread, where its synchronous runs leave the main thread free. Throws UserError
 * `no-onnxruntime` when the native library does not load on this machine. A process that exits waits for the run
 * under way.
 */
export async function openRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  const threads = options.threads ?? availableParallelism();
  if (!Number.isInteger(threads) || threads < 1) {
    throw usageError("bad-threads", `threads must be a whole number from 1 on, got ${threads}`);
  }
  const channel = startWorker(threads);
  await channel.call("open", null);
  return {
    threads,
    createSession: (model, sessionOptions) => createSession(channel, model, sessionOptions),
    createTrainer: (spec) => createTrainer(channel, spec),
    close: () => channel.close(),
  };
}

function startWorker(threads: number): Channel {
  const gate = createGate();
  const workerData = { threads, gate };
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
