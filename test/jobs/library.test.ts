import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as library from "../../src/index.js";
import { userErrorOf } from "../dataset/temporary-files.js";

const { loadModel, train } = library;

const model = "test/fixtures/encoders/bert-torchscript-14";
const run = (name: string) => ({
  data: "data/support/train.csv",
  model,
  objective: "infonce",
  steps: 4,
  batchSize: 16,
  threads: 1,
  out: join(mkdtempSync(join(tmpdir(), "library ")), name),
});

describe("the library", () => {
  it("lets a model be released twice", async () => {
    const loaded = await loadModel(model, { threads: 1 });
    const [first, second] = [loaded.release(), loaded.release()];
    await expect(Promise.all([first, second, loaded.release()])).resolves.toBeDefined();
  });

  it("trains two runs at once in one process as it trains them alone", async () => {
    const results = await Promise.all([train(run("a")), train(run("b"))]);
    const [a, b] = results.map(({ record }) => record.result);
    expect(a?.bestValue).toBe(b?.bestValue);
    const alone = await train(run("c"));
    expect(alone.record.result?.bestValue).toBe(a?.bestValue);
  }, 120_000);

  it("chooses the objective by the rows, and says so", async () => {
    const onEvent = (event: library.TrainEvent) => {
      throw new Error(event.type === "note" ? event.message : event.type);
    };
    const rated = { data: "data/support/dev.csv", model, out: "never", onEvent };
    await expect(train(rated)).rejects.toThrow("objective cosent: data/support/dev.csv holds");
  });

  it("names a signal that is none, an option that is unknown and a value of a wrong type", async () => {
    // What JavaScript without types may pass.
    const wrong = (extra: object) =>
      train({ ...run("w"), ...extra } as Parameters<typeof train>[0]);
    await expect(wrong({ signal: new AbortController() })).rejects.toThrow(
      "signal must be an AbortSignal, got an AbortController",
    );
    await expect(wrong({ stepz: 3 })).rejects.toThrow("stepz");
    await expect(wrong({ steps: "3" })).rejects.toThrow(/steps must be a whole number/);
    await expect(wrong({ data: { length: 3 } })).rejects.toThrow(/data must be/);
  });
});

/** Something that has whatever is asked of it: the result of a call that is only checked. */
const anything: object = new Proxy(() => anything, {
  get: (_, name) => {
    if (name === Symbol.toPrimitive || name === "toString") return () => "1";
    return name === "then" ? undefined : anything;
  },
});

/** A job that takes seconds: options that come before an unknown one were looked at and fit when that one is refused. */
function checked(name: string, call: (options: object) => Promise<unknown>) {
  return async (given: { readonly stepz?: number }) => {
    const error = await userErrorOf(call({ ...given, unheardOf: 1 }));
    if (given.stepz !== undefined) throw error;
    expect(`${name}: ${error.message}`).toContain('has no option "unheardOf"');
    return anything;
  };
}

describe("docs/library.md", () => {
  const page = readFileSync("docs/library.md", "utf8");
  const blocks = [...page.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(([, code]) => code);
  const folder = mkdtempSync(join(tmpdir(), "library page "));
  const home = process.cwd();
  const said: unknown[] = [];
  const { evaluate, compareModels, distill, exportModel, mineNegatives, planComparison } = library;
  const jobs: Readonly<Record<string, unknown>> = {
    ...library,
    train: checked("train", (options) => train(options as never)),
    evaluate: async (given: object) => [
      await checked("evaluate", (options) => evaluate(options as never))(given),
    ],
    compareModels: checked("compareModels", (options) => compareModels(options as never)),
    distill: checked("distill", (options) => distill(options as never)),
    exportModel: checked("exportModel", (options) => exportModel(options as never)),
    mineNegatives: checked("mineNegatives", (options) => mineNegatives(options as never)),
    planComparison: (variants: readonly library.Variant[]) =>
      checked("planComparison", (options) =>
        planComparison([{ name: "a", options } as never], "runs/a", { sameSteps: true }),
      )(variants[0].options as never),
    compareRuns: async () => anything,
    writeReport: async () => anything,
    console: { log: (...words: unknown[]) => said.push(...words) },
  };
  const AsyncFunction = (async () => undefined).constructor as new (
    ...code: string[]
  ) => (...given: unknown[]) => Promise<void>;

  beforeAll(() => {
    for (const [from, to] of Object.entries({ train: "pairs", dev: "ratings" })) {
      const lines = readFileSync(`data/support/${from}.csv`, "utf8").split("\n");
      writeFileSync(join(folder, `${to}.csv`), lines.slice(0, 40).join("\n"));
      const texts = lines.slice(1, 20).map((line) => line.split(",")[0]);
      writeFileSync(join(folder, "texts.txt"), texts.join("\n"));
    }
    mkdirSync(join(folder, "runs"));
    cpSync(model, join(folder, "runs", "first"), { recursive: true });
    process.chdir(folder);
  });
  afterAll(() => process.chdir(home));

  it.each(blocks)("can be followed: %s", async (block) => {
    const code = block.replace(/^import \{([^}]*)\} from "embtune";$/m, (_, list: string) => {
      for (const name of list.split(",")) expect(Object.keys(library)).toContain(name.trim());
      return "";
    });
    said.length = 0;
    await new AsyncFunction(...Object.keys(jobs), code)(...Object.values(jobs));
    expect(said.length).toBeGreaterThan(0);
    expect(said).not.toContain(undefined);
  });

  it("shows every function", () => {
    const functions = Object.keys(library).filter((name) => /^[a-z]/.test(name));
    expect(functions.filter((name) => !page.includes(name))).toEqual(["objectives"]);
  });
});
