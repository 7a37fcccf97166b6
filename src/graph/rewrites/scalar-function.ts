import type { Node } from "../ir.js";
import { type GraphIndex, scalarOf } from "../readers-writers.js";

/** Elementwise operators as functions of numbers. */
const OPERATIONS: Readonly<Record<string, (...x: number[]) => number>> = {
  Add: (x, y) => x + y,
  Sub: (x, y) => x - y,
  Mul: (x, y) => x * y,
  Div: (x, y) => x / y,
  Pow: (x, y) => x ** y,
  Neg: (x) => -x,
  Tanh: (x) => Math.tanh(x),
  Erf: (x) => errorFunction(x),
};

/**
 * erf x to about 1e-12 for |x| ≤ 4: the series 2/√π · Σ (−1)ⁿ x^(2n+1) / (n! (2n+1)) (Abramowitz & Stegun 1964, 7.1.5).
 */
export function errorFunction(x: number): number {
  if (Math.abs(x) > 4) return Math.sign(x);
  let power = x;
  let sum = x;
  for (let n = 1; n < 80; n++) {
    power *= -(x * x) / n;
    sum += power / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

/** Whether the node computes a function of one tensor and numbers. */
export function isScalarFunction(node: Node): boolean {
  return node.domain === "" && Object.hasOwn(OPERATIONS, node.op);
}

/** The tensor operands of a node: those that are not numbers. */
export function tensorOperands(m: GraphIndex, node: Node): string[] {
  return [...new Set(node.inputs)].filter((name) => scalarOf(m, name) === undefined);
}

/**
 * The value `y` for a number in the place of `x`, where y is computed from x and numbers by elementwise operators alone;
 * NaN where anything else is in between.
 */
export function evaluateAt(m: GraphIndex, y: string, at: { x: string; value: number }): number {
  const known = new Map([[at.x, at.value]]);
  const evaluate = (name: string): number => {
    const constant = known.get(name) ?? scalarOf(m, name);
    if (constant !== undefined) return constant;
    const node = m.writers.get(name);
    if (node === undefined || !isScalarFunction(node)) return Number.NaN;
    const result = OPERATIONS[node.op](...node.inputs.map(evaluate));
    known.set(name, result);
    return result;
  };
  return evaluate(y);
}
