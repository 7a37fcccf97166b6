import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { valueAndGrad } from "../../src/autodiff/value-and-grad.js";
import { GraphBuilder } from "../../src/graph/builder.js";
import { emptyGraph } from "../../src/graph/ir.js";
import { serialize } from "../../src/graph/lower.js";
import { add, gather, matmul, mul, reduceMean, square, sub } from "../../src/graph/ops/index.js";
import { decodeSafetensors } from "../../src/math/safetensors.js";
import { float32, int64, type Tensor } from "../../src/math/tensor.js";
import { ADAMW_DEFAULTS } from "../../src/optim/adamw.js";
import { openRuntime, type Runtime, type TrainerSpec } from "../../src/runtime/runtime.js";
import { referenceAdamW, referenceTensor } from "../optim/reference.js";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime({ threads: 1 });
});
afterAll(() => runtime.close());

const optimizer = { ...ADAMW_DEFAULTS, weightDecay: 0.1 };

/** Least squares: loss = mean((x · w + c − y)²) over a batch x [B, 3], y [B, 2]. */
function leastSquares(maxGradNorm = 0): TrainerSpec {
  const b = new GraphBuilder(emptyGraph("least-squares"));
  const x = b.input("x", "float32", ["B", 3]);
  const y = b.input("y", "float32", ["B", 2]);
  const w = b.input("w", "float32", [3, 2]);
  const c = b.input("c", "float32", [2]);
  const loss = b.output(reduceMean(b, square(b, sub(b, add(b, matmul(b, x, w), c), y))));
  const gradients = valueAndGrad(b.graph, { loss: loss.name, wrt: ["w", "c"] });
  for (const g of gradients.values()) if (g.kind === "dense") b.graph.outputs.push(g.name);
  const parameter = { learningRateScale: 1 };
  return {
    model: serialize(b.graph),
    loss: loss.name,
    parameters: [
      {
        ...parameter,
        name: "w",
        shape: [3, 2],
        gradient: gradients.get("w")!,
        data: Float32Array.of(0.5, -0.25, 1, 0, -0.5, 0.75),
        decay: true,
      },
      {
        ...parameter,
        name: "c",
        shape: [2],
        gradient: gradients.get("c")!,
        data: Float32Array.of(1, -1),
        decay: false,
      },
    ],
    optimizer,
    maxGradNorm,
  };
}

type Batch = { x: Tensor; y: Tensor };
function batch(step: number, rows = 5): Batch {
  const wave = (n: number, a: number): number[] =>
    Array.from({ length: n }, (_, i) => Math.fround(Math.sin(a * (i + 1) + step)));
  return { x: float32([rows, 3], wave(rows * 3, 1.3)), y: float32([rows, 2], wave(rows * 2, 2.1)) };
}

/** One step of the same problem in plain float64; returns the loss and the gradient's norm. */
function plainStep(
  w: ReturnType<typeof referenceTensor>,
  c: ReturnType<typeof referenceTensor>,
  {
    batch: { x, y },
    step,
    rate,
    maxGradNorm,
  }: { batch: Batch; step: number; rate: number; maxGradNorm: number },
): { loss: number; norm: number } {
  const rows = x.shape[0] ?? 0;
  const gw = new Array<number>(6).fill(0);
  const gc = [0, 0];
  let loss = 0;
  for (let r = 0; r < rows; r++) {
    for (let j = 0; j < 2; j++) {
      let error = c.parameter[j] - Number(y.data[r * 2 + j]);
      for (let k = 0; k < 3; k++) error += Number(x.data[r * 3 + k]) * w.parameter[k * 2 + j];
      loss += error ** 2 / (rows * 2);
      gc[j] += (2 * error) / (rows * 2);
      for (let k = 0; k < 3; k++)
        gw[k * 2 + j] += (2 * error * Number(x.data[r * 3 + k])) / (rows * 2);
    }
  }
  const norm = Math.hypot(...gw, ...gc);
  const factor = maxGradNorm === 0 ? 1 : Math.min(1, maxGradNorm / (norm + 1e-6));
  const clipped = (g: number[]): number[] => g.map((value) => value * factor);
  referenceAdamW(w, clipped(gw), { ...optimizer, rate, step });
  referenceAdamW(c, clipped(gc), { ...optimizer, weightDecay: 0, rate, step });
  return { loss, norm };
}

function expectClose(
  got: ArrayLike<number | bigint>,
  want: readonly number[],
  tolerance: number,
): void {
  expect(got.length).toBe(want.length);
  want.forEach((value, i) => {
    expect(Math.abs(Number(got[i]) - value)).toBeLessThan(tolerance);
  });
}

describe("a trainer", () => {
  for (const maxGradNorm of [0, 0.3]) {
    it(`equals a plain loop on least squares, clipping at ${maxGradNorm || "nothing"}`, async () => {
      const spec = leastSquares(maxGradNorm);
      const trainer = await runtime.createTrainer(spec);
      const w = referenceTensor(spec.parameters[0].data);
      const c = referenceTensor(spec.parameters[1].data);
      const losses: number[] = [];
      for (let step = 1; step <= 60; step++) {
        const rate = 0.02;
        const feeds = batch(step % 4, 3 + (step % 3));
        const got = await trainer.step(feeds, rate);
        const want = plainStep(w, c, { batch: feeds, step, rate, maxGradNorm });
        expect(got.finite).toBe(true);
        expect(got.milliseconds).toBeGreaterThan(0);
        expect(Math.abs(got.loss - want.loss)).toBeLessThan(1e-5);
        expect(Math.abs(got.gradNorm - want.norm)).toBeLessThan(1e-5);
        losses.push(got.loss);
      }
      expect(losses.at(-1)).toBeLessThan(losses[0] / 2);
      const state = await trainer.state();
      expect(state.step).toBe(60);
      expect(state.parameters.get("w")?.shape).toEqual([3, 2]);
      expectClose(state.parameters.get("w")!.data, w.parameter, 1e-5);
      expectClose(state.parameters.get("c")!.data, c.parameter, 1e-5);
      expectClose(state.firstMoments.get("w")!.data, w.first, 1e-5);
      expectClose(state.secondMoments.get("c")!.data, c.second, 1e-5);
      expect(await trainer.parameters()).toEqual(state.parameters);
      await trainer.release();
    });
  }

  it("takes steps in flight in order, with the same bits as one at a time and in every run", async () => {
    const finals: unknown[] = [];
    for (const inFlight of [false, true, true]) {
      const trainer = await runtime.createTrainer(leastSquares(0.5));
      const steps: Promise<unknown>[] = [];
      for (let step = 1; step <= 50; step++) {
        const result = trainer.step(batch(step), 0.01, { transfer: true });
        if (inFlight) steps.push(result);
        else await result;
      }
      const state = trainer.state();
      await Promise.all(steps);
      finals.push(await state);
      await trainer.release();
    }
    expect(finals[1]).toEqual(finals[0]);
    expect(finals[2]).toEqual(finals[0]);
  });

  it("writes files of what its state holds", async () => {
    const trainer = await runtime.createTrainer(leastSquares());
    for (let step = 1; step <= 3; step++) await trainer.step(batch(step), 0.01);
    const folder = mkdtempSync(join(tmpdir(), "trainer "));
    const path = join(folder, "moments.safetensors");
    const { secondMoments, parameters } = await trainer.state();
    await trainer.write(path, [
      { part: "secondMoment", suffix: ".v" },
      { part: "parameter", suffix: "" },
    ]);
    const { tensors } = decodeSafetensors(readFileSync(path), path);
    expect(tensors).toEqual(
      new Map([...parameters, ...[...secondMoments].map(([n, t]) => [`${n}.v`, t] as const)]),
    );
    const nowhere = trainer.write(join(folder, "none", "x"), [{ part: "parameter", suffix: "" }]);
    await expect(nowhere).rejects.toMatchObject({ code: "file-missing" });
    await trainer.release();
  });

  it("goes on from a restored state as if never stopped", async () => {
    const first = await runtime.createTrainer(leastSquares());
    for (let step = 1; step <= 10; step++) await first.step(batch(step), 0.01);
    const middle = await first.state();
    for (let step = 11; step <= 20; step++) await first.step(batch(step), 0.01);
    const second = await runtime.createTrainer(leastSquares());
    await second.restore(middle);
    for (let step = 11; step <= 20; step++) await second.step(batch(step), 0.01);
    expect(await second.state()).toEqual(await first.state());
    await first.release();
    await second.release();
  });

  it("refuses a state that does not fit and keeps its own", async () => {
    const trainer = await runtime.createTrainer(leastSquares());
    await trainer.step(batch(1), 0.01);
    const state = await trainer.state();
    const without = { ...state, firstMoments: new Map([["w", state.firstMoments.get("w")!]]) };
    await expect(trainer.restore(without)).rejects.toMatchObject({
      code: "bad-state",
      message: 'the state has no first moment of parameter "c"',
    });
    const reshaped = new Map(state.parameters).set("w", float32([2, 3], new Float32Array(6)));
    await expect(trainer.restore({ ...state, parameters: reshaped })).rejects.toThrow(
      'the value of parameter "w" is float32 [2,3], expected float32 [3,2]',
    );
    expect(await trainer.state()).toEqual(state);
    await trainer.release();
  });

  it("leaves everything as it was after a loss that is not finite, and goes on", async () => {
    const trainer = await runtime.createTrainer(leastSquares(1));
    await trainer.step(batch(1), 0.01);
    const before = await trainer.state();
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, 1e30]) {
      const feeds = batch(2);
      feeds.y.data[0] = bad;
      const result = await trainer.step(feeds, 0.01);
      expect(result.finite).toBe(false);
      expect(Number.isFinite(result.loss)).toBe(false);
      expect(await trainer.state()).toEqual(before);
    }
    const next = await trainer.step(batch(2), 0.01);
    expect(next.finite).toBe(true);
    expect((await trainer.state()).step).toBe(2);
    await trainer.release();
  });

  it("names a feed that is missing, and a graph that does not fit the parameters", async () => {
    const spec = leastSquares();
    const trainer = await runtime.createTrainer(spec);
    await expect(trainer.step({ x: batch(1).x }, 0.01)).rejects.toThrow(
      'feed "y" is missing; the model\'s inputs are x, y',
    );
    expect((await trainer.state()).step).toBe(0);
    await trainer.release();
    await expect(trainer.step(batch(1), 0.01)).rejects.toThrow("the trainer was released");
    const renamed = spec.parameters.map((p) => (p.name === "c" ? { ...p, name: "bias" } : p));
    await expect(runtime.createTrainer({ ...spec, parameters: renamed })).rejects.toThrow(
      'the training graph has no input for parameter "bias"',
    );
    await expect(runtime.createTrainer({ ...spec, loss: "lost" })).rejects.toThrow(
      'the model has no output "lost"',
    );
  });
});

describe("sparse gradients", () => {
  const table = Float32Array.from({ length: 7 * 4 }, (_, i) => Math.fround(Math.cos(i)));

  /** loss = mean((table[ids] − y)²), with the table's gradient as rows or as a whole. */
  function embedding(kind: "sparse" | "dense"): TrainerSpec {
    const b = new GraphBuilder(emptyGraph("embedding"));
    const ids = b.input("ids", "int64", ["B", "T"]);
    const y = b.input("y", "float32", ["B", "T", 4]);
    const rows = gather(b, b.input("table", "float32", [7, 4]), ids);
    const loss = b.output(reduceMean(b, square(b, sub(b, rows, y))));
    const sparse = kind === "sparse" ? ["table"] : [];
    const gradients = valueAndGrad(b.graph, { loss: loss.name, wrt: ["table"], sparse });
    const gradient = gradients.get("table")!;
    expect(gradient.kind).toBe(kind);
    b.graph.outputs.push(
      ...(gradient.kind === "dense" ? [gradient.name] : [gradient.indices, gradient.rows]),
    );
    const data = table.slice();
    const parameter = { name: "table", shape: [7, 4], gradient, data, decay: true };
    return {
      model: serialize(b.graph),
      loss: loss.name,
      parameters: [{ ...parameter, learningRateScale: 1 }],
      optimizer,
      maxGradNorm: 0.1,
    };
  }

  it("train a table exactly as dense ones do, rows that are met again included", async () => {
    const states = [];
    for (const kind of ["dense", "sparse"] as const) {
      const trainer = await runtime.createTrainer(embedding(kind));
      const norms: number[] = [];
      for (let step = 0; step < 12; step++) {
        const ids = [1, 1, step % 7, 3, (step * 3) % 7, -1];
        const y = Float32Array.from({ length: 24 }, (_, i) => Math.sin(i + step));
        const feeds = { ids: int64([2, 3], ids), y: float32([2, 3, 4], y) };
        norms.push((await trainer.step(feeds, 0.05)).gradNorm);
      }
      states.push({ norms, ...(await trainer.state()) });
      await trainer.release();
    }
    const [dense, sparse] = states;
    expectClose(sparse.norms, dense.norms, 1e-6);
    const want = [...dense.parameters.get("table")!.data].map(Number);
    expectClose(sparse.parameters.get("table")!.data, want, 1e-6);
    const moved = want.some((value, i) => Math.abs(value - table[i]) > 0.1);
    expect(moved).toBe(true);
  });
});

describe("further outputs of a step", () => {
  it("come back with each step, as they were before the update", async () => {
    const b = new GraphBuilder(emptyGraph("doubling"));
    const x = b.input("x", "float32", ["B"]);
    const w = b.input("w", "float32", [1]);
    const scaled = b.output(b.named(mul(b, x, w), "scaled"));
    const loss = b.output(reduceMean(b, square(b, scaled)));
    const gradient = valueAndGrad(b.graph, { loss: loss.name, wrt: ["w"] }).get("w")!;
    if (gradient.kind === "dense") b.graph.outputs.push(gradient.name);
    const spec: TrainerSpec = {
      model: serialize(b.graph),
      loss: loss.name,
      parameters: [
        {
          name: "w",
          shape: [1],
          gradient,
          data: Float32Array.of(2),
          decay: false,
          learningRateScale: 1,
        },
      ],
      optimizer: { ...ADAMW_DEFAULTS, weightDecay: 0 },
      maxGradNorm: 0,
      outputs: ["scaled"],
    };
    const trainer = await runtime.createTrainer(spec);
    const feeds = { x: float32([3], [1, 2, 3]) };
    const first = await trainer.step(feeds, 0.5);
    expect(first.outputs).toEqual({ scaled: float32([3], [2, 4, 6]) });
    const second = await trainer.step(feeds, 0.5);
    const moved = (await trainer.parameters()).get("w")!.data[0] as number;
    expect(moved).toBeLessThan(1.5);
    expect([...second.outputs.scaled.data][0]).toBeCloseTo(1.5, 5);
    await trainer.release();
    await expect(runtime.createTrainer({ ...spec, outputs: ["lost"] })).rejects.toThrow(/lost/);
  });
});
