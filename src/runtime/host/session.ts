import type { InferenceSession, OnnxValue, Tensor as OrtTensor } from "onnxruntime-node";
import { beyondTable } from "../../errors/beyond-table.js";
import { internal } from "../../errors/internal.js";
import { suggestion } from "../../errors/suggest.js";
import { UserError } from "../../errors/user-error.js";
import type { Tensor } from "../../math/tensor.js";
import type { Device } from "../device.js";
import type { SessionOptions, Tensors, ValueDescription } from "../types.js";
import { describe, loadGraph, type Ort, toOrt, usefulMessage } from "./onnxruntime.js";

/** A loaded model and the inputs that are always fed from memory of the worker. */
export interface HostSession {
  readonly ort: Ort;
  readonly session: InferenceSession;
  readonly inputs: readonly ValueDescription[];
  readonly outputs: readonly ValueDescription[];
  readonly bound: Readonly<Record<string, OrtTensor>>;
}

interface HostSessionOptions extends SessionOptions {
  readonly threads: number;
  readonly device?: Device | undefined;
}

/**
 * Threads that wait for work sleep instead of spinning. As fast on an idle machine; where the main thread tokenises
 * meanwhile, or others use the cores, spinning takes the time from them (1.3 to 2 times slower).
 */
const WITHOUT_SPINNING = { session: { intra_op: { allow_spinning: "0" } } };

export async function openSession(
  ort: Ort,
  model: Uint8Array | string,
  options: HostSessionOptions,
): Promise<HostSession> {
  const { device = "cpu" } = options;
  requireDevice(ort, device);
  const session = await loadGraph(ort, model, {
    executionProviders: [device],
    executionMode: "sequential",
    interOpNumThreads: 1,
    intraOpNumThreads: options.threads,
    graphOptimizationLevel: options.optimization ?? "all",
    extra: WITHOUT_SPINNING,
    enableMemPattern: options.memoryPattern ?? true,
  });
  const inputs = describe(session.inputMetadata);
  const outputs = describe(session.outputMetadata);
  return { ort, session, inputs, outputs, bound: {} };
}

/** UserError no-device where the package has no such provider; ONNX Runtime would go on without it and say nothing. */
function requireDevice(ort: Ort, device: Device): void {
  const known = ort.listSupportedBackends().map(({ name }) => name);
  if (device === "cpu" || known.includes(device)) return;
  throw new UserError(
    "no-device",
    `onnxruntime-node has no ${device} on ${process.platform}/${process.arch}, it has ${known.join(", ")}`,
    { exitCode: 2, hint: "leave --device out, or run it where the package has it" },
  );
}

/** Runs the model on the feeds and the bound inputs. Errors as in `Session.run`. */
export async function runSession(
  host: HostSession,
  feeds: Tensors,
  fetches: InferenceSession.FetchesType,
): Promise<Readonly<Record<string, OnnxValue>>> {
  const wanted = host.inputs.filter(({ name }) => !(name in host.bound));
  checkFeeds(wanted, feeds);
  const own = Object.entries(feeds).map(([name, tensor]) => [name, toOrt(host.ort, name, tensor)]);
  try {
    return await host.session.run({ ...Object.fromEntries(own), ...host.bound }, fetches);
  } catch (cause) {
    throw outsideOfTable(cause) ?? new Error(usefulMessage(cause), { cause });
  }
}

/** What a look-up beyond a table means: a tokenizer of another model. Undefined for other errors. */
function outsideOfTable(cause: unknown): UserError | undefined {
  const pattern = /out of data bounds, idx=(-?\d+) must be within the inclusive range \[-(\d+),/;
  const [, id, rows] = pattern.exec(usefulMessage(cause)) ?? [];
  return id === undefined ? undefined : beyondTable(Number(id), Number(rows));
}

/** The description of an output; an unknown name breaks an invariant. */
export function outputOf(host: HostSession, name: string): ValueDescription {
  const found = host.outputs.find((output) => output.name === name);
  const names = host.outputs.map((output) => output.name);
  return found ?? internal(`the model has no output "${name}"; ${suggestion(name, names)}`);
}

function checkFeeds(inputs: readonly ValueDescription[], feeds: Tensors): void {
  const names = inputs.map(({ name }) => name);
  for (const input of inputs) {
    const tensor = feeds[input.name];
    if (tensor === undefined) {
      internal(`feed "${input.name}" is missing; the model's inputs are ${names.join(", ")}`);
    }
    if (!fits(input, tensor)) {
      internal(`feed "${input.name}" is ${typeText(tensor)}, expected ${typeText(input)}`);
    }
  }
  const unknown = Object.keys(feeds).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    internal(`the model has no input "${unknown}"; ${suggestion(unknown, names)}`);
  }
}

function fits(input: ValueDescription, tensor: Tensor): boolean {
  return (
    input.dtype === tensor.dtype &&
    input.shape.length === tensor.shape.length &&
    input.shape.every((dim, i) => typeof dim === "string" || dim === tensor.shape[i])
  );
}

function typeText({ dtype, shape }: Pick<ValueDescription, "dtype" | "shape">): string {
  return `${dtype} [${shape.map((dim) => (dim === "" ? "?" : dim)).join(", ")}]`;
}
