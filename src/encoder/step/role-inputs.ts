import type { GraphBuilder } from "../../graph/builder.js";
import type { Shape, Value } from "../../graph/ir.js";
import * as ops from "../../graph/ops/index.js";
import { batchCandidates, type PairInputs } from "../../objectives/candidates.js";
import { buildLoss, type ConfiguredObjective } from "../../objectives/loss.js";
import { type Inputs, type ObjectiveInput, objectiveInputs } from "../../objectives/roles.js";
import { appendHead, isProjected, type StepHead } from "./head-part.js";

/** The objective of a step and what its batches hold. */
export interface ObjectiveOptions {
  readonly objective: ConfiguredObjective;
  /** What stands before the names of the objective's own parameters; default nothing. */
  readonly prefix?: string;
  /** Inputs of the objective that every batch has. */
  readonly roles: readonly ObjectiveInput[];
  /** K, the most explicit negatives of a row; 0 when there are none. */
  readonly negatives: number;
  /** G: numbers in a guide's vector. */
  readonly guideDimension?: number | undefined;
}

/** Where a batch's vectors come from. */
export interface RoleVectors {
  /** D */
  readonly size: number;
  /** Makes the input of a role and returns its vectors [rows, D], of negatives [rows·K, D]. */
  readonly of: (role: ObjectiveInput) => Value;
}

/**
 * The vectors of all texts of a batch [B, E] are in the graph. A role is an input of places among them: [rows] int64, of negatives
 * [rows·K], row by row. So a text in several roles is embedded once, and the head is applied once for all.
 */
export function slotVectors(
  b: GraphBuilder,
  vectors: Value,
  head: StepHead | undefined,
): RoleVectors {
  const projected = head === undefined ? vectors : appendHead(b, head.spec)(vectors);
  return {
    size: Number(projected.shape[1]),
    of: (role) => {
      const slots = b.input(role, "int64", [rowsOf(role)]);
      return ops.gather(b, isProjected(head?.side ?? "both", role) ? projected : vectors, slots);
    },
  };
}

/** A role is an input of the encoder's vectors [rows, E] themselves, and the head is applied to each role. */
export function givenVectors(b: GraphBuilder, { spec, side }: StepHead): RoleVectors {
  const project = appendHead(b, spec);
  return {
    size: spec.outputDim,
    of: (role) => {
      const vectors = b.input(role, "float32", [rowsOf(role), spec.inputDim]);
      return isProjected(side, role) ? project(vectors) : vectors;
    },
  };
}

const rowsOf = (role: ObjectiveInput): string => (role === "negatives" ? "rows*K" : "rows");

/** The loss and the objective's own parameters. */
interface BuiltLoss {
  readonly loss: Value;
  readonly own: readonly Value[];
  /** Name of the batch's candidates [N, D], for the queue of later batches, where a queue is among the roles. */
  readonly candidates: string | undefined;
}

/** Appends the objective. Roles without vectors are inputs as the objective wants them; all are named by role. */
export function appendObjective(
  b: GraphBuilder,
  options: ObjectiveOptions,
  vectors: RoleVectors,
): BuiltLoss {
  const { objective, prefix = "" } = options;
  const trained = objective.definition.trained.map(
    ({ role, shape }) => [role, b.input(prefix + role, "float32", shape(vectors.size))] as const,
  );
  const given = options.roles.map((role) => [role, roleInput(b, options, role, vectors)] as const);
  const inputs = Object.fromEntries([...given, ...trained]) as Inputs;
  const loss = buildLoss(b, objective, inputs);
  const built = { loss, own: trained.map(([, value]) => value) };
  if (inputs.queue === undefined) return { ...built, candidates: undefined };
  const candidates = b.output(b.named(batchCandidates(b, inputs as PairInputs), "candidates"));
  return { ...built, candidates: candidates.name };
}

function roleInput(
  b: GraphBuilder,
  { negatives: K, guideDimension: G }: ObjectiveOptions,
  role: ObjectiveInput,
  vectors: RoleVectors,
): Value {
  const spec = objectiveInputs[role];
  const D = vectors.size;
  // Vectors of earlier batches or of another model are given as they are.
  if (spec.kind !== "vectors") {
    const dtype = spec.type === "float" ? "float32" : spec.type;
    return b.input(role, dtype, sizes(spec.shape, { D, K, G, "D or K": K > 0 ? K : D }));
  }
  const rows = vectors.of(role);
  return role === "negatives" ? ops.reshape(b, rows, [-1, K, D], ["rows", K, D]) : rows;
}

/** B of an objective counts rows of data; in the encoder's graph it counts texts. */
function sizes(
  letters: readonly string[],
  known: Readonly<Record<string, number | undefined>>,
): Shape {
  return letters.map((letter) => known[letter] ?? (letter === "B" ? "rows" : letter));
}
