// Entry of the worker thread: answers the questions of a Channel one after the other.
import { parentPort, workerData } from "node:worker_threads";
import { internal } from "../errors/internal.js";
import type { Device } from "./device.js";
import { enter, type Gate, leave } from "./gate.js";
import { createHost, type Handlers } from "./host/host.js";
import { type OperationName, type Request, type Response, toWire } from "./protocol.js";

const port = parentPort ?? internal("runtime/worker is the entry of a worker thread");
const { threads, device, gate } = workerData as { threads: number; device: Device; gate: Gate };
const handlers = createHost(threads, device);
let queue = Promise.resolve();

port.on("message", (request: Request) => {
  queue = queue.then(async () => {
    if (!enter(gate)) return;
    try {
      await answer(request, handlers);
    } finally {
      leave(gate);
    }
  });
});

async function answer<K extends OperationName>(request: Request<K>, all: Handlers): Promise<void> {
  const { id, kind, argument } = request;
  try {
    const { value, buffers } = await all[kind](argument);
    port.postMessage({ id, result: value } satisfies Response, buffers);
  } catch (error) {
    port.postMessage({ id, error: toWire(error) } satisfies Response);
  }
  if (kind === "close") port.close();
}
