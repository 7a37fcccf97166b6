import { internal } from "../../errors/internal.js";
import type { Dim, Node, Value } from "../ir.js";
import { isTokenShape } from "./dependence-sets.js";
import { fitsOperand, unexpanded } from "./row-operands.js";
import type { Step, TokenGraph } from "./step-rule.js";
import {
  type AxisPart,
  featureAxis,
  isOfPairs,
  isOfTokens,
  plainLayout,
  sameAxes,
  type TokenLayout,
} from "./token-layout.js";

const ELEMENTWISE = new Set(
  (
    "Add Sub Mul Div Pow Min Max Mod Where Neg Abs Sign Sqrt Exp Log Erf Sin Cos Floor Ceil Round Sigmoid Tanh Relu Gelu " +
    "Softplus Reciprocal Clip Identity Cast CastLike Dropout IsNaN Not And Or Xor Equal Less LessOrEqual Greater GreaterOrEqual"
  ).split(" "),
);

/** Whether the node computes each element from the elements at the same place. */
export function isElementwise(node: Node): boolean {
  return ELEMENTWISE.has(node.op);
}

/** A node that computes element by element, its operands broadcast. */
export function elementwiseStep(t: TokenGraph, node: Node): Step | undefined {
  const layout = outputLayout(t, node);
  if (layout === undefined || !(isOfTokens(layout) || isOfPairs(layout))) return undefined;
  const dependent = node.inputs.filter((name) => t.tokens.has(name));
  // What tokens have, spread over pairs, is not held in a form of pairs.
  const alike = dependent.every(
    (name) => isOfPairs(t.layouts.get(name)) === isOfPairs(layout) || isNumber(t, name),
  );
  const fits = node.inputs
    .filter((name) => name !== "" && !t.tokens.has(name))
    .every((name) =>
      fitsOperand(unexpanded(t.writers, typed(t, name), (n) => typed(t, n)).shape, layout),
    );
  return alike && fits
    ? { layouts: [layout], emit: (e) => [e.elementwise(node, layout)] }
    : undefined;
}

const typed = ({ graph }: TokenGraph, name: string): Value => ({
  name,
  ...(graph.types.get(name) ?? internal(`the type of "${name}" is unknown`)),
});

const isNumber = (t: TokenGraph, name: string): boolean =>
  t.graph.types.get(name)?.shape.every((dim) => dim === 1) ?? false;

function outputLayout(t: TokenGraph, node: Node): TokenLayout | undefined {
  const shape = t.graph.types.get(node.outputs[0])?.shape ?? [];
  const dependent = node.inputs.filter((name) => t.tokens.has(name));
  if (dependent.length === 0) return isTokenShape(shape, t.text) ? plainLayout(shape) : undefined;
  const layouts = dependent.map((name) => t.layouts.get(name));
  if (!layouts.every((layout) => layout !== undefined)) return undefined;
  const axes = shape.map((dim, i) => {
    const own = layouts.map((layout) => layout[layout.length - shape.length + i] ?? []);
    return metAxis(own, dim);
  });
  return axes.every((axis) => axis !== undefined) ? axes : undefined;
}

/** The axis on which operands meet; undefined where a token would meet what is not its own. */
function metAxis(own: readonly (readonly AxisPart[])[], dim: Dim): readonly AxisPart[] | undefined {
  const [first, ...others] = own.filter((axis) => axis.length > 0);
  if (first === undefined) return typeof dim === "number" ? featureAxis(dim) : undefined;
  return others.every((axis) => sameAxes([axis], [first])) ? first : undefined;
}
