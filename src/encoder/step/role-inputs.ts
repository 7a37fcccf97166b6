import type { GraphBuilder } from "../../graph/builder.js";
import type { Shape, Value } from "../../graph/ir.js";
import * as ops from "../../graph/ops/index.js";
import { batchCandidates, type PairInputs } from "../../objectives/candidates.js";
import { buildLoss, type ConfiguredObjective } from "../../objectives/loss.js";
import { type Inputs, type ObjectiveInput, objectiveInputs } from "../../objectives/roles.js";

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

/** Vectors [B, D] of all texts of a batch, as each role sees them. */
export type VectorsOf = (role: ObjectiveInput) => Value;

/** The loss and the objective's own parameters. */
export interface BuiltLoss {
  readonly loss: Value;
  readonly own: readonly Value[];
  /** Name of the batch's candidates [N, D], for the queue of later batches, where a queue is among the roles. */
  readonly candidates: string | undefined;
}

/**
 * Appends the objective. A role of vectors is an input of text numbers: [rows] int64 (negatives [rows·K], row by row), by
 * which its vectors are taken from those of the batch, so a text in several roles is embedded once. Other roles are inputs
 * as the objective wants them. All are named by role.
 */
export function appendObjective(
  b: GraphBuilder,
  options: ObjectiveOptions,
  vectorsOf: VectorsOf,
): BuiltLoss {
  const { objective } = options;
  const [any] = options.roles
    .filter((role) => objectiveInputs[role].kind === "vectors")
    .map(vectorsOf);
  const size = Number(any?.shape[1]);
  const { prefix = "" } = options;
  const own = objective.definition.trained.map(({ role, shape }) => ({
    role,
    value: b.input(prefix + role, "float32", shape(size)),
  }));
  const given = options.roles.map(
    (role) => [role, roleInput(b, { ...options, size }, role, vectorsOf)] as const,
  );
  const trained = own.map(({ role, value }) => [role, value] as const);
  const inputs = Object.fromEntries([...given, ...trained]) as Inputs;
  const loss = buildLoss(b, objective, inputs);
  const built = { loss, own: own.map(({ value }) => value) };
  if (inputs.queue === undefined) return { ...built, candidates: undefined };
  const candidates = b.output(b.named(batchCandidates(b, inputs as PairInputs), "candidates"));
  return { ...built, candidates: candidates.name };
}

function roleInput(
  b: GraphBuilder,
  { negatives, guideDimension, size }: ObjectiveOptions & { readonly size: number },
  role: ObjectiveInput,
  vectorsOf: VectorsOf,
): Value {
  const spec = objectiveInputs[role];
  // Vectors of earlier batches or of another model are given as they are.
  const isGiven = spec.kind !== "vectors";
  if (isGiven) {
    const dtype = spec.type === "float" ? "float32" : spec.type;
    return b.input(role, dtype, letters(spec.shape, { D: size, K: negatives, G: guideDimension }));
  }
  const isNegative = role === "negatives";
  const numbers = b.input(role, "int64", [isNegative ? "rows*K" : "rows"]);
  const vectors = ops.gather(b, vectorsOf(role), numbers);
  if (!isNegative) return vectors;
  return ops.reshape(b, vectors, [-1, negatives, size], ["rows", negatives, size]);
}

/** B of an objective counts rows of data; in the encoder's graph it counts texts. */
function letters(
  shape: readonly string[],
  known: Readonly<Record<string, number | undefined>>,
): Shape {
  return shape.map((letter) => known[letter] ?? (letter === "B" ? "rows" : letter));
}
