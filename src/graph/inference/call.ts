import { internal } from "../../errors/internal.js";
import { unknownDim } from "../dimension.js";
import type { Dim, Graph, Node, Shape, TensorType, Value } from "../ir.js";

/** Largest integer tensor whose elements inference follows. */
const CONTENT_LIMIT = 64;

/** The elements of a small tensor in row-major order, as far as they are known; truth values are 0 and 1. */
export type Contents = readonly Dim[];

/** One node with what is known of its inputs: what the rules of the inference tables take. */
export interface Call {
  readonly node: Node;
  readonly graph: Graph;
}

/** Types of a node's outputs from the types (and small contents) of its inputs. */
export type TypeRule = (call: Call) => TensorType[];

/** The i-th input, or undefined where it is absent. An unknown type is an error. */
export function optionalInput(call: Call, i: number): Value | undefined {
  const name = call.node.inputs[i] ?? "";
  if (name === "") return undefined;
  const type = call.graph.types.get(name);
  if (type === undefined) fail(call, `the type of its input "${name}" is unknown`);
  return { name, ...type };
}

/** The i-th input. */
export function input(call: Call, i: number): Value {
  return optionalInput(call, i) ?? fail(call, `its input ${i} is absent`);
}

/** Throws an InternalError that names the node. */
export function fail(call: Call, problem: string): never {
  internal(`${call.node.op} "${call.node.name}": ${problem}`);
}

/** The elements of the value, where they are known. */
export function contentsOf(graph: Graph, value: Value): Contents | undefined {
  const tensor = graph.initializers.get(value.name);
  if (tensor === undefined) return graph.contents.get(value.name);
  return tensor.data.length > CONTENT_LIMIT ? undefined : Array.from(tensor.data, Number);
}

/** The elements of the i-th input, where it is present and they are known. */
export function contents(call: Call, i: number): Contents | undefined {
  const value = optionalInput(call, i);
  return value === undefined ? undefined : contentsOf(call.graph, value);
}

/** The elements of the i-th input, where all are numbers. */
export function numbersIn(call: Call, i: number): readonly number[] | undefined {
  const known = contents(call, i);
  return known?.every((x) => typeof x === "number") ? (known as number[]) : undefined;
}

/** The elements of the i-th input, which must be numbers: an argument that fixes the rank of the result. */
export function requiredNumbers(call: Call, i: number): readonly number[] {
  return numbersIn(call, i) ?? fail(call, `its input ${i} must be constant`);
}

/** A dimension of the k-th output of which nothing is known. */
export function unknown(call: Call, axis: number, k = 0): Dim {
  return unknownDim(call.node.outputs[k] ?? call.node.name, axis);
}

/** An axis as an index from 0, checked against the rank. */
export function resolveAxis(call: Call, axis: number, rank: number): number {
  const index = axis < 0 ? axis + rank : axis;
  if (index < 0 || index >= rank) fail(call, `axis ${axis} is outside rank ${rank}`);
  return index;
}

/** The shape with one dimension replaced. */
export function replaceDim(shape: Shape, axis: number, dim: Dim): Shape {
  return shape.map((d, i) => (i === axis ? dim : d));
}

/** A shape as text for messages. */
export function spellShape(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}
