import { internal, invariant } from "../errors/internal.js";
import { GraphBuilder } from "../graph/builder.js";
import { inferTypes } from "../graph/inference.js";
import type { Graph, Node, Value } from "../graph/ir.js";
import { add, identity, type NumberType, numbers } from "../graph/ops/index.js";
import { sizeOf } from "../math/tensor.js";
import { dependence, type Step } from "./dependence.js";
import { type RuleContext, unsupported } from "./rule.js";
import { ruleOf } from "./rules.js";
import { isStatic } from "./shapes.js";
import { joinRows, rowsOf, sparseTables, type TableRows } from "./sparse.js";
import { type Ones, unbroadcast } from "./unbroadcast.js";

/** What to differentiate. */
export interface GradientOptions {
  /** A value with one element. */
  readonly loss: string;
  /** The values to differentiate with respect to: inputs, initializers, or any other floats of the graph. */
  readonly wrt: readonly string[];
  /** Tables [V, W] whose gradient may come as rows, where nothing but Gather along axis 0 reads them. */
  readonly sparse?: readonly string[] | undefined;
}

/** Names of the values that hold the gradient of one parameter. */
export type Gradient =
  /** A tensor of the parameter's shape. */
  | { readonly kind: "dense"; readonly name: string }
  /** Row `rows`[i] (of [n, W]) is to be added to row `indices`[i] (of [n], int64, 0 … V − 1) of zeros [V, W]; indices repeat. */
  | { readonly kind: "sparse"; readonly indices: string; readonly rows: string };

/** The gradient of each parameter, by its name, in the order of `wrt`. */
export type Gradients = ReadonlyMap<string, Gradient>;

/** The state of one backward walk. */
interface Walk {
  readonly b: GraphBuilder;
  readonly active: ReadonlySet<string>;
  /** Contributions to ∂loss/∂value by the value's name. */
  readonly contributions: Map<string, Value[]>;
  readonly tables: ReadonlySet<string>;
  readonly rows: Map<string, TableRows[]>;
  readonly ones: Ones;
}

/**
 * Reverse-mode differentiation: appends to the graph the nodes that compute ∂loss/∂x for each x in `wrt`, and
 * returns the names under which they stand (all different; they are not marked as outputs). A parameter that is
 * used several times gets the sum. Only nodes between `wrt` and the loss get gradients. A parameter that the
 * loss does not depend on is an InternalError (`influential` tells them beforehand); an operator without a
 * rule on the way is a UserError `no-gradient` that names the node.
 */
export function valueAndGrad(graph: Graph, options: GradientOptions): Gradients {
  const { steps, active } = dependence(graph, options.loss, options.wrt);
  const b = new GraphBuilder(graph);
  const walk: Walk = {
    b,
    active,
    contributions: new Map([[options.loss, [seed(b, options.loss)]]]),
    tables: sparseTables(graph, steps, options),
    rows: new Map(),
    ones: new Map(),
  };
  for (let i = steps.length - 1; i >= 0; i--) backward(walk, steps[i]);
  return collect(walk, options.wrt);
}

/** ∂loss/∂loss = 1. */
function seed(b: GraphBuilder, loss: string): Value {
  const { shape, dtype } = b.value(loss);
  invariant(
    isStatic(shape) && sizeOf(shape) === 1,
    `the loss "${loss}" must have one element, its shape is [${shape}]`,
  );
  return b.constant(numbers(dtype as NumberType, shape, [1]));
}

/** ∂loss/∂value, its contributions summed (once: the sum takes their place); null when there is none. */
function gradientOf(walk: Walk, name: string): Value | null {
  const parts = walk.contributions.get(name);
  if (parts === undefined) return null;
  const sum = parts.reduce((x, y) => add(walk.b, x, y));
  walk.contributions.set(name, [sum]);
  return sum;
}

/** Adds what one node passes back to the gradients of its inputs. */
function backward(walk: Walk, step: Step): void {
  const { b } = walk;
  const context = contextOf(walk, step);
  if (context === undefined) return;
  const { node } = step;
  const rule = ruleOf(node) ?? unsupported(node, "the operator has no gradient rule");
  const made = rule(context);
  for (const [i, name] of node.inputs.entries()) {
    if (!walk.active.has(name)) continue;
    if (i === 0 && walk.tables.has(name)) {
      push(walk.rows, name, rowsOf(context));
      continue;
    }
    const gradient = made[i]?.();
    if (gradient === undefined) continue;
    const x = b.value(name);
    push(walk.contributions, name, unbroadcast(b, gradient, { x, ones: walk.ones }));
  }
}

function push<T>(lists: Map<string, T[]>, key: string, item: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}

/** What the rule of a step sees; undefined when no gradient arrived at the node's outputs. */
function contextOf(walk: Walk, { node, index }: Step): RuleContext | undefined {
  const { b } = walk;
  const gradients = node.outputs.map((name) => gradientOf(walk, name));
  if (gradients.every((gradient) => gradient === null)) return undefined;
  const named = (name: string): Value => (name === "" ? (undefined as never) : b.value(name));
  return {
    b,
    node,
    inputs: node.inputs.map(named),
    outputs: node.outputs.map(named),
    gradients,
    get gradient() {
      return gradients[0] ?? unsupported(node, "only its first output has a gradient rule");
    },
    withOutputs: (count) => withOutputs(b, index, count),
  };
}

/** Gives the node at `index` its first `count` outputs, where it had fewer. */
function withOutputs(b: GraphBuilder, index: number, count: number): Value[] {
  const { graph } = b;
  const node = graph.nodes[index];
  const names = Array.from({ length: count }, (_, i) => node.outputs[i] || b.fresh(node.op));
  const wider: Node = { ...node, outputs: [...names, ...node.outputs.slice(count)] };
  graph.nodes[index] = wider;
  for (const [i, type] of inferTypes(wider, graph).entries()) {
    const name = wider.outputs[i];
    if (!graph.types.has(name)) graph.types.set(name, type);
  }
  return names.map((name) => b.value(name));
}

/** The gradients by parameter, each under a name of its own. */
function collect(walk: Walk, wrt: readonly string[]): Gradients {
  const taken = new Set<string>([...walk.b.graph.initializers.keys()]);
  const unique = (value: Value): string => {
    const own = taken.has(value.name) ? identity(walk.b, value) : value;
    taken.add(own.name);
    return own.name;
  };
  const gradient = (name: string): Gradient => {
    const rows = walk.rows.get(name);
    if (rows !== undefined) {
      const table = joinRows(walk.b, rows);
      return { kind: "sparse", indices: unique(table.indices), rows: unique(table.rows) };
    }
    const dense = gradientOf(walk, name);
    if (dense === null) internal(`the loss does not depend on "${name}"`);
    return { kind: "dense", name: unique(dense) };
  };
  return new Map(wrt.map((name) => [name, gradient(name)]));
}
