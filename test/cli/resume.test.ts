import { execFileSync, spawnSync } from "node:child_process";
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import {
  type CliResult,
  embtune as embtuneProcess,
  freshFolder,
  root,
  writeIn,
} from "../support/cli.js";
import { embtune } from "../support/in-process.js";

const folder = freshFolder();
const firstLines = (name: string, count: number) =>
  readFileSync(join(root, "data", "support", name), "utf8")
    .split("\n")
    .slice(0, count + 1)
    .join("\n");
const data = writeIn(folder, "train.csv", firstLines("train.csv", 120));
const dev = writeIn(folder, "dev.csv", firstLines("dev.csv", 60));

const tiny = join(root, "test", "fixtures", "encoders", "bert-torchscript-14");

const options = (head: string, ...objective: readonly string[]) => [
  ...["train", data, "--eval", dev, "--head", head, "--steps", "100"],
  ...["--objective", ...(objective.length > 0 ? objective : ["nce"])],
  ...["--batch-size", "16", "--eval-every", "10", "--save-every", "20", "--patience", "9"],
  ...["--log-format", "csv", "--no-report", "--interpolate", "off"],
];

const lastCheckpoint = (run: string) => {
  const names = readdirSync(join(run, "checkpoints")).filter((name) => name.startsWith("step-"));
  return join(run, "checkpoints", names.sort().at(-1)!);
};

/** The bytes that a finished run must end with. */
function outcome(run: string): Buffer[] {
  const names = ["parameters.safetensors", "optimizer.safetensors", "state.json"];
  return [
    ...names.map((name) => readFileSync(join(lastCheckpoint(run), name))),
    readFileSync(join(run, "model", "onnx", "model.onnx")),
  ];
}

function expectSameOutcome(run: string, reference: string): void {
  const [is, was] = [outcome(run), outcome(reference)];
  expect(is.map((bytes, i) => bytes.equals(was[i]))).toEqual([true, true, true, true]);
}

/** The table without its last step column, which is a time. */
const table = (run: string) =>
  readFileSync(join(run, "log.csv"), "utf8").replaceAll(/^((?:[^,]*,){6})[^,]*/gm, "$1");

const copy = (run: string, name: string): string => {
  const target = join(folder, name);
  cpSync(run, target, { recursive: true });
  return target;
};

describe.each([
  ["linear", []],
  ["mlp", []],
  ["linear", ["infonce", "--queue", "48"]],
] as const)("a run of 100 steps with a head of kind %s %j", (head, objective) => {
  const straight = join(folder, `${[head, ...objective].join(" ")} straight`);
  const broken = join(folder, `${[head, ...objective].join(" ")} broken`);
  let interrupted: CliResult;

  beforeAll(async () => {
    expect((await embtune([...options(head, ...objective), "--out", straight])).code).toBe(0);
    interrupted = await embtuneProcess([...options(head, ...objective), "--out", broken], {
      interruptAt: "step 50:",
    });
  });

  it("stops on Ctrl-C after a checkpoint, with exit code 130 and no lock left", () => {
    expect(interrupted.code).toBe(130);
    expect(interrupted.stderr).toContain("a checkpoint was written");
    expect(existsSync(join(broken, "run.lock"))).toBe(false);
    expect(existsSync(join(broken, "model"))).toBe(false);
  });

  it("ends bit-identical when it is resumed, in parameters, moments, state and model", async () => {
    const resumed = await embtune(["train", "--resume", broken, "--no-report"]);
    expect(resumed.stderr).toMatch(/going on after step [5-9]\d/);
    expect(resumed.code).toBe(0);
    expectSameOutcome(broken, straight);
  });

  it("has every step once in log.csv, as the run that was left alone", () => {
    expect(table(broken)).toBe(table(straight));
    const [header, ...rows] = table(straight).trimEnd().split("\n");
    expect(header).toMatch(/^step,epoch,loss,gradNorm,lr,tokens,.*spearman_cosine/);
    expect(rows).toHaveLength(100 + 11);
  });
});

describe.each(["full", "last:1", "lora"])("a run with dropout and --tune %s", (tune) => {
  it("ends bit-identical when it is interrupted and resumed", async () => {
    const tuning = ["--tune", tune, "--dropout", "0.1", "--objective", "infonce", "--no-report"];
    const sizes = ["--steps", "12", "--batch-size", "8", "--eval-every", "4"];
    const start = ["train", data, "--eval", dev, "--model", tiny, ...tuning, ...sizes];
    const [straight, broken] = ["straight", "broken"].map((name) => join(folder, tune, name));
    expect((await embtune([...start, "--out", straight])).code).toBe(0);
    const stopped = await embtuneProcess([...start, "--out", broken], { interruptAt: "step 4:" });
    expect(stopped.code).toBe(130);
    const resumed = await embtune(["train", "--resume", broken, "--no-report"]);
    expect(resumed.stderr).toMatch(/going on after step [4-9]/);
    expectSameOutcome(broken, straight);
  });
});

describe("resuming", () => {
  const whole = join(folder, "linear straight");
  const half = (name: string): string => {
    const run = copy(whole, name);
    for (const step of ["step-000100", "step-000080"]) {
      execFileSync("rm", ["-r", join(run, "checkpoints", step)]);
    }
    return run;
  };

  it("stops on SIGTERM as on Ctrl-C", async () => {
    const run = join(folder, "terminated");
    const { code } = await embtuneProcess([...options("linear"), "--out", run], {
      interruptAt: "step 20:",
      signal: "SIGTERM",
    });
    expect(code).toBe(130);
    expect(readdirSync(join(run, "checkpoints")).some((name) => name.startsWith("step-"))).toBe(
      true,
    );
  });

  it("passes over a half-written and a damaged checkpoint with a note, to the same end", async () => {
    const run = half("damaged");
    mkdirSync(join(run, "checkpoints", ".step-000080.0a1b2c3d.tmp"));
    cpSync(join(whole, "checkpoints", "step-000080"), join(run, "checkpoints", "step-000080"), {
      recursive: true,
    });
    truncateSync(join(run, "checkpoints", "step-000080", "optimizer.safetensors"), 1000);
    const resumed = await embtune(["train", "--resume", run, "--no-report"]);
    expect(resumed.stderr).toMatch(/ignored: \.step-000080\.0a1b2c3d\.tmp: it was not written/);
    expect(resumed.stderr).toMatch(/ignored: step-000080: the checkpoint is damaged: its content/);
    expect(resumed.stderr).toContain("going on after step 60");
    expectSameOutcome(run, whole);
  });

  it("starts from the beginning where the run ended before its first checkpoint", async () => {
    const run = copy(whole, "no checkpoint");
    execFileSync("rm", ["-r", join(run, "checkpoints"), join(run, "model")]);
    mkdirSync(join(run, "checkpoints"));
    const resumed = await embtune(["train", "--resume", run, "--no-report"]);
    expect(resumed.stderr).toContain("no checkpoint yet and starts from the beginning");
    expectSameOutcome(run, whole);
  });

  it("refuses changed options and data by name, and goes on with --resume-anyway", async () => {
    const run = half("changed");
    const option = await embtune(["train", "--resume", run, "--lr", "0.002"]);
    expect(option.code).toBe(2);
    expect(option.stderr).toContain("--lr was 0.001, is now 0.002");
    expect(option.stderr).toContain("--resume-anyway");
    const other = writeIn(folder, "other.csv", firstLines("train.csv", 100));
    const file = await embtune(["train", other, "--resume", run, "--no-report"]);
    expect(file.stderr).toContain("other.csv has changed");
    const anyway = await embtune([
      "train",
      "--resume",
      run,
      "--lr",
      "0.002",
      "--resume-anyway",
      "--no-report",
    ]);
    expect(anyway.code).toBe(0);
    expect(anyway.stderr).toContain("resumed all the same: --lr was 0.001, is now 0.002");
    expect(JSON.parse(readFileSync(join(run, "run.json"), "utf8")).options.lr).toBe(0.002);
  });

  it("accepts data that have moved, and refuses a changed base model", async () => {
    const run = half("moved");
    const moved = writeIn(folder, "moved.csv", readFileSync(data));
    expect((await embtune(["train", moved, "--resume", run, "--no-report"])).code).toBe(0);
    const model = join(folder, "another model");
    cpSync(join(whole, "model"), model, { recursive: true });
    const changed = await embtune(["train", "--resume", run, "--model", model]);
    expect(changed.code).toBe(2);
    expect(changed.stderr).toMatch(/the base model .*another model has changed/);
  });

  it("refuses a run that another process trains in, and takes over a dead one's lock", async () => {
    const run = half("locked");
    const lock = join(run, "run.lock");
    writeFileSync(lock, JSON.stringify({ pid: process.pid, host: hostname() }));
    const refused = await embtuneProcess(["train", "--resume", run, "--no-report"]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(`process ${process.pid} is training in`);
    const { pid } = spawnSync(process.execPath, ["-e", ""]);
    writeFileSync(lock, JSON.stringify({ pid, host: hostname() }));
    expect((await embtune(["train", "--resume", run, "--no-report"])).code).toBe(0);
    expectSameOutcome(run, whole);
  });

  it("of two trainers started at once on one folder lets one train", async () => {
    const run = join(folder, "contended");
    const both = await Promise.all(
      [1, 2].map(() => embtuneProcess([...options("linear"), "--out", run])),
    );
    expect(both.map(({ code }) => code).sort()).not.toEqual([0, 0]);
    expect(both.some(({ code }) => code === 0)).toBe(true);
    expectSameOutcome(run, whole);
  });

  it("cuts the unfinished last line that a killed process left in the log", async () => {
    const run = half("torn");
    appendFileSync(join(run, "log.jsonl"), '{"step":101,"lo');
    expect((await embtune(["train", "--resume", run, "--no-report"])).code).toBe(0);
    const lines = readFileSync(join(run, "log.jsonl"), "utf8").trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line)).some((record) => record.resumed === 60)).toBe(
      true,
    );
  });
});

describe("a disk that fails", () => {
  const whole = join(folder, "linear straight");

  it("that runs full is named, and the last good checkpoint stays", async () => {
    const run = copy(whole, "full");
    execFileSync("rm", ["-r", lastCheckpoint(run)]);
    // A limit on file sizes, in KiB, stands in for the full disk: the moments do not fit, the parameters do.
    const [fits = 0, fitsNot = 0] = ["parameters", "optimizer"].map(
      (name) => statSync(join(lastCheckpoint(whole), `${name}.safetensors`)).size,
    );
    const limit = Math.floor((fits + fitsNot) / 2 ** 11);
    const limited = `ulimit -f ${limit}; exec "$0" "$@"`;
    const args = [
      process.execPath,
      join(root, "bin", "embtune.js"),
      "train",
      "--resume",
      run,
      "--no-report",
    ];
    const { status, stderr } = spawnSync("bash", ["-c", limited, ...args], { encoding: "utf8" });
    expect(status).toBe(1);
    expect(stderr).toMatch(/error: .*step-000100: the file grows too large for its disk/);
    expect(
      readdirSync(join(run, "checkpoints")).filter((name) => name.startsWith("step-")),
    ).toEqual(["step-000060", "step-000080"]);
    expect((await embtune(["train", "--resume", run, "--no-report"])).code).toBe(0);
    expectSameOutcome(run, whole);
  });

  it("from which the run folder is removed ends the run with a clear error", async () => {
    const run = join(folder, "removed");
    const training = embtuneProcess([...options("linear"), "--steps", "100000", "--out", run]);
    while (!existsSync(join(run, "checkpoints", "step-000020"))) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    renameSync(run, `${run} away`);
    const { code, stderr } = await training;
    expect(code).toBe(1);
    expect(stderr).toContain("the run folder was removed while the run went on");
  });

  it.skipIf(process.getuid?.() === 0)("that is read-only is named (not as root)", async () => {
    const parent = join(folder, "read-only");
    mkdirSync(parent, { mode: 0o555 });
    const { code, stderr } = await embtune([...options("linear"), "--out", join(parent, "run")]);
    expect(code).toBe(1);
    expect(stderr).toContain("permission is denied");
  });
});

describe("scripts/kill-test.js", () => {
  it("finds the same end after SIGKILL at random moments", () => {
    const script = join(root, "scripts", "kill-test.js");
    const data = ["data/support/train.csv", "--eval", "data/support/dev.csv"];
    const model = ["--model", "test/fixtures/encoders/bert-torchscript-14", "--no-report"];
    const steps = ["--steps", "60", "--save-every", "10", "--eval-every", "20"];
    const args = [script, "--times", "3", "--seed", "7", "--", ...data, ...model, ...steps];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
    expect(stderr).toBe("");
    expect(status).toBe(0);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ times: 3, identical: true });
    // A run may end before its moment comes on a machine whose speed changes.
    expect(report.killed).toBeGreaterThan(0);
  });
});
