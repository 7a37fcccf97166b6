import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "../support/cli.js";

describe("scripts/attack-test.js", () => {
  it("finds that one attack of each kind holds", { timeout: 600_000 }, () => {
    const kinds = "flip,model folder,data file,option value,same path,kill,full disk";
    const args = ["--count", "9", "--seed", "5", "--only", kinds];
    const script = join(root, "scripts", "attack-test.js");
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], {
      encoding: "utf8",
    });
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toMatchObject({ attacks: 9, held: 9, failures: [] });
    expect(status).toBe(0);
  });
});
