import { InternalError } from "../errors/internal.js";
import { type Location, UserError } from "../errors/user-error.js";
import type { Tensor, TensorData } from "../math/tensor.js";
import type {
  FeedOptions,
  GradientSpec,
  SessionOptions,
  StepResult,
  StoredTensors,
  Tensors,
  TrainerSpec,
  TrainerState,
  UpdateOptions,
  UpdateOutcome,
  ValueDescription,
} from "./types.js";

interface Operation<Argument, Result> {
  readonly argument: Argument;
  readonly result: Result;
}

/** A session in the worker, by its number. */
export interface OpenedSession {
  readonly session: number;
  readonly inputs: readonly ValueDescription[];
  readonly outputs: readonly ValueDescription[];
}

interface AccumulateRequest {
  readonly trainer: number;
  /** 0: the graph of the trainer's spec. */
  readonly graph: number;
  readonly feeds: Tensors;
}

/** What the worker can be asked, and what it answers. */
interface Operations {
  readonly open: Operation<null, null>;
  readonly createSession: Operation<
    { readonly model: Uint8Array | string; readonly options: SessionOptions },
    OpenedSession
  >;
  readonly run: Operation<
    {
      readonly session: number;
      readonly feeds: Tensors;
      readonly outputs: readonly string[] | undefined;
    },
    Tensors
  >;
  readonly releaseSession: Operation<number, null>;
  readonly createTrainer: Operation<TrainerSpec, number>;
  readonly step: Operation<
    { readonly trainer: number; readonly feeds: Tensors; readonly learningRate: number },
    StepResult
  >;
  readonly addGradients: Operation<
    { readonly trainer: number; readonly spec: GradientSpec },
    number
  >;
  readonly accumulate: Operation<AccumulateRequest, Tensors>;
  readonly update: Operation<
    { readonly trainer: number; readonly options: UpdateOptions },
    UpdateOutcome
  >;
  readonly createBoundSession: Operation<
    { readonly trainer: number; readonly model: Uint8Array; readonly options: SessionOptions },
    OpenedSession
  >;
  readonly load: Operation<
    { readonly trainer: number; readonly parameters: ReadonlyMap<string, Tensor> },
    null
  >;
  readonly parameters: Operation<number, ReadonlyMap<string, Tensor>>;
  readonly state: Operation<number, TrainerState>;
  readonly write: Operation<
    { readonly trainer: number; readonly path: string; readonly parts: readonly StoredTensors[] },
    string
  >;
  readonly restore: Operation<{ readonly trainer: number; readonly state: TrainerState }, null>;
  readonly releaseTrainer: Operation<number, null>;
  readonly close: Operation<null, null>;
}

export type OperationName = keyof Operations;
export type ArgumentOf<K extends OperationName> = Operations[K]["argument"];
export type ResultOf<K extends OperationName> = Operations[K]["result"];

/** A numbered question to the worker. */
export interface Request<K extends OperationName = OperationName> {
  readonly id: number;
  readonly kind: K;
  readonly argument: ArgumentOf<K>;
}

/** The answer to the request of that number. */
export type Response =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: WireError };

/** An error as it travels between threads, where classes are lost. */
interface WireError {
  readonly type: "user" | "internal" | "other";
  readonly message: string;
  readonly stack: string | undefined;
  readonly code: string;
  readonly exitCode: UserError["exitCode"];
  readonly at: Location | undefined;
  readonly hint: string | undefined;
}

export function toWire(error: unknown): WireError {
  const e = error instanceof Error ? error : new Error(String(error));
  const common = { message: e.message, stack: e.stack };
  if (e instanceof UserError) {
    const { code, exitCode, at, hint } = e;
    return { ...common, type: "user", code, exitCode, at, hint };
  }
  const type = e instanceof InternalError ? "internal" : "other";
  return { ...common, type, code: "", exitCode: 1, at: undefined, hint: undefined };
}

/** The error as it was thrown in the worker, with the worker's stack. */
export function fromWire(wire: WireError): Error {
  const error = unwrapped(wire);
  if (wire.stack !== undefined) error.stack = wire.stack;
  return error;
}

function unwrapped(wire: WireError): Error {
  const { message, code, exitCode, at, hint } = wire;
  if (wire.type === "internal") return new InternalError(message);
  if (wire.type === "other") return new Error(message);
  return new UserError(code, message, {
    exitCode,
    at,
    hint,
  });
}

/** A value to send, with the buffers that move instead of being copied. */
export interface Packed<T> {
  readonly value: T;
  readonly buffers: ArrayBuffer[];
}

/**
 * A typed array that can be sent alone. A clone of a view would carry its whole buffer (and twice: in and out of the
 * message), so what is to be copied is copied here, once, and then moved.
 */
export function packArray<T extends TensorData>(data: T, options: FeedOptions = {}): T {
  const whole = data.byteLength === data.buffer.byteLength && data.buffer instanceof ArrayBuffer;
  return options.transfer === true && whole ? data : (data.slice() as T);
}

/** Feeds ready to send. */
export function packTensors(tensors: Tensors, options: FeedOptions = {}): Packed<Tensors> {
  const entries = Object.entries(tensors).map(
    ([name, { dtype, shape, data }]) =>
      [name, { dtype, shape: [...shape], data: packArray(data, options) }] as const,
  );
  return { value: Object.fromEntries(entries), buffers: buffersOf(entries.map(([, t]) => t.data)) };
}

/** The distinct buffers of arrays, for the transfer list of a message. */
export function buffersOf(arrays: readonly TensorData[]): ArrayBuffer[] {
  return [...new Set(arrays.map((array) => array.buffer as ArrayBuffer))];
}
