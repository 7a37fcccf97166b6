import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { objectives } from "../../src/objectives/registry.js";
import { freshFolder, root, writeIn } from "../support/cli.js";
import { embtune } from "../support/in-process.js";

const golden = (name: string): string => join("test", "golden", `${name}.json`);

interface GoldenJson {
  cases: { loss: number; options: Record<string, unknown> }[];
}

/** A copy of a golden file with its first case changed. */
function changed(name: string, change: (first: GoldenJson["cases"][number]) => void): string {
  const file = JSON.parse(readFileSync(join(root, golden(name)), "utf8")) as GoldenJson;
  change(file.cases[0]);
  return writeIn(freshFolder(), `${name}.json`, JSON.stringify(file));
}

describe("embtune objectives", () => {
  it("lists every objective with its rows and defaults", async () => {
    const { code, stdout } = await embtune(["objectives"]);
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split("\n");
    const heads = lines.filter((line) => /^\S/.test(line));
    expect(heads.map((line) => line.split(" ")[0])).toEqual(objectives.map(({ name }) => name));
    expect(stdout).toContain("rows triplet, pair, classed");
    expect(stdout).toContain("margin 0.2");
  });

  it("shows one objective with formula, options and paper", async () => {
    const { code, stdout } = await embtune(["objectives", "nce"]);
    expect(code).toBe(0);
    expect(stdout).toContain("Gutmann, Hyvärinen 2010");
    expect(stdout).toContain("--temperature");
    expect(stdout).toContain("logNormalizer");
    expect(stdout).not.toMatch(/\*\*|```|^\|/m);
    expect(Math.max(...stdout.split("\n").map(({ length }) => length))).toBeLessThanOrEqual(100);
  });

  it("gives the same as data", async () => {
    const one = JSON.parse((await embtune(["objectives", "debiased", "--json"])).stdout);
    expect(one.options.find((row: { flag: string }) => row.flag === "rho")).toMatchObject({
      default: 0.1,
      type: "number",
    });
    expect(Object.keys(one.modifiers)).toEqual(["matryoshka", "in-batch-off", "guide", "queue"]);
    const all = JSON.parse((await embtune(["objectives", "--json"])).stdout);
    expect(all).toHaveLength(objectives.length);
  });

  it("suggests the nearest name for an unknown one", async () => {
    const { code, stderr } = await embtune(["objectives", "soft-nearest-neighbours"]);
    expect(code).toBe(2);
    expect(stderr).toContain('did you mean "soft-nearest-neighbors"?');
  });
});

describe("embtune objectives check", () => {
  it("reports the worst error of every case, in both number types", async () => {
    const files = [golden("neg"), golden("matryoshka")];
    const table = await embtune(["objectives", "check", ...files]);
    expect(table.code).toBe(0);
    expect(table.stdout).toMatch(/^(\d+) of \1 cases within tolerance in float64$/m);
    const { code, stdout } = await embtune([
      "objectives",
      "check",
      ...files,
      "--float32",
      "--json",
    ]);
    expect(code).toBe(0);
    const reports = JSON.parse(stdout);
    expect(reports.map((report: { dtype: string }) => report.dtype)).toEqual([
      "float32",
      "float32",
    ]);
    for (const { cases } of reports) {
      for (const { worst, tolerance } of cases) {
        expect(worst).toBeGreaterThan(0);
        expect(worst).toBeLessThanOrEqual(tolerance);
      }
    }
  });

  it("exits with 1 when a case is out of tolerance", async () => {
    const file = changed("neg", (first) => {
      first.loss *= 1.001;
    });
    const { code, stdout } = await embtune(["objectives", "check", file]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/neg +defaults .* loss +FAILED/);
    expect(stdout).toContain("3 of 4 cases");
  });

  it("refuses an unknown option in a case", async () => {
    const file = changed("infonce", (first) => {
      first.options.temprature = 0.1;
    });
    const { code, stderr } = await embtune(["objectives", "check", file]);
    expect(code).toBe(1);
    expect(stderr).toContain("infonce.json");
    expect(stderr).toContain('has no option "temprature"');
    expect(stderr).toContain("temperature");
  });

  it("names a file that is no JSON and one that is missing", async () => {
    const text = await embtune(["objectives", "check", join("test", "golden", "README.md")]);
    expect([text.code, text.stderr]).toEqual([1, expect.stringContaining("is not valid JSON")]);
    const missing = await embtune(["objectives", "check", "nowhere.json"]);
    expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining("nowhere.json")]);
  });

  it("refuses unknown options with exit code 2", async () => {
    const { code, stderr } = await embtune(["objectives", "check", golden("neg"), "--float23"]);
    expect(code).toBe(2);
    expect(stderr).toContain("--float32");
  });
});
