import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { bundled } from "../support/bundled.js";
import { freshFolder, root, writeIn } from "../support/cli.js";

/** An application with the packed tarball in its node_modules, and the dependencies of the checkout. */
const app = freshFolder();

function run(command: string, args: readonly string[], cwd = app) {
  const result = spawnSync(command, args, { cwd, encoding: "utf8" });
  expect(result.stderr + result.stdout).not.toContain("ERR_MODULE_NOT_FOUND");
  return result;
}

/** Links everything in the checkout's node_modules but embtune itself. */
function linkDependencies(target: string): void {
  for (const name of readdirSync(join(root, "node_modules"))) {
    if (name.startsWith(".") || name === "embtune") continue;
    symlinkSync(join(root, "node_modules", name), join(target, name));
  }
}

/** Bytes of the tarball. */
let size = 0;

describe("the packed tarball", () => {
  beforeAll(() => {
    const modules = join(app, "node_modules");
    mkdirSync(join(modules, "embtune"), { recursive: true });
    linkDependencies(modules);
    const packed = run("npm", ["pack", "--silent", "--pack-destination", app], root);
    const tarball = join(app, packed.stdout.trim().split("\n").at(-1)!);
    size = statSync(tarball).size;
    run("tar", ["-xzf", tarball, "-C", join(modules, "embtune"), "--strip-components=1"]);
  }, 120_000);

  it("holds the program, the library, the model, the data and no sources or tests", () => {
    const names = readdirSync(join(app, "node_modules", "embtune")).sort();
    expect(names).toEqual(
      [
        "CHANGELOG.md",
        "LICENSE",
        "README.md",
        "bin",
        "data",
        "dist",
        "docs",
        "models",
        "package.json",
      ].sort(),
    );
  });

  it("is under 40 MB, with each declaration beside its program and nothing but what is read", () => {
    expect(size).toBeLessThan(40e6);
    const folder = join(app, "node_modules", "embtune");
    const files = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => entry.name);
    const kinds = new Set(
      files.map((name) => name.replace(/^[^.]*/, "").replace(/^.*\.d\.ts$/, ".d.ts")),
    );
    expect([...kinds].sort()).toEqual([
      "",
      ".csv",
      ".d.ts",
      ".js",
      ".json",
      ".md",
      ".onnx",
      ".png",
      ".svg",
      ".txt",
      ".wasm",
    ]);
    const ends = (end: string) => files.filter((name) => name.endsWith(end)).length;
    expect(ends(".d.ts")).toBe(ends(".js") - 1);
  });

  it("is typed: a program that uses it compiles under strict", () => {
    writeIn(
      app,
      "use.ts",
      `import { evaluate, loadModel, type ScoreReport, train, UserError } from "embtune";
export async function job(signal: AbortSignal): Promise<ScoreReport[]> {
  const run = await train({ data: "p.csv", out: "run", steps: 4, signal, onEvent: (e) => { if (e.type === "step") console.log(e.record.loss); } });
  const model = await loadModel(run.folder, { threads: 1 });
  const { rows, cols, data } = await model.encode(["a"], { signal });
  const x: number = rows * cols + (data[0] ?? 0);
  await model.release();
  if (x < 0) throw new UserError("x", "negative");
  return evaluate({ data: ["s.csv"], model: run.folder });
}
`,
    );
    writeIn(app, "package.json", '{ "type": "module" }');
    const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
    const flags = [
      "--strict",
      "--module",
      "nodenext",
      "--target",
      "es2022",
      "--types",
      "node",
      "--noEmit",
    ];
    const { stdout, status } = run(process.execPath, [tsc, ...flags, "use.ts"]);
    expect(stdout).toBe("");
    expect(status).toBe(0);
  });

  it("trains, evaluates, loads and embeds in code, and can be aborted", () => {
    writeIn(
      app,
      "job.mjs",
      `import { readFileSync, existsSync } from "node:fs";
import { embed, evaluate, InterruptedError, loadModel, train, UserError } from "embtune";
const support = (name) => "node_modules/embtune/data/support/" + name;
const types = new Set();
const run = await train({ data: support("train.csv"), eval: support("dev.csv"), out: "run", steps: 20, onEvent: (e) => types.add(e.type) });
const [report] = await evaluate({ data: [support("test.csv")], model: "run" });
const model = await loadModel("run");
const { rows, cols } = await model.encode(["which battery?", "range of the grey box?"]);
await model.release();
const manifest = await embed({ data: support("sentences.txt"), out: "v.npy", model: "run" });
const controller = new AbortController();
const aborted = await train({
  data: support("train.csv"), eval: support("dev.csv"), out: "aborted", steps: 200, signal: controller.signal,
  onEvent: (e) => { if (e.type === "step" && e.record.step === 3) controller.abort(); },
}).catch((error) => error);
const wrong = await train({ data: "none.csv", out: "x" }).catch((error) => error);
console.log(JSON.stringify({
  types: [...types].sort(), folder: run.folder, better: report.comparisons[0].difference > 0, rows, cols, embedded: manifest.rows,
  aborted: aborted instanceof InterruptedError && existsSync("aborted/checkpoints/step-000003/state.json"),
  wrong: wrong instanceof UserError && wrong.message.includes("none.csv") || String(wrong.at?.file),
}));
`,
    );
    const { stdout, stderr, status } = run(process.execPath, ["job.mjs"]);
    expect(stderr).toBe("");
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      types: ["checkpoint", "encoding", "evaluation", "expected", "interpolation", "note", "step"],
      folder: "run",
      better: true,
      rows: 2,
      cols: bundled.width,
      embedded: 120,
      aborted: true,
      wrong: expect.anything(),
    });
    expect(existsSync(join(app, "run", "model", "onnx", "model.onnx"))).toBe(true);
  });

  it("has a program that runs from there", () => {
    const program = join("node_modules", "embtune", "bin", "embtune.js");
    const { stdout, status } = run(process.execPath, [program, "--version"]);
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    expect(stdout.trim()).toBe(version);
    expect(status).toBe(0);
  });
});
