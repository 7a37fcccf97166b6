import { internal } from "../errors/internal.js";
import type { Tensor } from "../math/tensor.js";
import type { Attribute, Node } from "./ir.js";

/** The attribute, or undefined where it is absent; one of another kind breaks an invariant. */
function read(node: Node, name: string, kind: Attribute["kind"]): Attribute | undefined {
  const attribute = node.attributes[name];
  if (attribute !== undefined && attribute.kind !== kind) {
    internal(`attribute "${name}" of ${node.op} "${node.name}" is ${attribute.kind}, not ${kind}`);
  }
  return attribute;
}

/** A whole-number attribute, or the operator's default. */
export function intOf(node: Node, name: string, fallback: number): number {
  const attribute = read(node, name, "int");
  return attribute?.kind === "int" ? attribute.value : fallback;
}

/** A real-number attribute, or the operator's default. */
export function floatOf(node: Node, name: string, fallback: number): number {
  const attribute = read(node, name, "float");
  return attribute?.kind === "float" ? attribute.value : fallback;
}

/** A text attribute, or the operator's default. */
export function stringOf(node: Node, name: string, fallback: string): string {
  const attribute = read(node, name, "string");
  return attribute?.kind === "string" ? attribute.value : fallback;
}

/** A list of whole numbers, or undefined where the attribute is absent. */
export function intsOf(node: Node, name: string): readonly number[] | undefined {
  const attribute = read(node, name, "ints");
  return attribute?.kind === "ints" ? attribute.value : undefined;
}

/** A tensor attribute, or undefined where it is absent. */
export function tensorOf(node: Node, name: string): Tensor | undefined {
  const attribute = read(node, name, "tensor");
  return attribute?.kind === "tensor" ? attribute.value : undefined;
}
