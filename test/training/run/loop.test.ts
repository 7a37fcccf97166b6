import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { InterruptedError } from "../../../src/errors/interrupted.js";
import { writeTensors } from "../../../src/files/tensor-file.js";
import { float32, type Tensor } from "../../../src/math/tensor.js";
import { type LoopOptions, trainingLoop } from "../../../src/training/run/loop.js";
import { readBest } from "../../../src/training/run-folder/best.js";
import { checkpointSteps, findCheckpoint } from "../../../src/training/run-folder/checkpoint.js";
import type { TrainEvent } from "../../../src/training/run-folder/events.js";
import { openLog, readLog } from "../../../src/training/run-folder/log.js";
import type { Trainable } from "../../../src/training/update/trainable.js";

/** A model of one number that each update raises by one. */
function counter(
  value: number,
  failsAt: number | undefined,
): Trainable<number> & { value: () => number } {
  const tensor = (x: number): Map<string, Tensor> => new Map([["x", float32([1], [x])]]);
  return {
    prepare: ([planned]) => planned.rows[0],
    update: async () => {
      const finite = value + 1 !== failsAt;
      if (finite) value += 1;
      const loss = finite ? 1 / value : Number.NaN;
      return { loss, losses: [loss], gradNorm: 1, finite, tokens: 0 };
    },
    embed: async () => ({ rows: 1, cols: 1, data: Float32Array.of(value) }),
    write: async (path, parts) => {
      const entries = parts.map(({ part, suffix }) => {
        const [, own] = [...tensor(part === "parameter" ? value : 0)][0];
        return [`x${suffix}`, own] as const;
      });
      return writeTensors(path, new Map(entries));
    },
    buffers: () => new Map(),
    parameters: async () => tensor(value),
    restore: async ({ parameters }) => {
      value = parameters.get("x")!.data[0] as number;
    },
    load: async (parameters) => {
      value = new Map(parameters).get("x")!.data[0] as number;
    },
    release: async () => {},
    value: () => value,
  };
}

interface Settings {
  /** The metric after so many updates. */
  metric: (updates: number) => number;
  /** The margin of the one row; default: it has none. */
  margin?: (updates: number) => number;
  /** What the model begins with; default 0. */
  value?: number;
  failsAt?: number;
  folder?: string;
  options?: Partial<LoopOptions<number>>;
}

function loop({
  metric,
  margin,
  value = 0,
  failsAt,
  folder = mkdtempSync(join(tmpdir(), "loop ")),
  options,
}: Settings) {
  const trainable = counter(value, failsAt);
  const events: TrainEvent[] = [];
  const checkpoints = join(folder, "checkpoints");
  mkdirSync(checkpoints, { recursive: true });
  const log = openLog(join(folder, "log.jsonl"));
  let batch = options?.start?.sampler.batch ?? 0;
  const run = trainingLoop({
    trainable,
    batches: {
      next: () => ({ epoch: 0, batch, rows: Int32Array.of(batch++) }),
      state: () => ({ epoch: 0, batch }),
    },
    evaluator: {
      task: "sts",
      sides: "alike",
      primary: "m",
      keys: ["m"],
      rows: 1,
      embeds: { own: 0, trained: 0 },
      run: async (embed) => {
        const { data } = await embed([], "query");
        const metrics = [{ key: "m", value: metric(data[0]) }];
        const figures = margin && { margin: [margin(data[0])] };
        const details = figures && { lines: [], texts: [], figures };
        return { task: "sts", rows: 1, metrics, details };
      },
    },
    metric: "m",
    schedule: { schedule: "constant", rate: 0.1, warmup: 0, steps: 10 },
    steps: 10,
    stepsPerEpoch: 5,
    accumulate: 1,
    evalEvery: 2,
    saveEvery: 5,
    keep: 2,
    checkpoints,
    log,
    onEvent: (event) => events.push(event),
    describeRows: (rows) => `rows ${rows}`,
    ...options,
  }).finally(log.close);
  return { run, trainable, events, checkpoints, log: join(folder, "log.jsonl") };
}

/** A run that is interrupted after step 5, and then resumed. */
async function resumed(settings: Settings) {
  const folder = mkdtempSync(join(tmpdir(), "loop "));
  const controller = new AbortController();
  const first = loop({
    ...settings,
    folder,
    options: {
      signal: controller.signal,
      onEvent: (event) => {
        if (event.type === "step" && event.record.step === 5) controller.abort();
      },
    },
  });
  await expect(first.run).rejects.toThrow(InterruptedError);
  const { state, weights } = findCheckpoint(first.checkpoints).checkpoint!;
  const value = Number(weights.parameters.get("x")!.data[0]);
  return { ...loop({ ...settings, value, folder, options: { start: state } }), state };
}

describe("trainingLoop", () => {
  it("keeps the best evaluation, wherever it stands, and its parameters", async () => {
    const { run, checkpoints } = loop({ metric: (n) => -Math.abs(n - 6) });
    const result = await run;
    expect(result).toEqual({
      step: 10,
      best: { step: 6, value: -0 },
      start: -6,
      last: { task: "sts", rows: 1, metrics: [{ key: "m", value: -4 }] },
      stoppedEarly: false,
    });
    expect(readBest(checkpoints, 6).get("x")!.data[0]).toBe(6);
  });

  it("the model at the start takes part: when nothing is better, step 0 is best", async () => {
    const { run, checkpoints } = loop({ metric: (n) => -n });
    expect((await run).best).toEqual({ step: 0, value: -0 });
    expect(readdirSync(checkpoints).filter((name) => name.startsWith("best"))).toEqual([]);
  });

  it("an equal score is no improvement", async () => {
    expect((await loop({ metric: () => 0.5 }).run).best.step).toBe(0);
  });

  it("of equal scores the one with the larger margin is better, across an interruption too", async () => {
    const tied: Settings = { metric: () => 0.5, margin: (n) => 6 - Math.abs(n - 6) };
    const whole = loop(tied);
    expect((await whole.run).best).toEqual({ step: 6, value: 0.5, finer: 6 });
    expect(readBest(whole.checkpoints, 6).get("x")!.data[0]).toBe(6);
    const { run, state } = await resumed(tied);
    expect(state.best).toEqual({ step: 4, value: 0.5, finer: 4 });
    expect((await run).best).toEqual({ step: 6, value: 0.5, finer: 6 });
  });

  it("stops after `patience` evaluations without a better one", async () => {
    const { run, trainable } = loop({ metric: (n) => -Math.abs(n - 2), options: { patience: 2 } });
    expect(await run).toMatchObject({ step: 6, stoppedEarly: true, best: { step: 2 } });
    expect(trainable.value()).toBe(6);
  });

  it("puts due checkpoints off that would take more than saveShare of the time, but not the last", async () => {
    const saved = async (options: Partial<LoopOptions<number>>): Promise<number[]> => {
      const { run, events } = loop({ metric: (n) => n, options: { saveEvery: 1, ...options } });
      await run;
      return events.flatMap((event) => (event.type === "checkpoint" ? [event.step] : []));
    };
    // A checkpoint takes a millisecond at least, the ten updates nothing like a thousand times as long.
    expect(await saved({ saveShare: 1e-4 })).toEqual([1, 10]);
    expect(await saved({ saveShare: 1e6 })).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(await saved({})).toHaveLength(10);
  });

  it("writes a checkpoint every saveEvery steps and at the end, and keeps the newest", async () => {
    const { run, checkpoints } = loop({ metric: (n) => n, options: { saveEvery: 3 } });
    await run;
    const names = readdirSync(checkpoints).sort();
    // The parameters that a kept checkpoint calls its best stay with it.
    expect(names).toEqual(["best-000008", "best-000010", "step-000009", "step-000010"]);
    const { state, weights } = findCheckpoint(checkpoints).checkpoint!;
    expect(state).toMatchObject({
      step: 10,
      best: { step: 10, value: 10 },
      evaluationsSinceBest: 0,
    });
    expect(weights.parameters.get("x")!.data[0]).toBe(10);
  });

  it("logs the start as step 0, then every step and evaluation in order", async () => {
    const { run, log, events } = loop({ metric: (n) => n });
    await run;
    const records = readLog(log);
    expect(
      records.map((r) => ("loss" in r ? `s${r.step}` : "eval" in r ? `e${r.step}` : "")),
    ).toEqual([
      "e0",
      "s1",
      "s2",
      "e2",
      "s3",
      "s4",
      "e4",
      "s5",
      "s6",
      "e6",
      "s7",
      "s8",
      "e8",
      "s9",
      "s10",
      "e10",
    ]);
    expect(events.filter(({ type }) => type === "checkpoint")).toHaveLength(2);
  });

  it("a loss that is not finite stops the run and names step, rows, rate and norm", async () => {
    const { run, checkpoints, trainable } = loop({ metric: (n) => n, failsAt: 8 });
    await expect(run).rejects.toMatchObject({
      code: "not-finite",
      message: expect.stringMatching(
        /step 8: loss NaN, gradient norm 1, learning rate 0\.100, rows rows 7/,
      ),
    });
    expect(trainable.value()).toBe(7);
    expect(checkpointSteps(checkpoints)[0]).toBe(5);
  });

  it("an abort ends it after the step under way, with a checkpoint", async () => {
    const controller = new AbortController();
    const { run, checkpoints } = loop({
      metric: (n) => n,
      options: {
        signal: controller.signal,
        onEvent: (event) => {
          if (event.type === "step" && event.record.step === 3) controller.abort();
        },
      },
    });
    await expect(run).rejects.toThrow(InterruptedError);
    expect(checkpointSteps(checkpoints)[0]).toBe(3);
  });

  it("goes on where a checkpoint stands, drawing the batches that are still to come", async () => {
    const { run, log, state } = await resumed({ metric: (n) => -Math.abs(n - 4) });
    expect(state.sampler).toEqual({ epoch: 0, batch: 5 });
    expect(await run).toMatchObject({ step: 10, best: { step: 4 }, start: -4 });
    const steps = readLog(log).flatMap((r) => ("loss" in r ? [r.step] : []));
    expect(steps).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });
});

describe("log", () => {
  it("cuts off a line that a killed process left unfinished", async () => {
    const folder = mkdtempSync(join(tmpdir(), "log "));
    const { run, log } = loop({ metric: (n) => n, folder });
    await run;
    const whole = readFileSync(log, "utf8");
    const { appendFileSync } = await import("node:fs");
    appendFileSync(log, '{"step":11,"lo');
    expect(readLog(log)).toHaveLength(16);
    openLog(log).close();
    expect(readFileSync(log, "utf8")).toBe(whole);
    expect(existsSync(log)).toBe(true);
  });
});
