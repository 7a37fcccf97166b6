import { readFileSync } from "node:fs";
import { loadEncoder } from "../../encoder/load.js";
import { fileHash } from "../../encoder/model-hash.js";
import { GraphBuilder } from "../../graph/builder.js";
import { emptyGraph } from "../../graph/ir.js";
import { serialize } from "../../graph/lower.js";
import { float32 } from "../../math/tensor.js";
import { checkGolden } from "../../objectives/check.js";
import type { Runtime } from "../../runtime/runtime.js";
import { runnerOn } from "../check-objectives.js";
import type { Check } from "./check.js";

/** SHA-256 of models/embtune-mini-en/onnx/model.onnx. */
const BUNDLED_HASH = "6002c523a3f3bc6db33e572acee858ef239db313359cd4f4d40ea3f8ffc01603";

const REINSTALL = "install embtune again: its files are damaged or not those that were published";

/** models/self-test.json: a loss with its gradients, and a text with the first numbers of its vector, computed in Python. */
interface SelfTest {
  readonly golden: unknown;
  readonly text: string;
  readonly vector: readonly number[];
}

function selfTest(): { readonly file: string; readonly test: SelfTest } {
  const url = new URL("../../../models/self-test.json", import.meta.url);
  return { file: url.pathname, test: JSON.parse(readFileSync(url, "utf8")) as SelfTest };
}

/** A gradient against its golden value, in float64. */
export async function gradientCheck(runtime: Runtime): Promise<Check> {
  const { file, test } = selfTest();
  const cases = await checkGolden(test.golden, { file, dtype: "float64", run: runnerOn(runtime) });
  const passed = cases.every((one) => one.passed);
  return {
    name: "a gradient",
    status: passed ? "good" : "bad",
    found: passed ? "equals its golden value to 1e-9" : "differs from its golden value",
    advice: passed ? undefined : REINSTALL,
  };
}

/** Largest difference from the reference that rounding on another processor explains. */
const VECTOR_TOLERANCE = 1e-4;

/** The bundled encoder: its file by its hash, and a vector against its reference. */
export async function bundledChecks(runtime: Runtime): Promise<Check[]> {
  const { test } = selfTest();
  const encoder = await loadEncoder({ runtime });
  try {
    const intact = (await fileHash(encoder.info.modelFile)) === BUNDLED_HASH;
    const { data } = await encoder.encode([test.text], { prompt: "" });
    const difference = Math.max(...test.vector.map((value, i) => Math.abs(value - data[i])));
    const same = difference <= VECTOR_TOLERANCE;
    return [
      {
        name: "the bundled model",
        status: intact ? "good" : "bad",
        found: intact ? "is the one that was published" : "is not the one that was published",
        advice: intact ? undefined : REINSTALL,
      },
      {
        name: "a vector",
        status: same ? "good" : "bad",
        found: `differs from its reference by ${difference.toExponential(1)}`,
        advice: same ? undefined : REINSTALL,
      },
    ];
  } finally {
    await encoder.release();
  }
}

const SIZE = 768;
/** Milliseconds for which products are repeated. */
const TIME = 500;
/** Billion operations a second and thread, below which something else must be using the cores. */
const SLOW_RATE = 10;

/** Rate of float32 matrix products of 768 × 768, the best of half a second. */
export async function rateCheck(runtime: Runtime): Promise<Check> {
  const b = new GraphBuilder(emptyGraph("rate"));
  const [x, y] = ["x", "y"].map((name) => b.input(name, "float32", [SIZE, SIZE]));
  b.output(b.op("MatMul", [x, y]));
  const session = await runtime.createSession(serialize(b.graph));
  try {
    const matrix = float32([SIZE, SIZE], new Float32Array(SIZE * SIZE).fill(0.5));
    let best = 0;
    const end = performance.now() + TIME;
    while (performance.now() < end) {
      const begun = performance.now();
      await session.run({ x: matrix, y: matrix });
      best = Math.max(best, (2 * SIZE ** 3) / (performance.now() - begun) / 1e6);
    }
    const slow = best < SLOW_RATE * runtime.threads;
    return {
      name: "matrix products",
      status: slow ? "slow" : "good",
      found: `${best.toFixed(0)} GF/s on ${runtime.threads} threads`,
      advice: slow
        ? "other programs may be using the cores; end them or lower --threads"
        : undefined,
    };
  } finally {
    await session.release();
  }
}
