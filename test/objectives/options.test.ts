import { describe, expect, it } from "vitest";
import { UserError } from "../../src/errors/user-error.js";
import { objectiveNamed, objectives } from "../../src/objectives/registry.js";
import { allOptions, optionRows, resolveOptions } from "../../src/objectives/resolve.js";
import { valueFromText } from "../../src/options/from-text.js";

const infonce = objectiveNamed("infonce");

function refusal(f: () => unknown): UserError {
  try {
    f();
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("resolveOptions", () => {
  it("fills in the defaults of the objective and of its modifiers", () => {
    expect(resolveOptions(infonce, {})).toEqual({
      similarity: "cosine",
      temperature: 0.05,
      symmetric: false,
      hardNegativeWeight: 1,
      hardness: 0,
      hardnessOn: "all",
      dims: [],
      weights: [],
      inBatch: true,
      guideMargin: 0,
      queue: 0,
    });
  });

  it("takes camelCase, kebab-case and flag names; undefined is not given", () => {
    const given = {
      hardNegativeWeight: 2,
      "in-batch": false,
      matryoshka: [4, 2],
      temperature: undefined,
    };
    const options = resolveOptions(infonce, given);
    expect(options).toMatchObject({
      hardNegativeWeight: 2,
      inBatch: false,
      dims: [4, 2],
      temperature: 0.05,
    });
  });

  it.each([
    [
      "infonce",
      "temperature",
      0,
      "option --temperature of infonce must be a number above 0, got 0",
    ],
    ["infonce", "temperature", Number.NaN, "must be a number above 0, got null"],
    ["infonce", "temperature", "0.05", 'must be a number above 0, got "0.05"'],
    ["infonce", "symmetric", "yes", "must be true or false"],
    ["infonce", "similarity", "cosin", "must be one of cosine, dot"],
    ["infonce", "hardNegativeWeight", 0, "option --hard-negative-weight of infonce"],
    ["infonce", "dims", [4, 0], "must be a list of values, each a whole number from 1"],
    ["infonce", "queue", 1.5, "must be a whole number from 0"],
    ["contrastive", "margin", -1, "must be a number from 0, got -1"],
    ["debiased", "rho", 1, "must be a number from 0 and below 1, got 1"],
    ["neg", "k", 0, "must be a whole number from 1 up to 65536, got 0"],
    ["triplet", "mining", "hard", "must be one of explicit, batch-all"],
  ])("refuses %s %s = %o", (name, option, value, message) => {
    const error = refusal(() => resolveOptions(objectiveNamed(name), { [option]: value }));
    expect(error.message).toContain(message);
    expect(error.exitCode).toBe(2);
  });

  it("refuses an unknown option with the nearest name, and one of another objective", () => {
    const error = refusal(() => resolveOptions(infonce, { temprature: 0.1 }));
    expect(error.message).toBe('infonce has no option "temprature"');
    expect(error.hint).toBe('did you mean "temperature"?');
    expect(error.exitCode).toBe(2);
    expect(refusal(() => resolveOptions(infonce, { margin: 1 })).code).toBe("unknown-option");
    expect(refusal(() => resolveOptions(objectiveNamed("supcon"), { inBatch: false })).code).toBe(
      "unknown-option",
    );
  });
});

describe("valueFromText", () => {
  const table = allOptions(infonce);
  it.each([
    ["temperature", "0.02", 0.02],
    ["symmetric", "true", true],
    ["symmetric", "maybe", "maybe"],
    ["similarity", "dot", "dot"],
    ["dims", "256,128", [256, 128]],
    ["temperature", "warm", "warm"],
    ["temperature", "", ""],
  ])("%s %s", (name, text, value) => {
    expect(valueFromText(table[name], text)).toEqual(value);
  });
});

describe("the option tables", () => {
  it("have defaults that they accept, and flags that differ within an objective", () => {
    for (const definition of objectives) {
      const table = allOptions(definition);
      const defaults = Object.fromEntries(
        Object.entries(table).map(([name, spec]) => [name, spec.default]),
      );
      expect(resolveOptions(definition, defaults)).toEqual(defaults);
      const flags = optionRows(table).map((row) => row.flag);
      expect(new Set(flags).size).toBe(flags.length);
    }
  });
});
