import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { embed } from "../../src/jobs/embed.js";
import { evaluate } from "../../src/jobs/evaluate.js";
import { exportModel } from "../../src/jobs/export.js";
import { inspect } from "../../src/jobs/inspect.js";
import { mineNegatives } from "../../src/jobs/mine.js";
import { prepareFile } from "../../src/jobs/prepare.js";
import { splitFile } from "../../src/jobs/split.js";
import { train } from "../../src/jobs/train.js";
import { userErrorOf } from "../dataset/temporary-files.js";

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
};

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

describe("the library", () => {
  it("asks for what a job needs", async () => {
    const job: (options: object) => Promise<unknown> = (options) =>
      embed({ data, out, ...options });
    const error = await userErrorOf(job({ out: undefined }));
    expect([error.code, error.message]).toEqual(["missing-option", "embed needs --out"]);
  });

  it("looks into how files are to be read", async () => {
    const wrong: object = { reader: { encoding: "utf8" } };
    const error = await userErrorOf(evaluate({ data: [data], ...wrong }));
    expect(error.message).toContain("--encoding must be one of utf-8");
    expect(error.hint).toBe('did you mean "utf-8"?');
  });
});
