import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { valueAndGrad } from "../../src/autodiff/value-and-grad.js";
import { GraphBuilder } from "../../src/graph/builder.js";
import { emptyGraph } from "../../src/graph/ir.js";
import { serialize } from "../../src/graph/lower.js";
import { gather, matmul, mul, reduceMean, reduceSum, square } from "../../src/graph/ops/index.js";
import { float32, int64, type Tensor } from "../../src/math/tensor.js";
import { ADAMW_DEFAULTS } from "../../src/optim/adamw.js";
import { openRuntime, type Runtime, type TrainerSpec } from "../../src/runtime/runtime.js";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime({ threads: 1 });
});
afterAll(() => runtime.close());

/** y_i = table[ids_i] · w; loss = mean(y²). The table's gradient is sparse, w's dense. */
function lookUp(): TrainerSpec {
  const b = new GraphBuilder(emptyGraph("look_up"));
  const ids = b.input("ids", "int64", ["N"]);
  const table = b.input("table", "float32", [4, 2]);
  const w = b.input("w", "float32", [2, 1]);
  const loss = b.output(reduceMean(b, square(b, matmul(b, gather(b, table, ids), w))));
  const gradients = valueAndGrad(b.graph, {
    loss: loss.name,
    wrt: ["table", "w"],
    sparse: ["table"],
  });
  for (const g of gradients.values()) {
    b.graph.outputs.push(...(g.kind === "dense" ? [g.name] : [g.indices, g.rows]));
  }
  const parameter = (name: string, shape: number[], data: number[]) => ({
    name,
    shape,
    data: Float32Array.from(data),
    gradient: gradients.get(name)!,
    decay: true,
    learningRateScale: 1,
  });
  return {
    model: serialize(b.graph),
    loss: loss.name,
    parameters: [
      parameter("table", [4, 2], [1, 2, -1, 0.5, 0.25, -2, 3, 1]),
      parameter("w", [2, 1], [0.5, -0.75]),
    ],
    optimizer: ADAMW_DEFAULTS,
    maxGradNorm: 0.5,
  };
}

const ids = (...numbers: number[]): Record<string, Tensor> => ({
  ids: int64([numbers.length], numbers),
});

function values(parameters: ReadonlyMap<string, Tensor>): number[] {
  return [...parameters.values()].flatMap(({ data }) => Array.from(data, Number));
}

describe("accumulated gradients", () => {
  it("of the halves of a batch make the update of the whole", async () => {
    const whole = await runtime.createTrainer(lookUp());
    const halves = await runtime.createTrainer(lookUp());
    for (const [a, b] of [
      [0, 2],
      [3, 3],
      [2, 1],
    ] as const) {
      const step = await whole.step(ids(a, b), 0.1);
      const losses = [await halves.accumulate(ids(a)), await halves.accumulate(ids(b))].map(
        (outputs) => Number(Object.values(outputs)[0].data[0]),
      );
      const loss = (losses[0] + losses[1]) / 2;
      const outcome = await halves.update({ learningRate: 0.1, loss, scale: 0.5 });
      expect(loss).toBeCloseTo(step.loss, 5);
      expect(outcome.gradNorm).toBeCloseTo(step.gradNorm, 5);
    }
    const expected = values(await whole.parameters());
    const got = values(await halves.parameters());
    for (const [i, value] of got.entries()) expect(value).toBeCloseTo(expected[i], 5);
  });

  it("that are not finite change nothing and are forgotten", async () => {
    const trainer = await runtime.createTrainer(lookUp());
    const before = values(await trainer.parameters());
    await trainer.accumulate(ids(1, 2));
    const refused = await trainer.update({ learningRate: 0.1, loss: Number.NaN });
    expect(refused.finite).toBe(false);
    expect(values(await trainer.parameters())).toEqual(before);
    const nothing = await trainer.update({ learningRate: 0, loss: 0 });
    expect(nothing).toEqual({ gradNorm: 0, finite: true });
  });

  it("come from further graphs too, for the parameters that they depend on", async () => {
    const b = new GraphBuilder(emptyGraph("sum"));
    const w = b.input("w", "float32", [2, 1]);
    const x = b.input("x", "float32", [2, 1]);
    const loss = b.output(b.named(reduceSum(b, mul(b, w, x)), "sum"));
    const gradient = valueAndGrad(b.graph, { loss: loss.name, wrt: ["w"] }).get("w")!;
    if (gradient.kind === "dense") b.graph.outputs.push(gradient.name);
    const trainer = await runtime.createTrainer(lookUp());
    const further = await trainer.addGradients({
      model: serialize(b.graph),
      gradients: new Map([["w", gradient]]),
      outputs: ["sum"],
    });
    const outputs = await further.accumulate({ x: float32([2, 1], [3, 4]) });
    expect(outputs.sum.data[0]).toBe(1.5 - 3);
    const { gradNorm } = await trainer.update({ learningRate: 0.1, loss: 1 });
    expect(gradNorm).toBeCloseTo(5, 6);
  });
});

describe("a session of a trainer", () => {
  it("computes with the trainer's present parameters, also those it was given", async () => {
    const b = new GraphBuilder(emptyGraph("doubled"));
    const w = b.input("w", "float32", [2, 1]);
    const x = b.input("x", "float32", [1]);
    b.output(b.named(mul(b, w, x), "y"));
    const trainer = await runtime.createTrainer(lookUp());
    const session = await trainer.createSession(serialize(b.graph));
    expect(session.inputs.map(({ name }) => name)).toEqual(["x"]);
    const run = async () => (await session.run({ x: float32([1], [2]) })).y;
    expect(await run()).toEqual(float32([2, 1], [1, -1.5]));
    await trainer.step(ids(0, 1, 2), 0.1);
    const moved = (await trainer.parameters()).get("w")!;
    expect(await run()).toEqual(
      float32(
        [2, 1],
        [...moved.data].map((v) => 2 * Number(v)),
      ),
    );
    await trainer.load(new Map([...(await trainer.parameters()), ["w", float32([2, 1], [7, 8])]]));
    expect(await run()).toEqual(float32([2, 1], [14, 16]));
    await expect(trainer.load(new Map())).rejects.toThrow(/no value of parameter "table"/);
    const foreign = new Map([["v", float32([1], [1])]]);
    await expect(trainer.load(foreign)).rejects.toThrow(/no parameter "v"/);
    await session.release();
  });
});
