import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { conversionTo, convertibleKinds } from "../../src/dataset/rows/row-kinds.js";
import { objectivePage, objectivesDocument } from "../../src/objectives/document.js";
import { acceptedRoles } from "../../src/objectives/inputs.js";
import { modifiers } from "../../src/objectives/modifiers.js";
import { objectiveNamed, objectives, objectivesFor } from "../../src/objectives/registry.js";

const names = objectives.map(({ name }) => name);
const root = join(import.meta.dirname, "..", "..");
const page = readFileSync(join(root, "docs", "objectives.md"), "utf8");

describe("the registry", () => {
  it("has the nine of the tutorial first, in its order", () => {
    expect(names.slice(0, 9)).toEqual([
      "contrastive",
      "triplet",
      "n-pair",
      "nce",
      "neg",
      "infonce",
      "nt-xent",
      "soft-nearest-neighbors",
      "lifted-structured",
    ]);
  });

  it("has every file of src/objectives that defines one, each name once, golden file and all", () => {
    const folder = join(root, "src", "objectives");
    const defining = readdirSync(folder).filter((file) =>
      /= defineObjective\(/.test(readFileSync(join(folder, file), "utf8")),
    );
    expect(names.map((name) => `${name}.ts`).sort()).toEqual(defining.sort());
    const golden = readdirSync(join(root, "test", "golden"));
    for (const name of names) expect(golden).toContain(`${name}.json`);
  });

  it("finds by name and offers the nearest for a wrong one", () => {
    expect(objectiveNamed("supcon").title).toBe("Supervised contrastive");
    expect(() => objectiveNamed("infonse")).toThrow('no objective is called "infonse"');
    try {
      objectiveNamed("infonse");
    } catch (error) {
      expect(error).toMatchObject({ exitCode: 2, hint: 'did you mean "infonce"?' });
    }
  });

  it("says of each objective something of its own, with papers and at least one kind of rows", () => {
    const told = objectives.map(({ title, summary, text }) => [
      ...[title, summary, text.formula, text.picture],
      ...[text.when, text.relations, text.evidence],
    ]);
    for (const [k, _] of told[0].entries()) {
      const texts = told.map((own) => own[k]);
      expect(texts).not.toContain("");
      const repeated = texts.filter((one, i) => texts.indexOf(one) !== i);
      expect(repeated).toEqual([]);
    }
    for (const { name, rows, forms, text } of objectives) {
      expect(rows.length * forms.length * text.papers.length, name).toBeGreaterThan(0);
      for (const { year } of text.papers) expect(year, name).toBeGreaterThan(2005);
    }
  });

  it("lists trained scalars among the inputs", () => {
    for (const definition of objectives)
      for (const { role } of definition.trained) expect(acceptedRoles(definition)).toContain(role);
    expect(objectiveNamed("softmax").trained[0].shape(5)).toEqual([3, 15]);
    expect(objectiveNamed("sigmoid").trained.map(({ initial }) => initial)).toEqual([
      Math.log(10),
      -10,
    ]);
  });

  it("lets a queue be used with the infonce family only, a guide with nt-xent too", () => {
    const family = ["infonce", "dcl", "debiased", "hard-reweighted"];
    const takers = (modifier: "guide" | "queue"): string[] =>
      objectives.filter((d) => d.modifiers.includes(modifier)).map(({ name }) => name);
    expect(takers("guide").sort()).toEqual([...family, "nt-xent"].sort());
    expect(takers("queue")).toEqual(family);
  });
});

describe("row kinds", () => {
  it("says which objectives fit the rows, converted ones included", () => {
    const named = (kind: "scored-pair" | "classed" | "nli"): string[] =>
      objectivesFor(kind).map(({ name }) => name);
    expect(named("scored-pair")).toEqual([
      "cosent",
      "angle",
      "cosine-mse",
      "distill-mse",
      "distill-cosine",
    ]);
    expect(named("classed")).toContain("supcon");
    expect(named("classed")).toContain("infonce");
    expect(named("classed")).not.toContain("cosent");
    expect(named("nli")).toEqual(
      expect.arrayContaining(["infonce", "contrastive", "cosent", "softmax", "triplet"]),
    );
  });

  it("names the conversion, and none where there is none", () => {
    expect(conversionTo(["pair"], "classed")?.to).toBe("pair");
    expect(conversionTo(["scored-pair"], "pair")).toBeUndefined();
    expect(convertibleKinds(["pair"])).toEqual(["triplet", "classed", "nli"]);
  });
});

describe("docs/objectives.md", () => {
  it("is what the registry says (else run scripts/objectives-page.js)", () => {
    expect(page).toBe(objectivesDocument());
  });

  it("has a row and a section for each objective and a section for each modifier", () => {
    for (const name of names) {
      expect(page).toContain(`| [\`${name}\`](#${name}) |`);
      expect(page).toContain(`\n## ${name}\n`);
    }
    for (const name of Object.keys(modifiers)) expect(page).toContain(`\n### ${name}\n`);
  });

  it("gives the figures that the choice rests on", () => {
    expect(objectivePage(objectiveNamed("infonce"))).toMatch(
      /0\.05 86\.2.*0\.01 85\.4.*0\.1 82\.0.*1 64\.0/,
    );
    expect(page).toMatch(/entailment only 84\.9.*hard negatives 86\.2/);
  });
});
