import { suggestion } from "../errors/suggest.js";
import { UserError } from "../errors/user-error.js";
import type { InputForm, ObjectiveDefinition } from "./definition.js";
import type { ModifierName } from "./modifiers.js";
import { isObjectiveInput, type ObjectiveInput, objectiveInputs } from "./roles.js";

/** Roles that a modifier adds to every form of a pair objective. */
const rolesOf: Readonly<Record<ModifierName, readonly ObjectiveInput[]>> = {
  matryoshka: [],
  guide: ["guideAnchors", "guidePositives", "guideNegatives", "guideQueue"],
  queue: ["queue"],
  "in-batch-off": [],
};

/** Roles that are only there together: with the first, or when both of a pair are, the last is needed. */
const companions: readonly (readonly [readonly ObjectiveInput[], ObjectiveInput])[] = [
  [["guideAnchors"], "guidePositives"],
  [["guidePositives"], "guideAnchors"],
  [["guideNegatives"], "guideAnchors"],
  [["guideNegatives"], "negatives"],
  [["guideQueue"], "guideAnchors"],
  [["guideQueue"], "queue"],
  [["guideAnchors", "negatives"], "guideNegatives"],
  [["guideAnchors", "queue"], "guideQueue"],
];

/** All roles an objective can be given, those of its modifiers included. */
export function acceptedRoles(definition: ObjectiveDefinition): readonly ObjectiveInput[] {
  const own = definition.forms.flatMap((form) => [...form.required, ...form.optional]);
  return [...new Set([...own, ...definition.modifiers.flatMap((name) => rolesOf[name])])];
}

/**
 * Throws a UserError unless the names are inputs of the objective, one of its forms is complete and nothing is left
 * over.
 */
export function checkInputNames(definition: ObjectiveDefinition, names: readonly string[]): void {
  const accepted = acceptedRoles(definition);
  const unknown = names.find((name) => !accepted.includes(name as ObjectiveInput));
  if (unknown !== undefined) throw unknownInput(definition, unknown, accepted);
  if (!definition.forms.some((form) => fits(definition, form, names)))
    throw new UserError(
      "incomplete-inputs",
      `${definition.name} needs the inputs ${definition.forms.map(describeForm).join(", or ")}, got ${names.join(", ")}`,
    );
  for (const [present, needed] of companions) {
    if (present.every((role) => names.includes(role)) && !names.includes(needed))
      throw new UserError(
        "incomplete-inputs",
        `the input ${present.join(" with ")} needs the input ${needed}`,
      );
  }
}

function fits(definition: ObjectiveDefinition, form: InputForm, names: readonly string[]): boolean {
  const added = definition.modifiers.flatMap((name) => rolesOf[name]);
  const allowed: readonly string[] = [...form.required, ...form.optional, ...added];
  return (
    form.required.every((role) => names.includes(role)) &&
    names.every((name) => allowed.includes(name))
  );
}

function unknownInput(
  definition: ObjectiveDefinition,
  name: string,
  accepted: readonly ObjectiveInput[],
): UserError {
  const hint = isObjectiveInput(name)
    ? `its inputs are ${accepted.join(", ")}`
    : suggestion(name, Object.keys(objectiveInputs));
  return new UserError("unknown-input", `${definition.name} has no input "${name}"`, { hint });
}

function describeForm(form: InputForm): string {
  const optional =
    form.optional.length === 0 ? "" : ` (and optionally ${form.optional.join(", ")})`;
  return form.required.join(", ") + optional;
}
