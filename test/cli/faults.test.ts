import { spawn } from "node:child_process";
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { freshFolder, root, writeIn } from "../support/cli.js";
import { embtune } from "../support/in-process.js";

const folder = freshFolder();
const data = join(root, "data", "support", "train.csv");
const dev = join(root, "data", "support", "dev.csv");
const encoder = join(root, "test", "fixtures", "encoders", "bert-torchscript-14");
const short = [
  "train",
  data,
  "--eval",
  dev,
  "--model",
  encoder,
  "--steps",
  "8",
  "--eval-every",
  "4",
  "--no-report",
];

/** Runs the program behind a bash prefix, as somebody does who closes an output. */
function behind(prefix: string, args: readonly string[]): Promise<number | null> {
  const program = join(root, "bin", "embtune.js");
  const command = `${prefix} exec "$0" "$@"`;
  const child = spawn("bash", ["-c", command, process.execPath, program, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.stdout.resume();
  child.stderr.resume();
  return new Promise((resolve) => child.on("close", resolve));
}

const checkpoints = (run: string): string[] =>
  readdirSync(join(run, "checkpoints")).filter((name) => name.startsWith("step-"));

describe("an output that nobody takes", () => {
  it.each(["2>/dev/full;"])("stderr %s: the run goes on to its end", async (prefix) => {
    const run = join(folder, `stderr ${prefix.length}`);
    expect(await behind(`exec ${prefix}`, [...short, "--out", run])).toBe(0);
    expect(existsSync(join(run, "model", "onnx", "model.onnx"))).toBe(true);
    expect(existsSync(join(run, "run.lock"))).toBe(false);
  });

  it.each(["> >(exit 0); sleep 0.1;"])(
    "stdout %s: the run stops with a checkpoint and exit code 1, and can be resumed",
    async (prefix) => {
      const run = join(folder, `stdout ${prefix.length}`);
      expect(await behind(`exec ${prefix}`, [...short, "--json", "--out", run])).toBe(1);
      expect(existsSync(join(run, "run.lock"))).toBe(false);
      if (!existsSync(join(run, "model"))) expect(checkpoints(run).length).toBeGreaterThan(0);
      expect((await embtune(["train", "--resume", run, "--no-report"])).code).toBe(0);
    },
  );
});

describe("a signal", () => {
  const texts = Array.from({ length: 60_000 }, (_, i) => `sentence number ${i} about the weather`);
  const many = writeIn(folder, "many.txt", `${texts.join("\n")}\n`);
  const pairs = texts.slice(0, 40_000).map((text, i) => `${text},answer ${i} to it`);
  const table = writeIn(folder, "many.csv", `anchor,positive\n${pairs.join("\n")}\n`);
  it.each([
    ["embed", ["embed", many, "--out", join(folder, "v.npy")]],
    ["mine", ["mine", table, "--out", join(folder, "mined.csv")]],
    ["evaluate", ["evaluate", table]],
    ["train", ["train", table, "--out", join(folder, "stopped"), "--objective", "infonce"]],
  ])("ends %s soon, and leaves no lock", async (name, args) => {
    const program = join(root, "bin", "embtune.js");
    const child = spawn(process.execPath, [program, ...args], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    const ended = new Promise<unknown>((resolve) =>
      child.on("close", (code, signal) => resolve(signal ?? code)),
    );
    await new Promise((resolve) => child.stderr.once("data", resolve));
    expect(child.exitCode).toBeNull();
    const sent = performance.now();
    child.kill("SIGTERM");
    // Work that does not end by itself is ended by the signal after a second; on a busy machine that takes longer.
    expect(["SIGTERM", 130]).toContain(await ended);
    expect(performance.now() - sent).toBeLessThan(8_000);
    if (name === "train") expect(existsSync(join(folder, "stopped", "run.lock"))).toBe(false);
  });
});

describe("what embtune did not write", () => {
  const run = join(folder, "whole");
  beforeAll(async () => {
    expect((await embtune([...short, "--out", run])).code).toBe(0);
  });

  it("is not replaced by --overwrite: a file of somebody else's among the run's", async () => {
    const own = join(folder, "with notes");
    cpSync(run, own, { recursive: true });
    writeIn(join(own, "checkpoints"), "notes.txt", "mine");
    const { code, stderr } = await embtune([...short, "--out", own, "--overwrite"]);
    expect(code).not.toBe(0);
    expect(stderr).toContain(join("checkpoints", "notes.txt"));
    expect(readFileSync(join(own, "checkpoints", "notes.txt"), "utf8")).toBe("mine");
    expect(existsSync(join(own, "model", "onnx", "model.onnx"))).toBe(true);
  });

  it("is not replaced by --overwrite: a folder with a run.json of another program", async () => {
    const other = freshFolder();
    writeIn(other, "run.json", '{ "name": "mlflow" }');
    const { code, stderr } = await embtune([...short, "--out", other, "--overwrite"]);
    expect(code).not.toBe(0);
    expect(stderr).toContain(other);
    expect(readFileSync(join(other, "run.json"), "utf8")).toContain("mlflow");
  });

  it("is not read: a pooling module behind a link that leads out of the model", async () => {
    const model = join(folder, "linked model");
    cpSync(join(run, "model", "sentence-transformers"), model, { recursive: true });
    rmSync(join(model, "1_Pooling"), { recursive: true });
    symlinkSync(join(run, "model", "sentence-transformers", "1_Pooling"), join(model, "1_Pooling"));
    const { code, stderr } = await embtune(["evaluate", dev, "--model", model]);
    expect(code).toBe(1);
    expect(stderr).toContain("1_Pooling");
  });

  it("--resume takes no --out, --overwrite or --config", async () => {
    const { code, stderr } = await embtune(["train", "--resume", run, "--out", "x", "--overwrite"]);
    expect(code).toBe(2);
    expect(stderr).toContain("--resume takes no --out, no --overwrite");
  });
});
