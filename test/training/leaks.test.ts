import { describe, expect, it } from "vitest";
import { planTraining } from "../../src/training/plan/plan.js";
import { temporaryFile, userErrorOf } from "../dataset/temporary-files.js";

const pairs = (names: readonly string[]): string =>
  `anchor,positive\n${names.map((name) => `q ${name},a ${name}\n`).join("")}`;
const letters = [..."abcdefghij"];

describe("texts shared with --eval", () => {
  const data = temporaryFile(pairs(letters));
  const evalFile = temporaryFile(pairs(["A!", "k", "l"]), "dev.csv");
  const options = { data, eval: evalFile, out: "unused", batchSize: 4 };

  it("are told, and their rows left out when asked to", async () => {
    const told = await planTraining(options);
    expect(told.files[0].train.rows).toHaveLength(10);
    expect(told.known).toEqual({ count: 1, of: 3, what: "queries" });
    expect(told.notes.join()).toContain("1 training rows (first on line 2) share 2 texts with");
    const dropped = await planTraining({ ...options, dropLeaks: true });
    expect(dropped.files[0].train.rows).toHaveLength(9);
    expect(dropped.known).toBeUndefined();
    expect(dropped.notes.join()).toContain("and are left out");
  });

  it("cannot be dropped where nothing is left, or without --eval", async () => {
    const all = { ...options, eval: temporaryFile(`${pairs(letters)}q x,a x\n`), dropLeaks: true };
    expect((await userErrorOf(planTraining(all))).code).toBe("all-rows-dropped");
    const none = { data, out: "unused", dropLeaks: true };
    expect((await userErrorOf(planTraining(none))).code).toBe("option-without-effect");
  });
});

describe("how the data file is read", () => {
  const evaluation = temporaryFile(pairs(["1", "2"]));
  const options = { out: "unused", batchSize: 2, eval: evaluation };

  it("can be set", async () => {
    const data = temporaryFile('query|answer\nsay "hi|a\nsay "ho|b\nx, c|y\nz|w\n');
    const plan = await planTraining({ ...options, data, delimiter: "|", quotes: false });
    expect(plan.files[0].data.dialect).toBe("bar-separated, no quotes, header, utf-8");
    expect(plan.files[0].train.rows[0]).toMatchObject({ anchor: 'say "hi', positive: "a" });
    const headless = temporaryFile("query,answer\nc,d\ne,f\n");
    const columns = { anchor: "1", positive: "2" };
    const read = await planTraining({ ...options, data: headless, header: false, columns });
    expect(read.files[0].train.rows).toHaveLength(3);
  });
});
