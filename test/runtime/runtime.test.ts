import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { GraphBuilder } from "../../src/graph/builder.js";
import { emptyGraph } from "../../src/graph/ir.js";
import { serialize } from "../../src/graph/lower.js";
import { add } from "../../src/graph/ops/index.js";
import { float32 } from "../../src/math/tensor.js";
import { Channel } from "../../src/runtime/channel.js";
import { openRuntime } from "../../src/runtime/runtime.js";

function doubling(): Uint8Array {
  const b = new GraphBuilder(emptyGraph("doubling"));
  const x = b.input("x", "float32", ["n"]);
  b.output(add(b, x, x));
  return serialize(b.graph);
}

describe("openRuntime", () => {
  it("uses the cores it may by default, and refuses a number of threads that is none", async () => {
    const runtime = await openRuntime();
    expect(runtime.threads).toBeGreaterThanOrEqual(1);
    await runtime.close();
    await expect(openRuntime({ threads: 0 })).rejects.toMatchObject({
      code: "bad-threads",
      exitCode: 2,
    });
  });

  it("leaves the main thread free while a model runs", async () => {
    const runtime = await openRuntime({ threads: 1 });
    const session = await runtime.createSession(doubling());
    let ticks = 0;
    const timer = setInterval(() => {
      ticks += 1;
    }, 1);
    const x = float32([20_000_000], new Float32Array(20_000_000));
    await session.run({ x }, undefined, { transfer: true });
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(2);
    await runtime.close();
  });

  it("finishes what was asked before closing, and refuses what comes after", async () => {
    const runtime = await openRuntime({ threads: 1 });
    const session = await runtime.createSession(doubling());
    const before = session.run({ x: float32([1], [21]) });
    const closed = runtime.close();
    await expect(session.run({ x: float32([1], [1]) })).rejects.toThrow("the runtime is closed");
    expect(Object.values(await before)[0]?.data[0]).toBe(42);
    await closed;
    await runtime.close();
    await expect(runtime.createSession(doubling())).rejects.toThrow("the runtime is closed");
  });
});

describe("a channel", () => {
  const worker = (code: string): Channel =>
    new Channel(
      new Worker(`const { parentPort } = require("node:worker_threads"); ${code}`, { eval: true }),
    );

  it("rejects everything pending when the worker throws, and all that comes later", async () => {
    const channel = worker(`parentPort.on("message", () => { throw new Error("out of luck"); });`);
    const calls = [channel.call("open", null), channel.call("state", 1)];
    for (const call of calls) {
      await expect(call).rejects.toThrow("the thread of ONNX Runtime failed: out of luck");
    }
    await expect(channel.call("open", null)).rejects.toMatchObject({ name: "InternalError" });
    await channel.close();
  });

  it("rejects everything pending when the worker ends", async () => {
    const channel = worker(`parentPort.on("message", () => process.exit(9));`);
    await expect(channel.call("open", null)).rejects.toThrow("ended unexpectedly (exit code 9)");
    await channel.close();
  });
});

describe("a process", () => {
  const dist = pathToFileURL(join(import.meta.dirname, "../../dist/")).href;
  const model = Buffer.from(doubling()).toString("base64");
  const prelude = `
    import { openRuntime } from "${dist}runtime/runtime.js";
    const runtime = await openRuntime({ threads: 2 });
    const session = await runtime.createSession(Buffer.from("${model}", "base64"));
    const run = (n) => session.run({ x: { dtype: "float32", shape: [n], data: new Float32Array(n).fill(1) } });
    const [y] = Object.values(await run(3));
    console.log([...y.data].join());
  `;
  const node = (code: string): { status: number | null; stdout: string; stderr: string } => {
    const args = ["--input-type=module", "-e", prelude + code];
    return spawnSync(process.execPath, args, { encoding: "utf8", timeout: 20_000 });
  };

  const cases: [string, string, number][] = [
    ["that closes the runtime", "await runtime.close();", 0],
    ["that forgets to close", "", 0],
    ["that forgets an answer that is still to come", "void run(1000000);", 0],
    ["that exits while a model runs", "run(20000000); setTimeout(() => process.exit(3), 5);", 3],
    [
      "that has ONNX Runtime in the main thread too",
      `
      const ort = await import("onnxruntime-node");
      const own = await ort.InferenceSession.create(Buffer.from("${model}", "base64"));
      const feeds = { x: new ort.Tensor("float32", [1, 2], [2]) };
      const [[ , mine], [ , theirs]] = [Object.entries(await own.run(feeds))[0], Object.entries(await run(2))[0]];
      if (mine.data[0] !== theirs.data[0]) throw new Error("different");
      await runtime.close();`,
      0,
    ],
  ];
  for (const [name, code, status] of cases) {
    it(`${name} ends cleanly`, () => {
      const result = node(code);
      expect(result).toMatchObject({ status, stdout: "2,2,2\n", stderr: "" });
    });
  }
});
