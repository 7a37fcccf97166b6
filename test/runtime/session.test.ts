import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GraphBuilder } from "../../src/graph/builder.js";
import { emptyGraph } from "../../src/graph/ir.js";
import { serialize } from "../../src/graph/lower.js";
import { add, cast, gather, matmul } from "../../src/graph/ops/index.js";
import { type DType, float32, int64, type Tensor } from "../../src/math/tensor.js";
import { openRuntime, type Runtime } from "../../src/runtime/runtime.js";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime({ threads: 2 });
});
afterAll(() => runtime.close());

/** y = x · [[1, 2], [3, 4]] and z = y + y for x [B, 2]. */
function linearModel(): Uint8Array {
  const b = new GraphBuilder(emptyGraph("linear"));
  const x = b.input("x", "float32", ["B", 2]);
  const y = matmul(b, x, b.initializer("w", float32([2, 2], [1, 2, 3, 4])));
  b.graph.outputs.push(y.name, add(b, y, y).name);
  return serialize(b.graph);
}

/** The row of a table [3, 1] for each index. */
function gatherModel(): Uint8Array {
  const b = new GraphBuilder(emptyGraph("rows"));
  const indices = b.input("indices", "int64", ["n"]);
  b.output(gather(b, b.initializer("table", float32([3, 1], [5, 6, 7])), indices));
  return serialize(b.graph);
}

describe("a session", () => {
  it("describes its inputs and outputs and runs", async () => {
    const session = await runtime.createSession(linearModel());
    expect(session.inputs).toEqual([{ name: "x", dtype: "float32", shape: ["B", 2] }]);
    expect(session.outputs.map((o) => o.dtype)).toEqual(["float32", "float32"]);
    const [y = "", z = ""] = session.outputs.map((o) => o.name);
    const result = await session.run({ x: float32([2, 2], [1, 0, 1, 1]) });
    expect(result[y]).toEqual(float32([2, 2], [1, 2, 4, 6]));
    expect(result[z]).toEqual(float32([2, 2], [2, 4, 8, 12]));
    const one = await session.run({ x: float32([1, 2], [0, 1]) }, [z]);
    expect(one).toEqual({ [z]: float32([1, 2], [6, 8]) });
    await session.release();
    await expect(session.run({ x: float32([1, 2], [0, 1]) })).rejects.toThrow(
      "the session was released",
    );
  });

  it("runs on no rows", async () => {
    const session = await runtime.createSession(linearModel());
    const [y = ""] = session.outputs.map((o) => o.name);
    const result = await session.run({ x: float32([0, 2], []) }, [y]);
    expect(result[y]).toEqual(float32([0, 2], []));
    await session.release();
  });

  it("loads from a path, and names a file that cannot be loaded", async () => {
    const folder = mkdtempSync(join(tmpdir(), "embtune-session-"));
    const path = join(folder, "model.onnx");
    try {
      writeFileSync(path, linearModel());
      const session = await runtime.createSession({ path }, { optimization: "disabled" });
      expect(session.inputs.map((input) => input.name)).toEqual(["x"]);
      await session.release();
      writeFileSync(path, linearModel().subarray(0, 60));
      await expect(runtime.createSession({ path })).rejects.toMatchObject({
        name: "UserError",
        code: "bad-model",
        message: expect.stringMatching(/^the model cannot be loaded: .*[Pp]rotobuf parsing failed/),
        at: { file: path },
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
    await expect(runtime.createSession(new Uint8Array([1, 2, 3]))).rejects.toThrow(
      "the model cannot be loaded",
    );
  });

  it("answers requests made at once, each with its own result, in order", async () => {
    const session = await runtime.createSession(linearModel());
    const [y = ""] = session.outputs.map((o) => o.name);
    const order: number[] = [];
    const runs = Array.from({ length: 40 }, async (_, i) => {
      const bad = i === 20;
      const x = bad ? float32([1, 3], [0, 0, 0]) : float32([1, 2], [i, 0]);
      const result = await session.run({ x }, [y]).catch(() => null);
      order.push(i);
      return result?.[y]?.data[0];
    });
    const want = Array.from({ length: 40 }, (_, i) => (i === 20 ? undefined : i));
    expect(await Promise.all(runs)).toEqual(want);
    expect(order).toEqual(want.map((_, i) => i));
    await session.release();
  });
});

describe("feeds", () => {
  const values: Record<DType, Tensor> = {
    float32: float32([2], [1, -2]),
    float64: { dtype: "float64", shape: [2], data: Float64Array.of(1, -2) },
    float16: { dtype: "float16", shape: [2], data: Uint16Array.of(0x3c00, 0xc000) },
    int64: int64([2], [1, -2]),
    int32: { dtype: "int32", shape: [2], data: Int32Array.of(1, -2) },
    int8: { dtype: "int8", shape: [2], data: Int8Array.of(1, -2) },
    uint8: { dtype: "uint8", shape: [2], data: Uint8Array.of(1, 254) },
    bool: { dtype: "bool", shape: [2], data: Uint8Array.of(1, 0) },
  };

  for (const [dtype, tensor] of Object.entries(values)) {
    it(`of type ${dtype} go in and come out`, async () => {
      const b = new GraphBuilder(emptyGraph("cast"));
      const x = b.input("x", tensor.dtype, ["n"]);
      const wide = cast(b, x, "float32");
      const back = cast(b, wide, tensor.dtype);
      b.graph.outputs.push(wide.name, back.name);
      const session = await runtime.createSession(serialize(b.graph), { optimization: "disabled" });
      const result = await session.run({ x: tensor });
      const second = dtype === "bool" ? 0 : dtype === "uint8" ? 254 : -2;
      expect(result[wide.name]).toEqual(float32([2], [1, second]));
      expect(result[back.name]).toEqual(tensor);
      await session.release();
    });
  }

  it("are copied, or handed over when the caller says so", async () => {
    const session = await runtime.createSession(linearModel());
    const [y = ""] = session.outputs.map((o) => o.name);
    const kept = float32([1, 2], [1, 1]);
    await session.run({ x: kept });
    expect([...kept.data]).toEqual([1, 1]);
    const given = float32([1, 2], [1, 1]);
    expect((await session.run({ x: given }, [y], { transfer: true }))[y]?.data[0]).toBe(4);
    expect(given.data.buffer.byteLength).toBe(0);
    const larger = Float32Array.of(9, 9, 1, 1);
    const view = float32([1, 2], larger.subarray(2));
    expect((await session.run({ x: view }, [y], { transfer: true }))[y]?.data[0]).toBe(4);
    expect([...larger]).toEqual([9, 9, 1, 1]);
    await session.release();
  });

  it("that are missing, unknown or unfit are named", async () => {
    const session = await runtime.createSession(linearModel());
    const x = float32([1, 2], [0, 0]);
    const cases: [Record<string, Tensor>, string][] = [
      [{}, 'feed "x" is missing; the model\'s inputs are x'],
      [{ x, xs: x }, 'the model has no input "xs"; did you mean "x"?'],
      [{ x: float32([1, 3], [0, 0, 0]) }, 'feed "x" is float32 [1, 3], expected float32 [B, 2]'],
      [{ x: float32([2], [0, 0]) }, 'feed "x" is float32 [2], expected float32 [B, 2]'],
      [{ x: int64([1, 2], [0, 0]) }, 'feed "x" is int64 [1, 2], expected float32 [B, 2]'],
      [{ x: { ...x, data: new Float32Array(3) } }, 'tensor "x" is unfit'],
    ];
    for (const [feeds, message] of cases) {
      await expect(session.run(feeds)).rejects.toThrow(message);
    }
    await expect(session.run({ x }, ["nothing"])).rejects.toThrow(
      'the model has no output "nothing"',
    );
    await session.release();
  });

  it("that look beyond a table are told as tokens of another model's tokenizer", async () => {
    const session = await runtime.createSession(gatherModel());
    await expect(session.run({ indices: int64([1], [3]) })).rejects.toMatchObject({
      code: "token-beyond-table",
      message: "the tokenizer gives token 3, and the model's table has 3 rows",
    });
    const [rows = ""] = session.outputs.map((o) => o.name);
    expect(await session.run({ indices: int64([2], [2, -3]) })).toEqual({
      [rows]: float32([2, 1], [7, 5]),
    });
    await session.release();
  });
});
