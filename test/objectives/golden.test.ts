import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type CaseReport, checkGolden } from "../../src/objectives/check.js";
import { modifiers } from "../../src/objectives/modifiers.js";
import { objectives } from "../../src/objectives/registry.js";
import { runGraph } from "../support/run-graph.js";

const folder = join(import.meta.dirname, "..", "golden");
const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
const contents = (file: string): { objective: string; cases: { name: string }[] } =>
  JSON.parse(readFileSync(join(folder, file), "utf8"));

const failures = (reports: readonly CaseReport[]) =>
  reports
    .filter((report) => !report.passed)
    .map(({ name, tolerance, errors }) => ({ name, tolerance, errors }));

describe.each(files)("%s", (file) => {
  it.each(["float64", "float32"] as const)("agrees in %s", async (dtype) => {
    const golden = contents(file);
    const reports = await checkGolden(golden, { dtype, run: runGraph, file });
    expect(failures(reports)).toEqual([]);
    expect(reports.map(({ name }) => name)).toEqual(golden.cases.map(({ name }) => name));
    for (const { errors } of reports) expect(errors.length).toBeGreaterThan(1);
  });
});

describe("the golden files", () => {
  it("are those of the registry and the modifiers, one each", () => {
    const names = [...objectives.map(({ name }) => name), ...Object.keys(modifiers)];
    // The guide's tests of other directions, and options that several objectives share, have files of their own.
    names.push("guide-symmetric", "guide-nt-xent", "hardness", "directions");
    expect(files.map((file) => file.replace(".json", "")).sort()).toEqual(names.sort());
  });

  it("name themselves", () => {
    for (const file of files) expect(file.startsWith(contents(file).objective)).toBe(true);
  });
});
