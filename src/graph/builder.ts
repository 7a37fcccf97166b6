import { internal, invariant } from "../errors/internal.js";
import type { DType, Tensor } from "../math/tensor.js";
import { inferTypes } from "./inference.js";
import type { Attributes, Graph, Node, Shape, TensorType, Value } from "./ir.js";

/** What `op` needs beyond its inputs. */
export interface OpOptions {
  readonly attributes?: Attributes;
  readonly domain?: string;
  /** How many outputs the node has; default 1. */
  readonly outputs?: number;
}

/**
 * Appends nodes to a graph. Every value gets a fresh name and its inferred type; the pure functions of
 * `graph/ops` (`add(b, x, y)`) are written with it. It owns nothing but the graph it was given and a counter.
 */
export class GraphBuilder {
  readonly graph: Graph;
  private counter = 0;
  private readonly constants = new Map<string, Value>();
  private readonly taken: ReadonlySet<string>;

  /** `taken`: names that values to come will have. */
  constructor(graph: Graph, taken: ReadonlySet<string> = new Set()) {
    this.graph = graph;
    this.taken = taken;
  }

  /** Declares a graph input. Parameters are inputs too. */
  input(name: string, dtype: DType, shape: Shape): Value {
    invariant(!this.graph.types.has(name), `the graph already has a value named "${name}"`);
    const value: Value = { name, dtype, shape };
    this.graph.inputs.push(value);
    this.graph.types.set(name, { dtype, shape });
    return value;
  }

  /** Adds a tensor that is part of the graph. */
  initializer(name: string, tensor: Tensor): Value {
    invariant(!this.graph.types.has(name), `the graph already has a value named "${name}"`);
    this.graph.initializers.set(name, tensor);
    this.graph.types.set(name, { dtype: tensor.dtype, shape: tensor.shape });
    return { name, dtype: tensor.dtype, shape: tensor.shape };
  }

  /** An anonymous small tensor; equal ones (same type, shape and values) are shared. */
  constant(tensor: Tensor): Value {
    if (tensor.data.length > 64) return this.initializer(this.fresh("constant"), tensor);
    const key = `${tensor.dtype}[${tensor.shape}]${tensor.data.join(",")}`;
    const known = this.constants.get(key);
    if (known !== undefined) return known;
    const value = this.initializer(this.fresh("constant"), tensor);
    this.constants.set(key, value);
    return value;
  }

  /** Marks a value as an output of the graph. */
  output(value: Value): Value {
    this.graph.outputs.push(value.name);
    return value;
  }

  /** The value under a name of the caller's choice, by an Identity node. */
  named(value: Value, name: string): Value {
    invariant(!this.graph.types.has(name), `the graph already has a value named "${name}"`);
    const [renamed] = this.append({
      op: "Identity",
      domain: "",
      name,
      inputs: [value.name],
      outputs: [name],
      attributes: {},
    });
    return renamed ?? internal("Identity has an output");
  }

  /** The value of that name. */
  value(name: string): Value {
    const type = this.graph.types.get(name);
    if (type === undefined)
      internal(`the graph has no value named "${name}", or its type is unknown`);
    return { name, ...type };
  }

  /** Appends a node with one output; an absent optional input is null. */
  op(op: string, inputs: readonly (Value | null)[], options: OpOptions = {}): Value {
    const [first] = this.multi(op, inputs, options);
    return first ?? internal(`${op} has no output`);
  }

  /** Appends a node and returns all its outputs. */
  multi(op: string, inputs: readonly (Value | null)[], options: OpOptions = {}): Value[] {
    const name = this.fresh(op);
    const count = options.outputs ?? 1;
    const outputs = count === 1 ? [name] : Array.from({ length: count }, (_, i) => `${name}:${i}`);
    const node: Node = {
      op,
      domain: options.domain ?? "",
      name,
      inputs: inputs.map((value) => value?.name ?? ""),
      outputs,
      attributes: options.attributes ?? {},
    };
    return this.append(node);
  }

  /** Appends a ready node, infers and records the types of its outputs. */
  append(node: Node): Value[] {
    const types = inferTypes(node, this.graph);
    this.graph.nodes.push(node);
    return node.outputs.map((name, i) => this.record(name, types[i], node));
  }

  /** A name that no value of the graph has yet. */
  fresh(stem: string): string {
    let name: string;
    do {
      name = `${stem}_${this.counter}`;
      this.counter += 1;
    } while (this.graph.types.has(name) || this.taken.has(name));
    return name;
  }

  private record(name: string, type: TensorType | undefined, node: Node): Value {
    if (type === undefined)
      internal(`no type inferred for output "${name}" of ${node.op} "${node.name}"`);
    if (name !== "") this.graph.types.set(name, type);
    return { name, ...type };
  }
}
