import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { freshFolder } from "../support/cli.js";
import { embtune } from "../support/in-process.js";

describe("train on single texts without --eval", () => {
  it("says that the last step goes out, on the screen and in the model card", async () => {
    const folder = freshFolder();
    const file = join(folder, "texts.txt");
    const things = ["bread", "the train", "a red car", "my garden", "the old dog", "a cold night"];
    writeFileSync(file, things.map((thing) => `here comes ${thing}\n`).join(""));
    const run = join(folder, "run");
    const { code, stdout, stderr } = await embtune([
      ...["train", file, "--tune", "last:1", "--dropout", "0.1", "--out", run],
      ...["--steps", "2", "--batch-size", "4"],
    ]);
    expect(stderr).toContain("note: nothing selects the checkpoint: single texts have no answer");
    expect(stderr).toContain("each text is trained as its own positive, in two views");
    expect(stderr).toContain("a first line anchor,positive, then a pair a row");
    expect(stderr).toContain("selection  none, the last step goes out");
    expect(stdout).toMatch(/^last step 2, .*model in /);
    expect(code).toBe(0);
    const card = readFileSync(join(run, "model", "sentence-transformers", "README.md"), "utf8");
    expect(card).toContain("These are the parameters of the last step (2).");
  });
});
