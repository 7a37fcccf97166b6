import type { GraphBuilder } from "../builder.js";
import type { Node, Value } from "../ir.js";
import { fusedAttention } from "./fused/attention.js";
import type { FusedCall, FusedRule } from "./fused/call.js";
import { fusedNorms } from "./fused/norms.js";
import { fusedRotary } from "./fused/rotary.js";

const RULES: Readonly<Record<string, FusedRule>> = {
  ...fusedAttention,
  ...fusedNorms,
  ...fusedRotary,
};

const ruleOf = ({ domain, op }: Node): FusedRule | undefined => {
  const key = `${domain}:${op}`;
  return Object.hasOwn(RULES, key) ? RULES[key] : undefined;
};

/** Whether the node is a fused operator (of ONNX Runtime, or of operator set 23) that can be written as plain ones. */
export function isFused(node: Node): boolean {
  return ruleOf(node) !== undefined;
}

/**
 * Appends the plain operators that compute what the fused node does, and returns its outputs in their order; those that nothing reads may be
 * undefined. Its inputs must be in the graph. UserError `unsupported-operator` for forms that are not known.
 */
export function raiseFused(
  node: Node,
  { b, isRead }: { readonly b: GraphBuilder; readonly isRead: (name: string) => boolean },
): readonly (Value | undefined)[] {
  const rule = ruleOf(node);
  const mask = b.graph.inputs.find(({ name }) => name === "attention_mask");
  const call: FusedCall = {
    b,
    node,
    attentionMask: mask,
    isRead: (i) => isRead(node.outputs[i] ?? ""),
    optional: (i) => {
      const name = node.inputs[i] ?? "";
      return name === "" ? undefined : b.value(name);
    },
  };
  return rule?.(call) ?? [];
}
