import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ADAMW_DEFAULTS, adamWUpdate } from "../../src/optim/adamw.js";
import { clipFactor } from "../../src/optim/clip.js";
import { gradientNorm } from "../../src/optim/gradient.js";
import { allocateParameters, type ParameterMemory } from "../../src/optim/parameter-memory.js";
import { learningRate } from "../../src/optim/schedule.js";
import { referenceAdamW, referenceTensor } from "./reference.js";

type Tensors = { weight: number[]; bias: number[] };
interface Result {
  norms: number[];
  parameters: Tensors;
  firstMoments: Tensors;
  secondMoments: Tensors;
}
interface Golden {
  weightDecay: number;
  maxGradNorm: number;
  rate: number;
  warmup: number;
  shapes: Tensors;
  start: Tensors;
  gradients: Tensors[];
  learningRates: number[];
  float32: Result;
  float64: Result;
}

const fixture = join(import.meta.dirname, "../fixtures/adamw.json");
const golden = JSON.parse(readFileSync(fixture, "utf8")) as Golden;
const names = ["weight", "bias"] as const;
const options = { ...ADAMW_DEFAULTS, weightDecay: golden.weightDecay };

function memoryOf(start: Tensors, learningRateScale = 1): ParameterMemory {
  return allocateParameters(
    names.map((name) => ({
      name,
      shape: golden.shapes[name],
      data: Float32Array.from(start[name]),
      decay: name === "weight",
      learningRateScale,
      sparse: false,
    })),
  );
}

function runKernel(memory: ParameterMemory, rateFactor = 1): number[] {
  return golden.gradients.map((gradients, i) => {
    for (const block of memory.blocks) block.gradient.set(gradients[block.spec.name as "weight"]);
    const norm = gradientNorm(memory, new Map());
    adamWUpdate(memory, options, {
      step: i + 1,
      learningRate: (golden.learningRates[i] ?? 0) * rateFactor,
      gradientScale: clipFactor(norm, golden.maxGradNorm),
    });
    return norm;
  });
}

/** Largest |got − want| relative to the larger of |want| and 1e-3 of the tensor's largest value. */
function relativeError(got: Iterable<number>, want: readonly number[]): number {
  const largest = Math.max(...want.map(Math.abs));
  const errors = [...got].map(
    (x, i) => Math.abs(x - (want[i] ?? NaN)) / Math.max(Math.abs(want[i] ?? 0), largest * 1e-3),
  );
  return Math.max(...errors);
}

describe("AdamW against torch.optim.AdamW, 20 updates with decay, clipping and warm-up", () => {
  it("the float64 reference equals PyTorch's float64", () => {
    const tensors = {
      weight: referenceTensor(golden.start.weight),
      bias: referenceTensor(golden.start.bias),
    };
    golden.gradients.forEach((gradients, i) => {
      const norm = Math.sqrt(
        names.flatMap((name) => gradients[name]).reduce((sum, g) => sum + g * g, 0),
      );
      expect(norm).toBeCloseTo(golden.float64.norms[i] ?? NaN, 12);
      const factor = clipFactor(norm, golden.maxGradNorm);
      for (const name of names) {
        referenceAdamW(
          tensors[name],
          gradients[name].map((g) => g * factor),
          {
            ...options,
            weightDecay: name === "weight" ? options.weightDecay : 0,
            rate: golden.learningRates[i] ?? 0,
            step: i + 1,
          },
        );
      }
    });
    for (const name of names) {
      expect(relativeError(tensors[name].parameter, golden.float64.parameters[name])).toBeLessThan(
        1e-12,
      );
      expect(relativeError(tensors[name].first, golden.float64.firstMoments[name])).toBeLessThan(
        1e-12,
      );
      expect(relativeError(tensors[name].second, golden.float64.secondMoments[name])).toBeLessThan(
        1e-12,
      );
    }
  });

  it("the kernel equals PyTorch's float32", () => {
    const memory = memoryOf(golden.start);
    const norms = runKernel(memory);
    expect(relativeError(norms, golden.float32.norms)).toBeLessThan(1e-6);
    for (const block of memory.blocks) {
      const name = block.spec.name as "weight";
      expect(relativeError(block.parameter, golden.float32.parameters[name])).toBeLessThan(1e-6);
      expect(relativeError(block.firstMoment, golden.float32.firstMoments[name])).toBeLessThan(
        1e-5,
      );
      expect(relativeError(block.secondMoment, golden.float32.secondMoments[name])).toBeLessThan(
        1e-5,
      );
    }
  });

  it("the rates are those of the linear schedule", () => {
    const schedule = {
      schedule: "linear" as const,
      rate: golden.rate,
      warmup: golden.warmup,
      steps: golden.gradients.length,
    };
    const got = golden.learningRates.map((_, i) => learningRate(schedule, i + 1));
    got.forEach((rate, i) => {
      expect(rate).toBeCloseTo(golden.learningRates[i] ?? NaN, 14);
    });
  });
});

describe("adamWUpdate", () => {
  it("gives the same bits in every run", () => {
    const first = memoryOf(golden.start);
    const second = memoryOf(golden.start);
    runKernel(first);
    runKernel(second);
    const bytes = (m: ParameterMemory): string =>
      Buffer.from(m.kernel.memory.buffer).toString("base64");
    expect(bytes(first)).toBe(bytes(second));
  });

  it("multiplies the rate of a block by its learningRateScale", () => {
    const halved = memoryOf(golden.start, 0.5);
    const plain = memoryOf(golden.start);
    runKernel(halved);
    runKernel(plain, 0.5);
    expect(halved.blocks[0]?.parameter).toEqual(plain.blocks[0]?.parameter);
  });

  it("leaves the padding of a block at zero and its neighbour alone", () => {
    const memory = memoryOf(golden.start);
    runKernel(memory);
    const [weight] = memory.blocks;
    const until = (weight?.parameter.byteOffset ?? 0) + 21 * 4;
    const padding = new Float32Array(memory.kernel.memory.buffer, until, 32 - 21);
    expect([...padding]).toEqual(new Array(11).fill(0));
  });

  it("flushes moments below the smallest normal number to zero", () => {
    const memory = memoryOf(golden.start);
    const [block] = memory.blocks;
    block?.firstMoment.fill(1.2e-38);
    block?.secondMoment.fill(1.1755e-38);
    adamWUpdate(memory, options, { step: 5, learningRate: 1e-3, gradientScale: 1 });
    expect(block?.firstMoment.every((x) => x === 0)).toBe(true);
    expect(block?.secondMoment.every((x) => x === 0)).toBe(true);
  });

  // 32: whole groups of the kernel; 21: through staging.
  it.each([32, 21])("lazy: updates the touched rows of %i numbers, and no others", (width) => {
    const rows = 5;
    const data = Float32Array.from({ length: rows * width }, (_, i) => Math.sin(i));
    const spec = { name: "table", shape: [rows, width], data, decay: true, learningRateScale: 1 };
    const memory = allocateParameters([{ ...spec, sparse: true, lazy: true }]);
    const [block] = memory.blocks;
    const expected = referenceTensor(data);
    for (const [i, touched] of [[1, 3], [3], []].entries()) {
      const gradient = data.map((_, k) =>
        touched.includes(Math.floor(k / width)) ? Math.cos(k) : 0,
      );
      block.gradient.set(gradient);
      const step = { step: i + 1, learningRate: 0.1, gradientScale: 1 };
      adamWUpdate(memory, options, step, new Map([["table", touched]]));
      for (const row of touched) {
        const [from, to] = [row * width, (row + 1) * width];
        const part = {
          parameter: expected.parameter.slice(from, to),
          first: expected.first.slice(from, to),
          second: expected.second.slice(from, to),
        };
        const own = { ...options, rate: 0.1, step: i + 1 };
        referenceAdamW(part, [...gradient.slice(from, to)], own);
        for (const name of ["parameter", "first", "second"] as const)
          expected[name].splice(from, width, ...part[name]);
      }
    }
    expect(relativeError(block.parameter, expected.parameter)).toBeLessThan(1e-5);
    expect(relativeError(block.firstMoment, expected.first)).toBeLessThan(1e-5);
    for (const row of [0, 2, 4]) {
      const part = (values: Float32Array) => values.slice(row * width, (row + 1) * width);
      expect(part(block.parameter)).toEqual(part(data));
    }
  });

  it("clips by the global norm", () => {
    expect(clipFactor(0.5, 1)).toBe(1);
    expect(clipFactor(4, 1)).toBeCloseTo(0.25, 6);
    expect(clipFactor(4, 1)).toBe(1 / (4 + 1e-6));
    expect(clipFactor(4, 0)).toBe(1);
  });
});
