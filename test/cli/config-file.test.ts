import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readConfig } from "../../src/cli/config-file.js";
import { UserError } from "../../src/errors/user-error.js";
import { embtune, freshFolder, root, writeIn } from "../support/cli.js";

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

  it("refuses unknown names and what is no object of options", () => {
    expect(errorOf('{"batchsize": 3}').hint).toBe('did you mean "batch-size"?');
    expect(errorOf("[1]").code).toBe("bad-config");
    expect(errorOf("{").code).toBe("bad-config");
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
