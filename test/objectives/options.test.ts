import { describe, expect, it } from "vitest";
import { UserError } from "../../src/errors/user-error.js";
import { requireDirections } from "../../src/objectives/directions.js";
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
      directions: "qd",
      partition: "joint",
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

describe("directions", () => {
  const requireFor = (given: object) => requireDirections(resolveOptions(infonce, { ...given }));

  it("knows a short word for all", () => {
    expect(resolveOptions(infonce, { directions: "all" }).directions).toBe("qd+dq+qq+dd");
  });

  it.each([
    [{ directions: "qd+dq", symmetric: true }, "--symmetric is --directions qd+dq"],
    [{ directions: "qd+dd", inBatch: false }, "which --no-in-batch leaves out"],
    [{ directions: "qd+qq", partition: "per-direction" }, "needs the own positive"],
    [{ directions: "qd+dd", partition: "per-text" }, "needs dq where dd is"],
    [{ partition: "per-text" }, "got --directions qd alone"],
  ])("refuses %o", (given, message) => {
    const error = refusal(() => requireFor(given));
    expect(error.message).toContain(message);
    expect(error.exitCode).toBe(2);
  });

  it.each([
    { directions: "qd+dq", partition: "per-direction" },
    { directions: "qd+qq", partition: "per-text" },
    { directions: "all", partition: "joint" },
    { symmetric: true, inBatch: false },
  ])("takes %o", (given) => {
    expect(() => requireFor(given)).not.toThrow();
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
