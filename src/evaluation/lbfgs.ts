/** A value and its gradient [n]. */
export interface Evaluated {
  readonly value: number;
  readonly gradient: Float64Array;
}

/** A smooth function f to minimise: f(x) and ∇f(x). */
export type Objective = (x: Float64Array) => Promise<Evaluated>;

export interface LbfgsOptions {
  /** Done when every |∂f/∂x_i| is at most this. Default 1e-5. */
  readonly tolerance?: number;
  /** Default 500. */
  readonly maxIterations?: number;
  /** Pairs of steps and gradient differences that are kept. Default 10. */
  readonly memory?: number;
}

/** Where a minimisation ended. */
interface Minimum extends Evaluated {
  readonly x: Float64Array;
  readonly iterations: number;
  /** False when the iterations ran out, or rounding left no step that lowers the value. */
  readonly converged: boolean;
}

type Point = Evaluated & { readonly x: Float64Array };

interface Correction {
  readonly step: Float64Array;
  readonly change: Float64Array;
  /** stepᵀ · change, positive by the curvature condition. */
  readonly curvature: number;
}

/**
 * Minimises a convex function in double precision by limited-memory BFGS (Nocedal & Wright 2006, algorithm 7.5) with
 * a bisecting line search for the weak Wolfe conditions (Lewis & Overton 2013, algorithm 2.6).
 */
export async function minimize(
  objective: Objective,
  start: Float64Array,
  options: LbfgsOptions = {},
): Promise<Minimum> {
  const { tolerance = 1e-5, maxIterations = 500, memory = 10 } = options;
  const corrections: Correction[] = [];
  let point: Point = { x: start, ...(await objective(start)) };
  let iterations = 0;
  while (!isFlat(point.gradient, tolerance) && iterations < maxIterations) {
    const next = await lineSearch(objective, point, descent(point.gradient, corrections));
    if (next === undefined) break;
    corrections.push(correction(point, next));
    if (corrections.length > memory) corrections.shift();
    point = next;
    iterations += 1;
  }
  return { ...point, iterations, converged: isFlat(point.gradient, tolerance) };
}

function isFlat(gradient: Float64Array, tolerance: number): boolean {
  return gradient.every((g) => Math.abs(g) <= tolerance);
}

/** −H·gradient by the two-loop recursion; steepest descent of length at most 1 before the first correction. */
function descent(gradient: Float64Array, corrections: readonly Correction[]): Float64Array {
  const direction = gradient.map((g) => -g);
  const last = corrections.at(-1);
  if (last === undefined) {
    scale(direction, Math.min(1, 1 / Math.sqrt(dot(gradient, gradient))));
    return direction;
  }
  const weights = new Float64Array(corrections.length);
  for (let i = corrections.length - 1; i >= 0; i--) {
    const { step, change, curvature } = corrections[i];
    weights[i] = dot(step, direction) / curvature;
    add(direction, -weights[i], change);
  }
  scale(direction, last.curvature / dot(last.change, last.change));
  for (const [i, { step, change, curvature }] of corrections.entries()) {
    add(direction, weights[i] - dot(change, direction) / curvature, step);
  }
  return direction;
}

/** The next point along the direction; undefined when none of 40 trials will do. */
async function lineSearch(
  objective: Objective,
  from: Point,
  direction: Float64Array,
): Promise<Point | undefined> {
  const slope = dot(from.gradient, direction);
  let [low, high, t] = [0, Number.POSITIVE_INFINITY, 1];
  for (let trial = 0; trial < 40; trial++) {
    const x = from.x.slice();
    add(x, t, direction);
    const next = await objective(x);
    if (!(next.value <= from.value + 1e-4 * t * slope)) high = t;
    else if (dot(next.gradient, direction) < 0.9 * slope) low = t;
    else return { x, ...next };
    t = high === Number.POSITIVE_INFINITY ? 2 * low : (low + high) / 2;
  }
  return undefined;
}

function correction(from: Point, to: Point): Correction {
  const step = to.x.map((x, i) => x - from.x[i]);
  const change = to.gradient.map((g, i) => g - from.gradient[i]);
  return { step, change, curvature: dot(step, change) };
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function scale(a: Float64Array, factor: number): void {
  for (let i = 0; i < a.length; i++) a[i] = a[i] * factor;
}

/** a += factor · b */
function add(a: Float64Array, factor: number, b: Float64Array): void {
  for (let i = 0; i < a.length; i++) a[i] = a[i] + factor * b[i];
}
