import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { type CliResult, freshFolder } from "../support/cli.js";
import { embtune } from "../support/in-process.js";

const folder = freshFolder();
const run = join(folder, "run");
let trained: CliResult;

const recordOf = (path: string) => JSON.parse(readFileSync(join(path, "run.json"), "utf8"));
const modelOf = (path: string) => readFileSync(join(path, "onnx", "model.onnx"));

async function exported(name: string, ...options: readonly string[]): Promise<Buffer> {
  const to = join(folder, name);
  const { code, stderr } = await embtune(["export", run, "--to", to, ...options]);
  expect(code, stderr).toBe(0);
  return modelOf(to);
}

beforeAll(async () => {
  trained = await embtune([
    ...["train", "data/support/train.csv", "--eval", "data/support/dev.csv", "--out", run],
    ...["--tune", "last:1", "--steps", "20", "--batch-size", "16", "--lr", "1e-3"],
    ...["--objective", "infonce", "--threads", "1"],
  ]);
}, 240_000);

describe("train, which searches the line by default", () => {
  it("shows the curve and which point goes out", () => {
    expect(trained.code, trained.stderr).toBe(0);
    const { alpha, curve, by } = recordOf(run).result.interpolation;
    expect(by).toBe("search");
    expect(curve.map((point: { alpha: number }) => point.alpha)).toEqual([
      0, 0.2, 0.4, 0.6, 0.8, 1,
    ]);
    const line = curve.map(({ value }: { value: number }) => (100 * value).toFixed(2)).join("  ");
    expect(trained.stdout).toContain(line);
    expect(trained.stdout).toContain(`α ${alpha} goes out: chosen on these rows`);
    expect(trained.stdout).toContain(`embtune export ${JSON.stringify(run)} --interpolate 0.5`);
    expect(alpha).toBeGreaterThan(0);
  });

  it("leaves the model that export makes of the same point, and of another at need", async () => {
    const { alpha } = recordOf(run).result.interpolation;
    const own = modelOf(join(run, "model"));
    expect((await exported("same", "--interpolate", String(alpha))).equals(own)).toBe(true);
    expect((await exported("default")).equals(own)).toBe(true);
    expect((await exported("other", "--interpolate", "0.3")).equals(own)).toBe(false);
    const card = readFileSync(join(run, "model", "sentence-transformers", "README.md"), "utf8");
    expect(card).toContain(`with α = ${alpha}, chosen on the selecting rows`);
    expect(card).toContain("| α | 0 | 0.2 | 0.4 | 0.6 | 0.8 | 1 |");
  });

  it("goes no way from a model that is no run", async () => {
    const { code, stderr } = await embtune([
      ...["export", join(run, "model"), "--interpolate", "0.5", "--to", join(folder, "none")],
    ]);
    expect(code).toBe(2);
    expect(stderr).toContain("is no run folder");
  });
});
