import { operatorKey } from "../graph/inference.js";
import type { Node } from "../graph/ir.js";
import type { Rule, Rules } from "./rule.js";
import { activationRules } from "./rules/activations.js";
import { arithmeticRules } from "./rules/arithmetic.js";
import { indexingRules } from "./rules/indexing.js";
import { normalizationRules } from "./rules/normalization.js";
import { productRules } from "./rules/products.js";
import { reductionRules } from "./rules/reductions.js";
import { shapeRules } from "./rules/shape.js";
import { windowRules } from "./rules/window.js";

/** The rule of each operator that has a slope. With `CONSTANT_OPERATORS` it covers the operators of a graph. */
export const RULES: Rules = {
  ...arithmeticRules,
  ...activationRules,
  ...reductionRules,
  ...normalizationRules,
  ...productRules,
  ...shapeRules,
  ...windowRules,
  ...indexingRules,
};

/**
 * Operators through which no gradient passes: their outputs are truth values, indices or shapes, are constant
 * between jumps, or (StopGradient) are to be taken as constants.
 */
export const CONSTANT_OPERATORS: ReadonlySet<string> = new Set([
  ..."Equal Less LessOrEqual Greater GreaterOrEqual And Or Xor Not IsNaN".split(" "),
  ..."Sign Floor Ceil Round ArgMax ArgMin NonZero".split(" "),
  ..."Shape Size Constant ConstantOfShape Range EyeLike embtune:StopGradient".split(" "),
]);

/** The rule of a node's operator, or undefined when none is known. */
export function ruleOf(node: Node): Rule | undefined {
  const key = operatorKey(node);
  return Object.hasOwn(RULES, key) ? RULES[key] : undefined;
}

/** Whether the node's outputs are constants as far as gradients are concerned. */
export function isConstantOperator(node: Node): boolean {
  return CONSTANT_OPERATORS.has(operatorKey(node));
}
