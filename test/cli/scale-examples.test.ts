import { execFileSync } from "node:child_process";
import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { freshFolder, root, writeIn } from "../support/cli.js";
import { embtune } from "../support/in-process.js";

const model = join(root, "test", "fixtures", "encoders", "bert-torchscript-14");
const folder = freshFolder();
const texts = Array.from({ length: 17 }, (_, i) => `text number ${i}`).join("\n");
writeIn(folder, "texts.txt", texts);
const example = (name: string): string =>
  readFileSync(join(root, "examples", "scale", name), "utf8");

/** The words of the script's embtune command, with its variables from the environment. */
function commandOf(name: string): string[] {
  const [line = ""] = /npx embtune embed texts.*$/m.exec(example(name)) ?? [];
  const filled = line.replace(/\$([A-Z_]+)/g, (_, variable: string) => process.env[variable] ?? "");
  const words = filled.replaceAll('"', "").split(" ").slice(2);
  return words.map((word) => (word === "model" ? model : word));
}

const before = { ...process.env };
afterEach(() => {
  process.env = { ...before };
});

/** Runs the script's command as each of the parts, and merges. */
async function inParts(name: string, environments: readonly NodeJS.ProcessEnv[]): Promise<Buffer> {
  const files: string[] = [];
  for (const environment of environments) {
    process.env = { ...before, ...environment };
    const words = commandOf(name);
    files.push(words[words.indexOf("--out") + 1]);
    expect((await embtune([...words, "--overwrite"], { cwd: folder })).code).toBe(0);
  }
  const out = `${name}.npy`;
  expect((await embtune(["embed", "--merge", ...files, "--out", out], { cwd: folder })).code).toBe(
    0,
  );
  return readFileSync(join(folder, out));
}

describe("examples/scale", () => {
  it("give the vectors of one process, under Slurm's and Kubernetes' variables and by xargs", async () => {
    const whole = ["embed", "texts.txt", "--model", model, "--out", "whole.npy"];
    expect((await embtune(whole, { cwd: folder })).code).toBe(0);
    const wanted = readFileSync(join(folder, "whole.npy"));
    const slurm = [1, 2, 3].map((i) => ({
      ...{ SLURM_ARRAY_TASK_ID: String(i), SLURM_ARRAY_TASK_MIN: "1" },
      ...{ SLURM_ARRAY_TASK_COUNT: "3", SLURM_CPUS_PER_TASK: "1" },
    }));
    expect((await inParts("slurm.sh", slurm)).equals(wanted)).toBe(true);
    const pods = Array.from({ length: 8 }, (_, i) => ({ JOB_COMPLETION_INDEX: String(i) }));
    expect((await inParts("kubernetes.yaml", pods)).equals(wanted)).toBe(true);
    const script = join(root, "examples", "scale", "local.sh");
    // A command without blanks, as the script wants it, wherever the checkout lies.
    const started = `#!/bin/sh\nexec "${process.execPath}" "${join(root, "bin", "embtune.js")}" "$@"\n`;
    chmodSync(writeIn(folder, "embtune", started), 0o755);
    const env = { ...before, EMBTUNE: "./embtune" };
    execFileSync("sh", [script, "texts.txt", model, "local.npy", "2"], { cwd: folder, env });
    expect(readFileSync(join(folder, "local.npy")).equals(wanted)).toBe(true);
  });

  it("a device that the package does not have is refused with those that it has", async () => {
    const device = process.platform === "win32" ? "coreml" : "dml";
    const { code, stderr } = await embtune(
      ["embed", "texts.txt", "--model", model, "--out", "d.npy", "--device", device],
      { cwd: folder },
    );
    expect(code).toBe(2);
    expect(stderr).toMatch(new RegExp(`no ${device} on .*it has cpu`));
  });
});
