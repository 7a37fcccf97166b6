import { InternalError } from "../errors/internal.js";
import { sizeOf } from "../math/tensor.js";
import { arityOf } from "./arity.js";
import { inferTypes, operatorKey } from "./inference.js";
import type { Graph, Node, Shape, TensorType } from "./ir.js";

/** Something that is wrong with a graph; `where` is the name of the node or value. */
interface Violation {
  readonly rule: "single-assignment" | "order" | "type" | "arity" | "output";
  readonly where: string;
  readonly message: string;
}

/**
 * What is wrong with the graph; an empty list for a sound one. Checked: every name is written once; inputs are
 * written before they are read; outputs exist; operators have the inputs and outputs they need; recorded types
 * are those that inference finds (names of dimensions apart).
 */
export function verify(graph: Graph): Violation[] {
  const written = new Set<string>();
  const sources = [...graph.inputs.map((value) => value.name), ...graph.initializers.keys()];
  const violations = sources.flatMap((name) => assign(written, name));
  for (const node of graph.nodes) {
    violations.push(...unwritten(node, written), ...checkArity(node));
    for (const name of node.outputs) if (name !== "") violations.push(...assign(written, name));
  }
  for (const name of graph.outputs) {
    if (!written.has(name)) {
      violations.push({ rule: "output", where: name, message: `output "${name}" is not computed` });
    }
  }
  return violations.concat(checkTypes(graph));
}

function assign(written: Set<string>, name: string): Violation[] {
  if (!written.has(name)) {
    written.add(name);
    return [];
  }
  return [{ rule: "single-assignment", where: name, message: `"${name}" is written twice` }];
}

function unwritten(node: Node, written: ReadonlySet<string>): Violation[] {
  return node.inputs
    .filter((name) => name !== "" && !written.has(name))
    .map((name) => ({
      rule: "order" as const,
      where: node.name,
      message: `${node.op} "${node.name}" reads "${name}" before it is written`,
    }));
}

function checkArity(node: Node): Violation[] {
  const arity = arityOf(operatorKey(node));
  const fault = (message: string): Violation[] => [
    { rule: "arity", where: node.name, message: `${node.op} "${node.name}" ${message}` },
  ];
  if (arity === undefined) return fault("is no known operator");
  const present = node.inputs.slice(0, arity.least).filter((name) => name !== "").length;
  const { length } = node.inputs;
  if (present < arity.least || length > arity.most) {
    const wanted = arity.least === arity.most ? arity.least : `${arity.least} to ${arity.most}`;
    return fault(`has ${length} inputs, expected ${wanted}`);
  }
  if (node.outputs.length > arity.outputs || node.outputs.length === 0) {
    return fault(`has ${node.outputs.length} outputs, expected 1 to ${arity.outputs}`);
  }
  return [];
}

/** Equal but for the names of dimensions: a name may stand for any size. */
function sameShape(a: Shape, b: Shape): boolean {
  const same = (x: unknown, y: unknown): boolean =>
    x === y || typeof x === "string" || typeof y === "string";
  return a.length === b.length && a.every((dim, i) => same(dim, b[i]));
}

const spell = (type: TensorType | undefined): string =>
  type === undefined ? "no type" : `${type.dtype} [${type.shape.join(", ")}]`;

function compare(name: string, recorded: TensorType | undefined, found: TensorType): Violation[] {
  const same = recorded?.dtype === found.dtype && sameShape(recorded.shape, found.shape);
  if (same) return [];
  const message = `"${name}" is recorded as ${spell(recorded)}, but is ${spell(found)}`;
  return [{ rule: "type", where: name, message }];
}

function checkTypes(graph: Graph): Violation[] {
  // Inference notes contents as it goes; the graph that is verified is not to be changed.
  const scratch: Graph = { ...graph, contents: new Map(graph.contents) };
  const violations: Violation[] = [];
  for (const [name, tensor] of graph.initializers) {
    violations.push(...compare(name, graph.types.get(name), tensor));
    if (sizeOf(tensor.shape) !== tensor.data.length) {
      const message = `"${name}" of shape [${tensor.shape}] holds ${tensor.data.length} values`;
      violations.push({ rule: "type", where: name, message });
    }
  }
  for (const value of graph.inputs) {
    violations.push(...compare(value.name, graph.types.get(value.name), value));
  }
  for (const node of graph.nodes) violations.push(...checkNodeTypes(node, scratch));
  return violations;
}

function checkNodeTypes(node: Node, graph: Graph): Violation[] {
  try {
    return inferTypes(node, graph).flatMap((found, i) => {
      const name = node.outputs[i] ?? "";
      return name === "" ? [] : compare(name, graph.types.get(name), found);
    });
  } catch (error) {
    if (!(error instanceof InternalError)) throw error;
    return [{ rule: "type", where: node.name, message: error.message }];
  }
}
