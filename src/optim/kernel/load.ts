import { readFileSync } from "node:fs";
import { UserError } from "../../errors/user-error.js";

/** What the kernel needs of Node's WebAssembly: the compiler's `dom` library would bring a whole browser. */
interface Memory {
  readonly buffer: ArrayBuffer;
}
declare const WebAssembly: {
  readonly Memory: new (pages: { initial: number; maximum: number }) => Memory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
};

/** An address: a byte offset into the kernel's memory. */
export type Address = number;

/** The functions of the WebAssembly kernel (kernel/assembly/index.ts) over one memory of its own. */
export interface Kernel {
  readonly memory: Memory;
  /** Σ xᵢ² of n float32 at x, in float64 and in a fixed order. */
  sumOfSquares(x: Address, n: number): number;
  /** table[indices[r]] += rows[r] for r = 0 … count − 1; rows of `width` float32, indices uint32. */
  scatterAdd(table: Address, indices: Address, rows: Address, count: number, width: number): void;
  /**
   * x_i ← scale or 0 for i = 0 … n − 1: 0 with probability threshold / 2³². Which, is a hash of the keys and `first` + i alone.
   */
  dropoutMask(
    ...scalars: [
      x: Address,
      n: number,
      first: number,
      key0: number,
      key1: number,
      threshold: number,
      scale: number,
    ]
  ): void;
  /** One AdamW update; n is rounded up to a multiple of 16. See the kernel's docstring for the formula. */
  adamW(
    ...scalars: [
      p: Address,
      g: Address,
      m: Address,
      v: Address,
      n: number,
      gradientScale: number,
      keep: number,
      weight1: number,
      beta2: number,
      weight2: number,
      negativeStep: number,
      root2: number,
      epsilon: number,
    ]
  ): void;
}

const PAGE_BYTES = 65_536;
/** A WebAssembly memory with 32-bit addresses ends here. */
const MAX_BYTES = 2 ** 32;

/**
 * The kernel over a fresh memory of at least `bytes` bytes, zero-filled. The memory is as large as needed from the
 * start and never grows: growing would detach the typed arrays that ONNX Runtime reads and writes.
 * Throws UserError `out-of-memory` beyond 4 GB or when the machine cannot give that much.
 */
export function loadKernel(bytes: number): Kernel {
  const memory = allocate(bytes);
  const module = new WebAssembly.Module(readFileSync(kernelUrl()));
  const instance = new WebAssembly.Instance(module, { env: { memory } });
  const exports = instance.exports as Omit<Kernel, "memory">;
  return {
    memory,
    sumOfSquares: exports.sumOfSquares,
    scatterAdd: exports.scatterAdd,
    adamW: exports.adamW,
    dropoutMask: exports.dropoutMask,
  };
}

function allocate(bytes: number): Memory {
  if (bytes > MAX_BYTES) throw outOfMemory(bytes, "one WebAssembly memory holds 4.0 GB");
  const pages = Math.max(1, Math.ceil(bytes / PAGE_BYTES));
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages });
  } catch (cause) {
    throw outOfMemory(bytes, "the machine cannot give that much", cause);
  }
}

function outOfMemory(bytes: number, limit: string, cause?: unknown): UserError {
  const needed = `${(bytes / 2 ** 30).toFixed(1)} GB`;
  return new UserError(
    "out-of-memory",
    `the trained parameters need ${needed} with their gradients and moments, and ${limit}`,
    { hint: "train fewer parameters: --tune lora, --tune last:2 or --tune head", cause },
  );
}

/** dist/optim/kernel/kernel.wasm, from the compiled program and from the sources. */
function kernelUrl(): URL {
  const fromSource = import.meta.url.endsWith(".ts");
  return new URL(
    fromSource ? "../../../dist/optim/kernel/kernel.wasm" : "kernel.wasm",
    import.meta.url,
  );
}
