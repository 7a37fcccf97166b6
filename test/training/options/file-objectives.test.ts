import { createHash } from "node:crypto";
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openResources, type Resources } from "../../../src/training/model/resources.js";
import type { TrainOptions } from "../../../src/training/options/settings.js";
import { planTraining } from "../../../src/training/plan/plan.js";
import { runTraining } from "../../../src/training/run/run.js";
import { checkpointPath, readCheckpoint } from "../../../src/training/run-folder/checkpoint.js";
import type { StepRecord } from "../../../src/training/run-folder/events.js";
import { readLog } from "../../../src/training/run-folder/log.js";
import { readRun, runPaths } from "../../../src/training/run-folder/run-folder.js";
import { userErrorOf } from "../../dataset/temporary-files.js";
import { model } from "../../support/encoder-run.js";
import { csvOf, type Table, temporary } from "../../support/rows.js";

let resources: Resources;
beforeAll(async () => {
  const plan = await planTraining({ data: csvOf("pair"), eval: csvOf("nli"), out: "unused" });
  resources = await openResources(plan.settings, 1000);
});
afterAll(() => resources.close());

const measured = csvOf([
  "sentence1,sentence2,score",
  "a cat,a kitten,4",
  "a barn,a house,3",
  "a duck,a plane,0",
]);
const [pairs, scored, nli] = [csvOf("pair"), csvOf("scored-pair"), csvOf("nli")];
const objectives = {
  [pairs]: { objective: "infonce", temperature: 0.1 },
  [scored]: { objective: "cosent" },
  [nli]: { objective: "softmax" },
};

const common = (changes: Partial<TrainOptions> = {}): TrainOptions => ({
  data: pairs,
  eval: measured,
  out: join(temporary(), "run"),
  batchSize: 8,
  steps: 9,
  lr: 1e-9,
  scalarLr: 1e-9,
  evalEvery: 9,
  ...changes,
});

async function stepsOf(
  options: TrainOptions,
  shared: { readonly resources?: Resources; readonly resume?: boolean } = { resources },
): Promise<StepRecord[]> {
  const steps: StepRecord[] = [];
  const plan = await planTraining(options);
  await runTraining(plan, {
    ...shared,
    onEvent: (event) => {
      if (event.type === "step") steps.push(event.record);
    },
  });
  return steps;
}

/** The losses of a run on one file, whose model hardly moves. */
async function alone(file: string, changes: Partial<TrainOptions>): Promise<number[]> {
  const { objective, ...objectiveOptions } = objectives[file];
  const run = common({ ...changes, data: file, objective, objectiveOptions, steps: 3 });
  return (await stepsOf(run)).map(({ loss }) => loss);
}

/** SHA-256 of every tensor of a checkpoint. */
function tensorHashes(checkpoint: string): Record<string, string> {
  const {
    parameters,
    firstMoments,
    secondMoments,
    buffers = new Map(),
  } = readCheckpoint(checkpoint).weights;
  const parts = Object.entries({ parameters, firstMoments, secondMoments, buffers });
  return Object.fromEntries(
    parts.flatMap(([part, tensors]) =>
      [...tensors].map(([name, { data }]) => {
        const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
        return [`${part} ${name}`, createHash("sha256").update(bytes).digest("hex")];
      }),
    ),
  );
}

const mixed: Partial<TrainOptions> = {
  moreData: [scored, nli],
  objectives,
  mix: "round-robin",
};

describe("files with objectives of their own", () => {
  it("give the losses that each alone gives on the same batches, each by its own step", async () => {
    const steps = await stepsOf(common(mixed));
    const order = [pairs, scored, nli];
    expect(steps.map(({ losses = {} }) => Object.keys(losses))).toEqual(
      [...order, ...order, ...order].map((file) => [file]),
    );
    for (const [i, file] of order.entries()) {
      const own = steps.filter((_, step) => step % 3 === i).map(({ loss }) => loss);
      const expected = await alone(file, {});
      own.forEach((loss, k) => {
        expect(loss).toBeCloseTo(expected[k], 5);
      });
      expect(steps[i]?.losses).toEqual({ [file]: own[0] });
    }
  });

  it("give their losses in an update of several batches too", async () => {
    const single = await stepsOf(common(mixed));
    const [first] = await stepsOf(common({ ...mixed, accumulate: 3, steps: 1 }));
    const expected = single.slice(0, 3).map(({ loss }) => loss);
    Object.values(first?.losses ?? {}).forEach((loss, i) => {
      expect(loss).toBeCloseTo(expected[i], 5);
    });
    expect(first?.loss).toBeCloseTo(expected.reduce((sum, loss) => sum + loss, 0) / 3, 5);
  });

  it("train the objectives' own parameters apart, also those of a queue", async () => {
    const run = common({
      ...mixed,
      moreData: [scored, nli, csvOf("triplet")],
      objectives: { ...objectives, [nli]: { objective: "nce" }, [pairs]: { objective: "sigmoid" } },
      objective: "infonce",
      objectiveOptions: { queue: 12 },
      lr: 1e-3,
      scalarLr: 1e-2,
      saveEvery: 9,
    });
    await stepsOf(run);
    const { checkpoints } = runPaths(run.out);
    const { parameters, buffers } = readCheckpoint(checkpointPath(checkpoints, 9)).weights;
    const own = [...parameters.keys()].filter((name) => name.startsWith("file."));
    expect(own.map((name) => name.split(".", 2).join("."))).toEqual(
      expect.arrayContaining(["file.0", "file.2"]),
    );
    expect([...(buffers?.keys() ?? [])]).toContain("file.3.queue.vectors");
  });

  it("go on from a checkpoint to the same bits", async () => {
    const run = common({
      ...mixed,
      moreData: [scored, nli, csvOf("triplet")],
      mix: "proportional",
      objectiveOptions: { queue: 12 },
      steps: 12,
      lr: 1e-2,
      scalarLr: 1e-2,
      saveEvery: 5,
      accumulate: 2,
    });
    await stepsOf(run);
    const again = `${run.out} again`;
    cpSync(run.out, again, { recursive: true });
    const at = (folder: string) => checkpointPath(runPaths(folder).checkpoints, 12);
    for (const step of [10, 12])
      rmSync(checkpointPath(runPaths(again).checkpoints, step), { recursive: true });
    await stepsOf({ ...run, out: again }, { resources, resume: true });
    expect(tensorHashes(at(again))).toEqual(tensorHashes(at(run.out)));
    expect(readRun(again).result?.losses).toEqual(readRun(run.out).result?.losses);
  });

  it("are recorded, and a change of one is told when the run goes on", async () => {
    const run = common(mixed);
    await stepsOf(run);
    const record = readRun(run.out);
    expect(record.files?.map(({ kind, objective }) => [kind, objective])).toEqual([
      ["pair", "infonce"],
      ["scored-pair", "cosent"],
      ["nli", "softmax"],
    ]);
    expect(record.options.objectives?.[pairs]).toMatchObject({
      objective: "infonce",
      temperature: 0.1,
      symmetric: false,
    });
    expect(Object.values(record.result?.losses ?? {}).map(({ updates }) => updates)).toEqual([
      3, 3, 3,
    ]);
    expect(readLog(runPaths(run.out).log).filter((line) => "losses" in line)).toHaveLength(9);
    const changed = { ...objectives, [scored]: { objective: "cosine-mse" } };
    const plan = await planTraining({ ...run, objectives: changed });
    const error = await userErrorOf(
      runTraining(plan, { resources, resume: true, onEvent: () => {} }),
    );
    expect([error.code, error.message]).toEqual([
      "run-changed",
      expect.stringContaining(`the objective of ${scored} was`),
    ]);
  });
});

describe("an encoder that is trained on several objectives", () => {
  const modes: [string, Partial<TrainOptions>][] = [
    ["full with dropout", { tune: "full", dropout: 0.1 }],
    ["adapters, in chunks", { tune: "lora", dropout: 0, miniBatchTokens: 64 }],
    ["the last layer with a head", { tune: "last:1", dropout: 0, head: "linear" }],
  ];
  it.each(modes)(
    "takes the step of each file's objective: %s",
    async (_, changes) => {
      const run = common({ ...mixed, ...changes, model, maxLength: 16, steps: 3 });
      const steps = await stepsOf(run, {});
      expect(steps.every(({ gradNorm }) => gradNorm > 0)).toBe(true);
      // Masks belong to the place in the run, so that only the first file's first batch has the same alone.
      const compared = changes.dropout === 0 ? [pairs, scored, nli] : [pairs];
      for (const [i, file] of compared.entries()) {
        const { objective, ...objectiveOptions } = objectives[file];
        const single = { ...run, data: file, objective, objectiveOptions, steps: 1 };
        const { moreData: __, objectives: ___, mix: ____, ...rest } = single;
        const [first] = await stepsOf({ ...rest, out: join(temporary(), "one") }, {});
        expect(steps[i]?.loss).toBeCloseTo(first.loss, 4);
      }
    },
    60_000,
  );
});

describe("objectives by file", () => {
  const refused = (given: unknown, changes: Partial<TrainOptions> = {}) =>
    userErrorOf(
      planTraining(common({ ...mixed, ...changes, objectives: given as typeof objectives })),
    );

  it.each<[string, unknown, string, string]>([
    ["no object", [1], "bad-objectives", "objectives must be an object"],
    [
      "no entry",
      { [pairs]: "infonce" },
      "bad-objectives",
      `objectives["${pairs}"] must be an object`,
    ],
    ["no name", { [pairs]: { temperature: 1 } }, "bad-objectives", "names no objective"],
    [
      "an unknown file",
      { [`${pairs}x`]: { objective: "infonce" } },
      "unknown-file",
      "is no training file",
    ],
    [
      "an unknown objective",
      { [pairs]: { objective: "infonse" } },
      "unknown-objective",
      `objectives["${pairs}"]`,
    ],
    [
      "an unknown option",
      { [pairs]: { objective: "infonce", temprature: 1 } },
      "unknown-option",
      `objectives["${pairs}"]`,
    ],
    [
      "a wrong value",
      { [pairs]: { objective: "infonce", temperature: -1 } },
      "option-value",
      "temperature",
    ],
  ])("are refused: %s", async (_, given, code, message) => {
    const error = await refused(given);
    expect([error.code, error.exitCode]).toEqual([code, 2]);
    expect(error.message).toContain(message);
  });

  it("say what is near to what they do not know", async () => {
    const file = await refused({ [`${pairs}x`]: { objective: "infonce" } });
    expect(file.hint).toBe(`did you mean "${pairs}"?`);
    const objective = await refused({ [pairs]: { objective: "infonse" } });
    expect(objective.hint).toBe('did you mean "infonce"?');
    const option = await refused({ [pairs]: { objective: "infonce", temprature: 1 } });
    expect(option.hint).toBe('did you mean "temperature"?');
  });

  it("get the other model that one of them has a use for", async () => {
    const guided = await planTraining(common({ ...mixed, guide: "some" }));
    expect(guided.groups.map(({ auxiliary }) => auxiliary?.kind)).toEqual([
      "guide",
      undefined,
      undefined,
    ]);
    expect((await refused(objectives, { teacher: "some" })).code).toBe("option-without-effect");
    const both = { guide: "some", teacher: "other" };
    expect((await refused(objectives, both)).code).toBe("two-models");
  });

  it.each<[Table, string]>([["text", "texts.txt"]])(
    "augment nothing but single texts",
    async (table) => {
      const error = await refused({}, { moreData: [csvOf(table)], augment: "noise:0.1" });
      expect(error.code).toBe("augments-nothing");
    },
  );
});
