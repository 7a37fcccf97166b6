import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readConfig } from "../../src/cli/config-file.js";
import { UserError } from "../../src/errors/user-error.js";
import { freshFolder, root, writeIn } from "../support/cli.js";
import { embtune } from "../support/in-process.js";

const folder = freshFolder();

const errorOf = (content: string): UserError => {
  try {
    readConfig(writeIn(folder, "broken.json", content));
  } catch (error) {
    if (error instanceof UserError) return error;
  }
  throw new Error("expected a UserError");
};

describe("readConfig", () => {
  it("takes long names in both spellings, and the objective's own options", () => {
    const file = writeIn(
      folder,
      "config.json",
      '{"batch-size": 16, "evalEvery": 5, "temperature": 0.1, "objectiveOptions": {"symmetric": true}, "out": "there"}',
    );
    expect(readConfig(file)).toEqual({
      batchSize: 16,
      evalEvery: 5,
      out: "there",
      objectiveOptions: { symmetric: true, temperature: 0.1 },
    });
  });

  it("tells what is wrong with a file's objective, by file, entry and option", () => {
    const error = errorOf('{"objectives": {"a.csv": {"objective": "infonce", "temprature": 1}}}');
    expect(error.at?.file).toContain("broken.json");
    expect(error.message).toContain('objectives["a.csv"]: infonce has no option "temprature"');
    expect(error.hint).toBe('did you mean "temperature"?');
  });

  it("refuses unknown names and what is no object of options", () => {
    expect(errorOf('{"batchsize": 3}').hint).toBe('did you mean "batch-size"?');
    expect(errorOf("[1]").code).toBe("bad-config");
    expect(errorOf("{").code).toBe("bad-config");
  });
});

describe("a --config whose values are none", () => {
  it.each([
    ['{"data": {"length": 3}}', '--data must be a text, got {"length":3}'],
    ['{"data": 5}', "--data must be a text, got 5"],
    ['{"data": ["a.csv", 5]}', "--more-data"],
    ['{"data": "a.csv", "lr": {}}', "--lr must be a number"],
  ])("%s is a usage error", async (text, message) => {
    const file = writeIn(folder, "values.json", text);
    const { code, stderr } = await embtune(["train", "--config", file, "--dry-run"]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });
});

describe("a run's run.json as --config", () => {
  it("gives the same run again, in a folder of its own", async () => {
    const data = join(root, "data", "support", "train.csv");
    const args = [
      "--steps",
      "6",
      "--batch-size",
      "16",
      "--seed",
      "7",
      "--temperature",
      "0.1",
      "--eval-every",
      "3",
    ];
    const first = join(folder, "first");
    expect((await embtune(["train", data, ...args, "--out", first])).code).toBe(0);
    const second = join(folder, "second");
    const again = await embtune(["train", "--config", join(first, "run.json"), "--out", second]);
    expect(again.code).toBe(0);
    const steps = (run: string) =>
      readFileSync(join(run, "log.jsonl"), "utf8")
        .trimEnd()
        .split("\n")
        .map((line) => ({ ...JSON.parse(line), msPerStep: 0 }));
    expect(steps(second)).toEqual(steps(first));
    const options = (run: string) => ({
      ...JSON.parse(readFileSync(join(run, "run.json"), "utf8")).options,
      out: "",
    });
    expect(options(second)).toEqual(options(first));
    const model = (run: string) => readFileSync(join(run, "model", "onnx", "model.onnx"));
    expect(model(second).equals(model(first))).toBe(true);
  }, 120_000);
});

describe("several files with objectives of their own", () => {
  const triplets = writeIn(
    folder,
    "triplets.csv",
    `anchor,positive\n${Array.from({ length: 40 }, (_, i) => `question ${i},answer ${i}`).join("\n")}\n`,
  );
  const scored = writeIn(
    folder,
    "scored.csv",
    `sentence1,sentence2,score\n${Array.from({ length: 24 }, (_, i) => `left ${i},right ${i % 7},${i % 5}`).join("\n")}\n`,
  );
  const config = writeIn(
    folder,
    "mix.json",
    JSON.stringify({
      data: [triplets, scored],
      objectives: {
        [triplets]: { objective: "infonce", temperature: 0.1 },
        [scored]: { objective: "cosent" },
      },
      mix: "round-robin",
      steps: 6,
      "batch-size": 8,
    }),
  );
  const log = (run: string) =>
    readFileSync(join(run, "log.jsonl"), "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => ({ ...JSON.parse(line), msPerStep: 0 }));

  it("are shown before, told by file while they train, and trained again by run.json", async () => {
    const shown = await embtune(["train", "--config", config, "--dry-run"]);
    expect(shown.stdout).toContain(
      `${triplets}: 36 rows (pair), infonce (temperature 0.1, else its defaults)`,
    );
    expect(shown.stdout).toContain(`${scored}: 24 rows (scored-pair), cosent (`);
    expect(shown.stdout).toContain(`4 rows held out of ${triplets}`);
    const first = join(folder, "mixed");
    const run = await embtune(["train", "--config", config, "--out", first, "--log-format", "csv"]);
    expect(run.code).toBe(0);
    expect(run.stdout).toMatch(/triplets\.csv +infonce +3 +\d+\.\d{4} +\d+\.\d{4}/);
    expect(run.stdout).toMatch(/scored\.csv +cosent +3 +\d+\.\d{4} +\d+\.\d{4}/);
    expect(run.stderr).toMatch(/loss \d\.\d{4} of .*triplets\.csv, \d\.\d{4} of .*scored\.csv/);
    const [header] = readFileSync(join(first, "log.csv"), "utf8").split("\n");
    expect(header).toContain(`,loss ${triplets},loss ${scored},`);
    const second = join(folder, "mixed again");
    const again = await embtune(["train", "--config", join(first, "run.json"), "--out", second]);
    expect(again.code).toBe(0);
    expect(log(second)).toEqual(log(first));
    expect(log(second).filter((line) => line.losses?.[scored] !== undefined)).toHaveLength(3);
  }, 120_000);

  it("leave no use to a typed objective, and none can be compared", async () => {
    const typed = await embtune(["train", "--config", config, "--objective", "dcl", "--dry-run"]);
    expect([typed.code, typed.stderr]).toEqual([
      2,
      expect.stringContaining("--objective has no use"),
    ]);
    const option = await embtune(["train", "--config", config, "--temperature", "1", "--dry-run"]);
    expect([option.code, option.stderr]).toEqual([
      2,
      expect.stringContaining("--temperature has no use"),
    ]);
    const compared = await embtune(["train", "--config", config, "--objective", "dcl,infonce"]);
    expect([compared.code, compared.stderr]).toEqual([
      2,
      expect.stringContaining("a comparison trains all files with each objective"),
    ]);
  });
});
