import { describe, expect, it } from "vitest";
import { objectiveByRows } from "../../../src/training/plan/objective-by-rows.js";
import { planTraining } from "../../../src/training/plan/plan.js";
import { field } from "../../dataset/field.js";
import { temporaryFile, temporaryFolder, userErrorOf } from "../../dataset/temporary-files.js";

const table = (
  names: string,
  row: (i: number) => readonly (string | number)[],
  count = 40,
): string =>
  temporaryFile(
    `${names}\n${Array.from({ length: count }, (_, i) => `${row(i).join(",")}\n`).join("")}`,
  );
const a = (i: number): string => `the first sentence with number ${i}`;
const b = (i: number): string => `another one that has number ${i} in it`;

const files: Readonly<Record<string, string>> = {
  pairs: table("anchor,positive", (i) => [a(i), b(i)]),
  triplets: table("anchor,positive,negative", (i) => [a(i), b(i), `not number ${i} at all`]),
  relations: table("premise,hypothesis,label", (i) => [
    a(i >> 1),
    b(i),
    ["entailment", "contradiction"][i % 2],
  ]),
  scores: table("sentence1,sentence2,score", (i) => [a(i), b(i), (i % 11) / 10]),
  zeroOne: table("sentence1,sentence2,label", (i) => [a(i), b(i), i % 2]),
  classes: table("text,label", (i) => [a(i), ["kites", "boats", "lamps"][i % 3]]),
  texts: table("text", (i) => [a(i)]),
};

describe("the objective by the rows", () => {
  it.each([
    ["pairs", "infonce"],
    ["triplets", "infonce"],
    ["relations", "infonce"],
    ["scores", "cosent"],
    ["zeroOne", "online-contrastive"],
    ["classes", "supcon"],
    ["texts", "infonce"],
  ])("%s are planned with %s, and the plan says why", async (name, objective) => {
    const plan = await planTraining({ data: files[name], out: temporaryFolder() });
    expect(plan.settings.objective).toBe(objective);
    expect(plan.notes[0]).toContain(`objective ${objective}: ${files[name]} holds`);
    const dropout = name === "texts" ? ["full", 0.1] : ["head", 0];
    expect([plan.settings.tune, plan.settings.dropout]).toEqual(dropout);
  });

  it("an objective that is given stays, and one that does not fit is refused with the command that does", async () => {
    const plan = await planTraining({
      data: files.pairs,
      out: temporaryFolder(),
      objective: "nt-xent",
    });
    expect(plan.settings.objective).toBe("nt-xent");
    expect(plan.notes.join()).not.toContain("holds pairs");
    for (const [name, wrong, fits] of [
      ["scores", "infonce", "cosent"],
      ["zeroOne", "infonce", "online-contrastive"],
      ["texts", "cosent", "infonce"],
    ]) {
      const error = await userErrorOf(
        planTraining({ data: files[name], out: temporaryFolder(), objective: wrong }),
      );
      expect(error.code).toBe("wrong-row-kind");
      if (name !== "texts") expect(error.hint).toContain(`--objective ${fits}`);
    }
  });

  it("scores beside relations go by what --eval holds", async () => {
    const data = field("sick-small.txt");
    const chosen = async (evaluation?: string) =>
      (await objectiveByRows({ data, eval: evaluation, out: "" })).options.objective;
    expect(await chosen()).toBe("cosent");
    expect(await chosen(files.scores)).toBe("cosent");
    expect(await chosen(files.relations)).toBe("infonce");
  });

  it("files of several kinds get objectives of their own", async () => {
    const { options, notes } = await objectiveByRows({
      data: files.pairs,
      moreData: [files.scores],
      out: "",
    });
    expect(options.objective).toBeUndefined();
    expect(Object.values(options.objectives ?? {})).toEqual([
      { objective: "infonce" },
      { objective: "cosent" },
    ]);
    expect(notes).toHaveLength(2);
    const plan = await planTraining({
      data: files.pairs,
      moreData: [files.scores],
      out: temporaryFolder(),
    });
    expect(plan.groups.map(({ objective }) => objective.definition.name)).toEqual([
      "infonce",
      "cosent",
    ]);
  });

  it("augmentations and a head leave single texts to the caller", async () => {
    const { options } = await objectiveByRows({
      data: files.texts,
      augment: "deletion:0.1",
      out: "",
    });
    expect(options).toEqual({ objective: "infonce" });
  });
});
