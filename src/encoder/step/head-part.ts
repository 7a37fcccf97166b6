import { GraphBuilder } from "../../graph/builder.js";
import { emptyGraph, type Value } from "../../graph/ir.js";
import { serialize } from "../../graph/lower.js";
import type { Tensor } from "../../math/tensor.js";
import type { ObjectiveInput } from "../../objectives/roles.js";
import { buildHead, type HeadSpec, headParameters } from "../head.js";
import type { Parameter } from "./parameters.js";

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

/** Whether the texts of a role go through the head. */
export function isProjected(side: HeadSide, role: ObjectiveInput): boolean {
  return side === "both" || QUERY_ROLES.includes(role);
}

/** Makes the head's parameters inputs of the graph, and returns how vectors [n,E] become embeddings [n,D]. */
export function appendHead(b: GraphBuilder, spec: HeadSpec): (x: Value) => Value {
  const weights = new Map(
    headParameters(spec).map(({ name, shape }) => [name, b.input(name, "float32", shape)]),
  );
  return (x) => buildHead(b, spec, x, weights);
}

/** The graph that applies a head to encoder vectors `x` [B,E]; its output is `y` [B,D]. */
export function headForwardGraph(spec: HeadSpec): Uint8Array {
  const graph = emptyGraph("head");
  const b = new GraphBuilder(graph);
  const project = appendHead(b, spec);
  b.output(b.named(project(b.input("x", "float32", ["B", spec.inputDim])), "y"));
  return serialize(graph);
}

/** The head's trained tensors. `layer` is the number of the encoder's layers. */
export function headPartParameters(head: StepHead | undefined, layer: number): Parameter[] {
  if (head === undefined) return [];
  return headParameters(head.spec).map(({ name, shape, decay }) => {
    const data = head.start.get(name)?.data as Float32Array | undefined;
    return { name, owner: "head", shape, data, decay, layer };
  });
}
