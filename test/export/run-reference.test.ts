import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { HEAD_NAMES, headSpec, initialHead } from "../../src/encoder/head.js";
import {
  type ModelContent,
  matryoshkaDimensions,
  outputDimension,
  trainedObjectives,
} from "../../src/export/model-content.js";
import { headAmong, runPoint, runReference } from "../../src/export/run-reference.js";
import { mixedTexts, plainTexts } from "../../src/export/sample-texts.js";
import { float32 } from "../../src/math/tensor.js";
import type { RunRecord } from "../../src/training/run-folder/run-folder.js";
import { inFolder } from "../support/encoder-run.js";
import { tinyRun } from "./tiny-run.js";

let run: string;
let record: RunRecord;
beforeAll(async () => {
  run = await tinyRun({
    head: "mlp",
    headDim: 4,
    headHidden: 3,
    saveEvery: 1,
    keep: 5,
    interpolate: "off",
  });
  record = JSON.parse(readFileSync(join(run, "run.json"), "utf8"));
});

describe("runReference", () => {
  it("knows a run and a step of it, and takes nothing else for one", () => {
    expect(runReference(run)).toEqual({ run, step: undefined });
    expect(runReference(`${run}:2`)).toEqual({ run, step: 2 });
    for (const other of ["Xenova/all-MiniLM-L6-v2", `${run}:`, `${run}:2a`, `${run}x:2`, "."])
      expect(runReference(other)).toBeUndefined();
  });

  it("takes a run whose own name ends in a number for that run", () => {
    const odd = inFolder("odd:7");
    mkdirSync(odd);
    writeFileSync(join(odd, "run.json"), "{}");
    expect(runReference(odd)).toEqual({ run: odd, step: undefined });
    expect(runReference(`${odd}:3`)).toEqual({ run: odd, step: 3 });
  });
});

describe("runPoint", () => {
  const norm = (step: number): number => {
    const { parameters } = runPoint({ run, step }, record)!;
    return Math.hypot(...(parameters.get(HEAD_NAMES.outputWeight)!.data as Float32Array));
  };

  it("reads the parameters of the step that is named", () => {
    expect(norm(2)).toBeGreaterThan(0);
    expect(norm(2)).not.toBe(norm(1));
  });

  it("offers the nearest step that is kept for one that is not", () => {
    expect(() => runPoint({ run, step: 30 }, record)).toThrow(
      expect.objectContaining({ code: "no-such-checkpoint", exitCode: 2 }),
    );
    expect(() => runPoint({ run, step: 30 }, record)).toThrow(/step 30, only 3, 2, 1$/);
  });

  it("has none where the base itself was best, and refuses a run that has not ended", () => {
    const result = { ...record.result!, bestStep: 0, interpolation: undefined };
    const elsewhere = inFolder("no best");
    mkdirSync(join(elsewhere, "checkpoints"), { recursive: true });
    const reference = { run: elsewhere, step: undefined };
    expect(runPoint(reference, { ...record, result })).toBeUndefined();
    const { result: _, ...unfinished } = record;
    expect(() => runPoint(reference, unfinished)).toThrow(
      expect.objectContaining({
        code: "unfinished-run",
        hint: expect.stringContaining("--resume"),
      }),
    );
  });

  it("gives what training chose where no step is named", () => {
    // Of this run that is the start: a smaller head, whose second layer is still zero.
    expect(record.result!.bestStep).toBe(0);
    const { parameters: best } = runPoint({ run, step: undefined }, record)!;
    expect(best.get(HEAD_NAMES.outputWeight)!.data.every((x) => x === 0)).toBe(true);
    expect(best.get(HEAD_NAMES.projection)!.shape).toEqual([4, 16]);
  });

  it("goes along the line to the last step where a point is asked for, to the named step where one is", () => {
    const at = (step: number | undefined, alpha: number) => runPoint({ run, step }, record, alpha)!;
    expect(at(undefined, 0.5)).toEqual({ ...at(3, 0.5), alpha: 0.5 });
    expect(at(2, 0.5).parameters).toEqual(runPoint({ run, step: 2 }, record)!.parameters);
  });
});

describe("headAmong", () => {
  it.each([
    ["an MLP", { kind: "mlp", dim: 4, hidden: 3 }],
    ["an MLP of the encoder's size", { kind: "mlp", dim: 6, hidden: 2 }],
    ["a linear head", { kind: "linear", dim: 5 }],
  ] as const)("finds %s again by the shapes of its weights", (_, options) => {
    const spec = headSpec(6, options);
    const embeddings = { rows: 9, cols: 6, data: Float32Array.from({ length: 54 }, Math.random) };
    const parameters = initialHead(spec, { seed: 1, embeddings });
    const others = new Map([...parameters, ["scale", float32([], [1])]]);
    const found = headAmong(others, { dimension: 6, modules: undefined })!;
    expect(found.spec).toEqual(spec);
    expect([...found.parameters.keys()]).toEqual([...parameters.keys()]);
  });

  it("is none among other parameters", () => {
    const others = new Map([["scale", float32([], [1])]]);
    expect(headAmong(others, { dimension: 6, modules: undefined })).toBeUndefined();
  });

  it("refuses a head with a weight that is missing or of another shape", () => {
    const parameters = initialHead(headSpec(6, { kind: "mlp", hidden: 2 }), { seed: 1 });
    const without = new Map(parameters);
    without.delete(HEAD_NAMES.hiddenBias);
    const other = new Map(parameters).set(HEAD_NAMES.hiddenBias, float32([3], [0, 0, 0]));
    for (const damaged of [without, other])
      expect(() => headAmong(damaged, { dimension: 6, modules: undefined })).toThrow(
        expect.objectContaining({
          code: "damaged-checkpoint",
          message: expect.stringContaining(`"${HEAD_NAMES.hiddenBias}" of shape [2]`),
        }),
      );
  });
});

describe("what a run says about its model", () => {
  const trained = (changes: Partial<RunRecord>): ModelContent =>
    ({
      encoder: { dimension: 16 },
      run: { ...record, files: undefined, ...changes },
    }) as ModelContent;
  const withDims = (dims?: readonly number[]) => ({
    options: { ...record.options, objectiveOptions: dims === undefined ? {} : { dims } },
  });
  const fileWith = (path: string, objective: string, dims: readonly number[]) => ({
    ...{ path, sha256: "", rows: 1, columns: {}, kind: "pair" as const, objective },
    objectiveOptions: { dims },
  });

  it("is as wide as its head, else as its encoder", () => {
    const content = trained({});
    expect(outputDimension(content)).toBe(16);
    const head = { spec: headSpec(16, { kind: "linear", dim: 7 }), parameters: new Map() };
    expect(outputDimension({ ...content, head })).toBe(7);
  });

  it("may be cut to the sizes that every objective was trained for, the largest first", () => {
    expect(matryoshkaDimensions(trained(withDims([4, 12, 8])))).toEqual([12, 8, 4]);
    expect(matryoshkaDimensions(trained(withDims()))).toEqual([]);
    const files = [fileWith("a", "infonce", [8, 4]), fileWith("b", "cosent", [4, 2])];
    expect(matryoshkaDimensions(trained({ files }))).toEqual([4]);
    const { run: _, ...bare } = trained({});
    expect(matryoshkaDimensions(bare)).toEqual([]);
  });

  it("has an objective for each that differs in name or options", () => {
    const files = [
      fileWith("a", "infonce", [8]),
      fileWith("b", "infonce", [4]),
      fileWith("c", "infonce", [8]),
      fileWith("d", "cosent", [8]),
    ];
    expect(trainedObjectives({ ...record, files }).map((one) => one.files)).toEqual([
      ["a", "c"],
      ["b"],
      ["d"],
    ]);
    const [only] = trainedObjectives({ ...record, files: undefined });
    expect(only).toMatchObject({ objective: "infonce", files: [record.data.path] });
  });
});

describe("texts to compare models by", () => {
  it("are the same in every call, and as many as asked for", () => {
    expect(mixedTexts(60)).toEqual(mixedTexts(60));
    expect(mixedTexts(60)).toHaveLength(60);
    expect(mixedTexts(3)).toEqual(mixedTexts(60).slice(0, 3));
    expect(plainTexts(200)).toHaveLength(200);
  });

  it("hold nothing, white space, other scripts and a word without end, and long ones", () => {
    const texts = mixedTexts(100);
    for (const wanted of [
      /^$/,
      /^ $/,
      /\n/,
      /\p{Script=Han}/u,
      /\p{Emoji_Presentation}/u,
      /^\w{300}$/,
    ])
      expect(texts.some((text) => wanted.test(text))).toBe(true);
    const words = plainTexts(100).map((text) => text.split(" ").length);
    expect(Math.min(...words)).toBeLessThan(10);
    expect(Math.max(...words)).toBeGreaterThan(128);
  });
});
