import { internal } from "../errors/internal.js";
import type { Tensor } from "../math/tensor.js";
import type { Attribute, Node } from "./ir.js";

function read<K extends Attribute["kind"]>(
  node: Node,
  name: string,
  kind: K,
): Extract<Attribute, { kind: K }>["value"] | undefined {
  const attribute = node.attributes[name];
  if (attribute === undefined) return undefined;
  if (attribute.kind !== kind) {
    internal(`attribute "${name}" of ${node.op} "${node.name}" is ${attribute.kind}, not ${kind}`);
  }
  return attribute.value as Extract<Attribute, { kind: K }>["value"];
}

/** A whole-number attribute, or the operator's default. */
export function intOf(node: Node, name: string, fallback: number): number {
  return read(node, name, "int") ?? fallback;
}

/** A real-number attribute, or the operator's default. */
export function floatOf(node: Node, name: string, fallback: number): number {
  return read(node, name, "float") ?? fallback;
}

/** A text attribute, or the operator's default. */
export function stringOf(node: Node, name: string, fallback: string): string {
  return read(node, name, "string") ?? fallback;
}

/** A list of whole numbers, or undefined where the attribute is absent. */
export function intsOf(node: Node, name: string): readonly number[] | undefined {
  return read(node, name, "ints");
}

/** A tensor attribute, or undefined where it is absent. */
export function tensorOf(node: Node, name: string): Tensor | undefined {
  return read(node, name, "tensor");
}
