import type { GraphBuilder } from "../../graph/builder.js";
import type { Value } from "../../graph/ir.js";
import type { Tensor } from "../../math/tensor.js";
import type { ObjectiveInput } from "../../objectives/roles.js";
import { buildHead, type HeadSpec, headParameters } from "../head.js";
import type { Parameter } from "./parameters.js";
import type { VectorsOf } from "./role-inputs.js";

/** Texts that a head is applied to: all, or those of the query's side only. */
export type HeadSide = "both" | "query";

/** The projection head of a step. */
export interface StepHead {
  readonly spec: HeadSpec;
  readonly side: HeadSide;
  /** Start values by the names of `headParameters`. */
  readonly start: ReadonlyMap<string, Tensor>;
}

/** Roles on the query's side. */
const QUERY_ROLES: readonly ObjectiveInput[] = ["anchors", "sentence1"];

/** Appends the head, once for all roles that have it, and returns each role's vectors. */
export function headedVectors(
  b: GraphBuilder,
  pooled: Value,
  head: StepHead | undefined,
): VectorsOf {
  if (head === undefined || head.spec.kind === "none") return () => pooled;
  const weights = new Map(
    headParameters(head.spec).map(({ name, shape }) => [name, b.input(name, "float32", shape)]),
  );
  const projected = buildHead(b, head.spec, pooled, weights);
  return (role) => (head.side === "both" || QUERY_ROLES.includes(role) ? projected : pooled);
}

/** The head's trained tensors. `layer` is the number of the encoder's layers. */
export function headPartParameters(head: StepHead | undefined, layer: number): Parameter[] {
  if (head === undefined) return [];
  return headParameters(head.spec).map(({ name, shape, decay }) => {
    const data = head.start.get(name)?.data as Float32Array;
    return { name, owner: "head", shape, data, decay, layer };
  });
}
