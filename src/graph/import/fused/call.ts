import type { GraphBuilder } from "../../builder.js";
import type { Node, Value } from "../../ir.js";
import { unsupported } from "../source.js";

/** A fused node while it is written as plain operators. */
export interface FusedCall {
  readonly b: GraphBuilder;
  readonly node: Node;
  /** The i-th input, or undefined where it is absent. */
  readonly optional: (i: number) => Value | undefined;
  /** Whether anything reads the i-th output. */
  readonly isRead: (i: number) => boolean;
  /** The graph's attention mask [B, T], where it has one. */
  readonly attentionMask: Value | undefined;
}

/** The outputs of a node, written as plain operators; those that nothing reads may be absent. */
export type FusedRule = (call: FusedCall) => readonly (Value | undefined)[];

/** The i-th input. */
export function required({ node, optional }: FusedCall, i: number): Value {
  const value = optional(i);
  if (value === undefined) throw unsupported(node, `its input ${i} is absent`);
  return value;
}

/** Refuses inputs that nothing is known of, by their places. */
export function refuseInputs({ node, optional }: FusedCall, places: readonly number[]): void {
  const given = places.find((i) => optional(i) !== undefined);
  if (given !== undefined) throw unsupported(node, `its input ${given} is not supported`);
}

/** A dimension that must be a number. */
export function numberOf({ node }: FusedCall, dim: number | string | undefined): number {
  if (typeof dim === "number") return dim;
  throw unsupported(node, `a size of its inputs is not known (${dim})`);
}
