import { UserError } from "../errors/user-error.js";
import type { GraphBuilder } from "../graph/builder.js";
import type { Node, Value } from "../graph/ir.js";

/** What a rule sees of the node y₀, y₁, … = f(x₀, x₁, …) that it differentiates. */
export interface RuleContext {
  readonly b: GraphBuilder;
  readonly node: Node;
  /** x₀, x₁, … in order. An absent optional input is undefined: ask for it with `optionalInput`. */
  readonly inputs: readonly Value[];
  /** y₀, y₁, … in order. */
  readonly outputs: readonly Value[];
  /** ∂loss/∂y₀, in the shape of y₀. */
  readonly gradient: Value;
  /** ∂loss/∂y₀, ∂loss/∂y₁, …; null where the loss does not depend on the output. */
  readonly gradients: readonly (Value | null)[];
  /** Makes the forward node yield its first `count` outputs and returns them, so that nothing is computed twice. */
  readonly withOutputs: (count: number) => readonly Value[];
}

/** Appends the nodes of one input's gradient. It is called only for inputs that need one, at most once. */
export type InputGradient = () => Value;

/**
 * The vector-Jacobian product of an op: for each input the function that builds ∂loss/∂x from ∂loss/∂y,
 * or null where y is constant in x (an index, a shape, a condition). The gradient may be left in the
 * shape that x was broadcast to: the walk sums it down.
 */
export type Rule = (context: RuleContext) => readonly (InputGradient | null)[];

/** The rules of some operators by the keys of `operatorKey`. */
export type Rules = Readonly<Record<string, Rule>>;

/** The optional input at position `i`, or undefined when the node goes without it. */
export function optionalInput(context: RuleContext, i: number): Value | undefined {
  return context.inputs[i];
}

/** The rule of a function of one variable: ∂loss/∂x from g = ∂loss/∂y, x and y. */
export function unary(
  derivative: (b: GraphBuilder, g: Value, at: { readonly x: Value; readonly y: Value }) => Value,
): Rule {
  return ({ b, gradient, inputs, outputs }) => [
    () => derivative(b, gradient, { x: inputs[0], y: outputs[0] }),
  ];
}

/** Throws a UserError (`no-gradient`) that names the node: `problem` says which of its forms has no rule. */
export function unsupported(node: Node, problem: string): never {
  throw new UserError("no-gradient", `no gradient for ${node.op} "${node.name}": ${problem}`, {
    hint: "export the model again without this operation, or freeze the layers before it",
  });
}
