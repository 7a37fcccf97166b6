import type { Worker } from "node:worker_threads";
import { InternalError } from "../errors/internal.js";
import {
  type ArgumentOf,
  fromWire,
  type OperationName,
  type Request,
  type Response,
  type ResultOf,
} from "./protocol.js";

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Questions to a worker and their answers. While an answer is awaited the worker keeps the process alive; an idle one
 * does not, so a program that forgets `close` still ends. When the worker dies every open question is rejected.
 */
export class Channel {
  private readonly pending = new Map<number, Pending>();
  private readonly worker: Worker;
  private readonly exited: Promise<void>;
  private ended: Error | undefined;
  private closing: Promise<void> | undefined;
  private count = 0;

  constructor(worker: Worker) {
    this.worker = worker;
    worker.on("message", (response: Response) => this.settle(response));
    worker.on("error", (error) => this.fail(`failed: ${error.message}`, error));
    this.exited = new Promise((resolve) => {
      worker.on("exit", (code) => {
        this.fail(`ended unexpectedly (exit code ${code})`);
        resolve();
      });
    });
  }

  /** Asks the worker. Buffers in `transfer` are detached here and arrive there without a copy. */
  call<K extends OperationName>(
    kind: K,
    argument: ArgumentOf<K>,
    transfer: ArrayBuffer[] = [],
  ): Promise<ResultOf<K>> {
    if (this.ended !== undefined) return Promise.reject(this.ended);
    return new Promise((resolve, reject) => {
      const id = this.count;
      this.count += 1;
      const request: Request<K> = { id, kind, argument };
      this.worker.postMessage(request, transfer);
      this.pending.set(id, { resolve: resolve as Pending["resolve"], reject });
      this.worker.ref();
    });
  }

  /** Whether `close` was called. */
  get isClosed(): boolean {
    return this.closing !== undefined;
  }

  /** Lets the worker finish and end. Later questions are rejected; closing again waits for the same end. */
  close(): Promise<void> {
    this.closing ??= this.shutDown();
    return this.closing;
  }

  private async shutDown(): Promise<void> {
    const answered = this.call("close", null).catch(() => null);
    this.ended ??= new Error("the runtime is closed");
    await answered;
    this.worker.ref();
    await this.exited;
  }

  private settle(response: Response): void {
    const pending = this.pending.get(response.id);
    this.pending.delete(response.id);
    if (this.pending.size === 0 && this.closing === undefined) this.worker.unref();
    if ("error" in response) pending?.reject(fromWire(response.error));
    else pending?.resolve(response.result);
  }

  private fail(what: string, cause?: Error): void {
    this.ended ??= new InternalError(`the thread of ONNX Runtime ${what}`, { cause });
    for (const { reject } of this.pending.values()) reject(this.ended);
    this.pending.clear();
  }
}
