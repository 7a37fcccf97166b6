import { usageError } from "../../errors/user-error.js";
import type { Similarity } from "../../objectives/common-options.js";
import type { ObjectiveDefinition } from "../../objectives/definition.js";
import { acceptedRoles } from "../../objectives/inputs.js";
import type { ConfiguredObjective } from "../../objectives/loss.js";
import { objectives } from "../../objectives/registry.js";
import type { TrainSettings } from "../options/settings.js";

/**
 * What another model than the trained one is used for: to find false negatives (guide), to be imitated vector by vector (vectors) or
 * in its margins between positive and negative (margin).
 */
export type AuxiliaryUse =
  | { readonly kind: "guide"; readonly source: AuxiliarySource }
  | { readonly kind: "vectors"; readonly source: AuxiliarySource }
  | { readonly kind: "margin"; readonly source: AuxiliarySource; readonly similarity: Similarity };

/** Where the vectors come from. */
export type AuxiliarySource =
  | { readonly from: "model"; readonly model: string }
  | { readonly from: "file"; readonly vectors: string };

/**
 * Reads --guide, --teacher and --teacher-vectors. Usage errors: an objective that has no use for one, two teachers, a distillation
 * without any.
 */
function auxiliaryUse(
  settings: TrainSettings,
  { definition, options }: ConfiguredObjective,
): AuxiliaryUse | undefined {
  const { guide, teacher, teacherVectors } = settings;
  const { name } = definition;
  const takesGuide = definition.modifiers.includes("guide");
  const takesTeacher = acceptedRoles(definition).includes("teacher");
  if (guide !== undefined && !takesGuide) throw noUse("--guide", name, takers("guideAnchors"));
  if (guide === undefined && (options.guideMargin ?? 0) !== 0)
    throw usageError("no-guide", "--guide-margin has no use without --guide", "add --guide MODEL");
  if (guide !== undefined) return { kind: "guide", source: { from: "model", model: guide } };
  if (!takesTeacher) {
    if (teacher !== undefined) throw noUse("--teacher", name, takers("teacher"));
    if (teacherVectors !== undefined) throw noUse("--teacher-vectors", name, distillers());
    return undefined;
  }
  const distills = definition.rows.includes("text");
  if (teacherVectors !== undefined && !distills)
    throw noUse("--teacher-vectors", name, distillers());
  if (teacher !== undefined && teacherVectors !== undefined)
    throw usageError(
      "two-teachers",
      "--teacher and --teacher-vectors both give a teacher",
      "give one",
    );
  if (distills && teacher === undefined && teacherVectors === undefined)
    throw usageError(
      "no-teacher",
      `${name} needs a teacher`,
      "add --teacher MODEL, or --teacher-vectors FILE.npy as embtune embed writes it",
    );
  if (teacherVectors !== undefined)
    return { kind: "vectors", source: { from: "file", vectors: teacherVectors } };
  if (teacher === undefined) return undefined;
  const source = { from: "model", model: teacher } as const;
  if (distills) return { kind: "vectors", source };
  return { kind: "margin", source, similarity: options.similarity as Similarity };
}

/**
 * `auxiliaryUse` of each objective, which may be several: one gets what it has a use for. Usage errors as there, where none has a use for an
 * option, and two-models where some would be guided and others taught.
 */
export function auxiliaryUses(
  settings: TrainSettings,
  objectives: readonly ConfiguredObjective[],
): readonly (AuxiliaryUse | undefined)[] {
  const names = [...new Set(objectives.map(({ definition }) => definition.name))];
  const [first] = objectives;
  if (first !== undefined && names.length === 1)
    return objectives.map((objective) => auxiliaryUse(settings, objective));
  const { guide, teacher, teacherVectors, ...others } = settings;
  if (guide !== undefined && teacher !== undefined)
    throw usageError(
      "two-models",
      `--guide and --teacher are two other models, and a run of ${names.join(" and ")} can have one`,
      "give one of them, or train on one file after the other",
    );
  const given = { "--guide": guide, "--teacher": teacher, "--teacher-vectors": teacherVectors };
  for (const [flag, value] of Object.entries(given))
    if (value !== undefined && !objectives.some(({ definition }) => takes(definition, flag)))
      throw noUse(flag, names.join(" and "), [...takers("guideAnchors"), ...takers("teacher")]);
  return objectives.map((objective) => {
    const own = (flag: string): boolean => takes(objective.definition, flag);
    const used = {
      guide: guide !== undefined && own("--guide") ? guide : undefined,
      teacher: teacher !== undefined && own("--teacher") ? teacher : undefined,
      teacherVectors:
        teacherVectors !== undefined && own("--teacher-vectors") ? teacherVectors : undefined,
    };
    return auxiliaryUse({ ...others, ...used }, objective);
  });
}

function takes(definition: ObjectiveDefinition, flag: string): boolean {
  if (flag === "--guide") return definition.modifiers.includes("guide");
  return acceptedRoles(definition).includes("teacher");
}

function takers(role: "guideAnchors" | "teacher"): string[] {
  return objectives
    .filter((definition) => acceptedRoles(definition).includes(role))
    .map(({ name }) => name);
}

function distillers(): string[] {
  return objectives.filter(({ rows }) => rows.includes("text")).map(({ name }) => name);
}

function noUse(flag: string, objective: string, takersOf: readonly string[]) {
  return usageError(
    "option-without-effect",
    `${objective} ${objective.includes(" and ") ? "have" : "has"} no use for ${flag}`,
    `it serves ${takersOf.join(", ")}`,
  );
}
