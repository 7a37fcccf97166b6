import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import * as library from "../../src/index.js";
import { compareTable } from "../../src/jobs/options/compare.js";
import { splitTable } from "../../src/jobs/options/data.js";
import { distillTable } from "../../src/jobs/options/distill.js";
import { embedTable, mergeTable } from "../../src/jobs/options/embed.js";
import { evaluateTable } from "../../src/jobs/options/evaluate.js";
import { exportTable, recipeTable } from "../../src/jobs/options/export.js";
import { mergeMinedTable, mineTable, rulesTable } from "../../src/jobs/options/mine.js";
import { searchTable, similarTable } from "../../src/jobs/options/search.js";
import type { AnyTable } from "../../src/options/option.js";
import { trainTable } from "../../src/training/options/table.js";
import { userErrorOf } from "../dataset/temporary-files.js";

const { embed, evaluate, exportModel, inspect, mineNegatives, prepareFile, splitFile } = library;
const { train, distill, openSearch, findSimilar, compareModels, planComparison } = library;
const {
  mergeEmbeddings,
  writeReport,
  loadModel,
  loadDataset,
  mergeMined,
  exportRecipe,
  embeddingModel,
} = library;

const folder = mkdtempSync(join(tmpdir(), "refusals "));
const data = join(folder, "none.csv");
const out = join(folder, "out.npy");

/** Each job with all that it needs, and options beside, which a caller in JavaScript can write wrongly. */
const jobs: Readonly<Record<string, (wrong: object) => Promise<unknown>>> = {
  train: (wrong) => train({ data, out, ...wrong }),
  evaluate: (wrong) => evaluate({ data: [data], ...wrong }),
  embed: (wrong) => embed({ data, out, ...wrong }),
  mine: (wrong) => {
    const rules = { count: 1, rangeMin: 0, rangeMax: 1, sampling: "top" } as const;
    return mineNegatives({ data, rules, ...wrong });
  },
  export: (wrong) => exportModel({ to: out, ...wrong }),
  inspect: (wrong) => inspect([data], wrong),
  prepare: (wrong) => prepareFile(data, "pairs", wrong),
  split: (wrong) => splitFile(data, { out, ...wrong }),
  distill: (wrong) => distill({ data: [data], teacher: "none", out, ...wrong }),
  search: (wrong) => openSearch({ corpus: data, ...wrong }),
  similar: (wrong) => findSimilar({ data, ...wrong }),
  compare: (wrong) => compareModels({ models: ["none"], ...wrong }),
};

/** Those without random numbers. */
const others: typeof jobs = {
  merge: (wrong) => mergeEmbeddings({ files: [data], out, ...wrong }),
  mergeMined: (wrong) => mergeMined({ files: [data], out: join(folder, "out.csv"), ...wrong }),
  exportRecipe: (wrong) => exportRecipe({ run: folder, to: out, ...wrong }),
  report: (wrong) => writeReport([folder], { out, ...wrong }),
  loadModel: (wrong) => loadModel(folder, wrong),
  embeddingModel: async (wrong) => embeddingModel(folder, wrong),
  loadDataset: (wrong) => loadDataset(data, wrong),
  "planComparison of variants": (wrong) => {
    const variants = [{ name: "a", options: { data, ...wrong } }];
    return planComparison(variants, out, { sameSteps: false });
  },
};

/** What is wrong in each of the ways that a type would have told, and what is answered. */
const wrong: readonly (readonly [string, () => Promise<unknown>, string])[] = [
  ["inspect", () => inspect(data as never), `--data must be files, got ${JSON.stringify(data)}`],
  ["split", () => splitFile([data] as never, { out }), "--data must be a text, got"],
  ["prepare", () => prepareFile(data, "pair" as never), "--as must be one of pairs, triplets"],
  ["report", () => writeReport(folder as never), "--runs must be files, got"],
  ["report", () => writeReport([folder], { umap: "yes" as never }), "--umap must be true or false"],
  ["merge", () => mergeEmbeddings({ files: data as never, out }), "--files must be files, got"],
  ["train", () => train({ data, out, overwrite: "yes" as never }), "--overwrite must be true"],
  ["loadModel", () => loadModel(3 as never), "--model must be a text, got 3"],
  ["loadModel", () => loadModel(folder, { dtype: "q4" as never }), "--dtype must be one of fp32"],
  ["loadDataset", () => loadDataset(data, { as: ["pears" as never] }), "--as must be names"],
  ["mine", () => jobs.mine({ rules: { count: 1 } }), "rules of mine needs --range-min"],
  ["embed", () => jobs.embed({ onEvent: true }), "onEvent must be a function, got true"],
  ["export", () => jobs.export({ onEvent: {} }), "onEvent must be a function, got {}"],
  ["similar", () => jobs.similar({ signal: 1 }), "signal must be an AbortSignal, got 1"],
];

describe.each(Object.entries(jobs))("the library's %s", (name, job) => {
  it("refuses an option that it has not, with the nearest name, before it reads anything", async () => {
    const error = await userErrorOf(job({ thread: 3 }));
    expect([error.code, error.exitCode]).toEqual(["unknown-option", 2]);
    expect(error.message).toBe(`${name} has no option "thread"`);
    expect(error.hint).toBe('did you mean "threads"?');
  });

  it("refuses what is of another type, as the command does", async () => {
    const error = await userErrorOf(job({ seed: "7" }));
    expect([error.code, error.exitCode]).toEqual(["bad-option", 2]);
    expect(error.message).toBe('--seed must be a whole number from 0, got "7"');
  });
});

describe.each(Object.entries(others))("the library's %s", (_, job) => {
  it("refuses an option that it has not", async () => {
    const error = await userErrorOf(job({ overwrit: true }));
    expect([error.code, error.exitCode]).toEqual(["unknown-option", 2]);
    expect(error.message).toContain('has no option "overwrit"');
  });
});

it.each(wrong)("%s answers as the command does: %3$s", async (_, job, message) => {
  const error = await userErrorOf(job());
  expect(error.exitCode).toBe(2);
  expect(error.message).toContain(message);
});

it("has every job of the public API in these tables", () => {
  const tested = [jobs, others].flatMap((table) => Object.values(table).map(String)).join("\n");
  const called = Object.entries(library).filter(
    ([name, value]) => typeof value === "function" && /^[a-z]/.test(name),
  );
  // What takes a path alone, what takes planned runs, and what writes an error.
  const besides = ["readVectors", "compareRuns", "formatError"];
  const missing = called.filter(([name]) => !tested.includes(name) && !besides.includes(name));
  expect(missing.map(([name]) => name)).toEqual([]);
});

it.each(["q8", "int8"])("takes %s for either name of 8-bit integers", async (name) => {
  const given = { dtype: name as "int8" };
  const calls = [
    () => jobs.embed(given),
    () => jobs.evaluate({ precisions: [name] }),
    () => jobs.export({ ...given, eval: data }),
    () => others.loadModel(given),
  ];
  for (const call of calls) expect((await userErrorOf(call())).code).not.toBe("bad-option");
});

describe("the library", () => {
  it("asks for what a job needs", async () => {
    const job: (options: object) => Promise<unknown> = (options) =>
      embed({ data, out, ...options });
    const error = await userErrorOf(job({ out: undefined }));
    expect(error.code).toBe("missing-option");
    expect(error.message).toMatch(/^embed needs --out \(out in code\): /);
    const trained = await userErrorOf(train({ data } as Parameters<typeof train>[0]));
    expect(trained.message).toBe("train needs --out (out in code): run folder");
  });

  it.each<[string, AnyTable]>([
    ["`train`", trainTable],
    ["`evaluate`", evaluateTable],
    ["`compareModels`", compareTable],
    ["`embed`", embedTable],
    ["`mergeEmbeddings`", mergeTable],
    ["`openSearch`", searchTable],
    ["`findSimilar`", similarTable],
    ["`mineNegatives`", mineTable],
    ["`rules` of `mineNegatives`", rulesTable],
    ["`mergeMined`", mergeMinedTable],
    ["`exportModel`", exportTable],
    ["`exportRecipe`", recipeTable],
    ["`distill`", distillTable],
    ["`splitFile(file, …)`", splitTable],
  ])("documents what %s must be given", (name, table) => {
    const page = readFileSync(join(import.meta.dirname, "../../docs/library.md"), "utf8");
    const row = page.split("\n").find((line) => line.startsWith(`| ${name} |`)) ?? "";
    const required = Object.entries(table).filter(
      ([, spec]) => spec.required === true && spec.default === undefined,
    );
    const told = row.split("|")[2].match(/\w+/g) ?? [];
    expect(told.sort()).toEqual(required.map(([option]) => option).sort());
  });

  it("looks into how files are to be read", async () => {
    const wrong: object = { reader: { encoding: "utf8" } };
    const error = await userErrorOf(evaluate({ data: [data], ...wrong }));
    expect(error.message).toContain("--encoding must be one of utf-8");
    expect(error.hint).toBe('did you mean "utf-8"?');
  });
});
