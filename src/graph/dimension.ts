import type { Dim, Shape } from "./ir.js";

/**
 * Arithmetic of symbolic dimensions. A dimension is kept as a polynomial in canonical spelling: `B*T`, `2*B+1`;
 * so equal sizes that were computed by different ways compare equal as strings. Names with other characters than
 * letters, digits, `_`, `.`, `?` and `:` are taken as they are.
 */
type Polynomial = ReadonlyMap<string, number>;

const ATOM = /^[\w.?:]+$/;
const EXPRESSION = /^[\w.?:*+-]+$/;

function parse(dim: Dim): Polynomial {
  if (typeof dim === "number") return new Map(dim === 0 ? [] : [["", dim]]);
  if (ATOM.test(dim) || !EXPRESSION.test(dim)) return new Map([[dim, 1]]);
  const terms = new Map<string, number>();
  for (const [text] of dim.matchAll(/[+-]?[^+-]+/g)) {
    const factors = text.replace(/^[+-]/, "").split("*");
    const numeric = factors.filter((f) => /^\d+$/.test(f)).reduce((p, f) => p * Number(f), 1);
    const names = factors.filter((f) => !/^\d+$/.test(f)).sort();
    const key = names.join("*");
    terms.set(key, (terms.get(key) ?? 0) + (text.startsWith("-") ? -numeric : numeric));
  }
  return terms;
}

function spellTerm([key, factor]: readonly [string, number]): string {
  const size = Math.abs(factor);
  const sign = factor < 0 ? "-" : "+";
  if (key === "") return `${sign}${size}`;
  return size === 1 ? `${sign}${key}` : `${sign}${size}*${key}`;
}

/** Numbers last, names in order; a negative first term is led by `0`. */
function spell(polynomial: Polynomial): Dim {
  const terms = [...polynomial].filter(([, factor]) => factor !== 0);
  if (terms.length === 0) return 0;
  if (terms.length === 1 && terms[0][0] === "") return terms[0][1];
  terms.sort(([a], [b]) => Number(a === "") - Number(b === "") || (a < b ? -1 : 1));
  const text = terms.map(spellTerm).join("");
  return text.startsWith("+") ? text.slice(1) : `0${text}`;
}

/** a + b. */
export function addDims(a: Dim, b: Dim): Dim {
  if (typeof a === "number" && typeof b === "number") return a + b;
  const sum = new Map(parse(a));
  for (const [key, factor] of parse(b)) sum.set(key, (sum.get(key) ?? 0) + factor);
  return spell(sum);
}

/** a − b. */
export function subDims(a: Dim, b: Dim): Dim {
  return addDims(a, mulDims(b, -1));
}

function mulKeys(a: string, b: string): string {
  return [...a.split("*"), ...b.split("*")]
    .filter((name) => name !== "")
    .sort()
    .join("*");
}

/** a · b. */
export function mulDims(a: Dim, b: Dim): Dim {
  if (typeof a === "number" && typeof b === "number") return a * b;
  const product = new Map<string, number>();
  for (const [ka, fa] of parse(a)) {
    for (const [kb, fb] of parse(b)) {
      const key = mulKeys(ka, kb);
      product.set(key, (product.get(key) ?? 0) + fa * fb);
    }
  }
  return spell(product);
}

/** key without the names of `divisor`, or undefined when one is missing. */
function divideKey(key: string, divisor: string): string | undefined {
  const names = key.split("*");
  for (const name of divisor.split("*").filter((n) => n !== "")) {
    const at = names.indexOf(name);
    if (at < 0) return undefined;
    names.splice(at, 1);
  }
  return names.join("*");
}

/** a / b where it comes out exactly and b is a single term, else undefined. */
export function divDims(a: Dim, b: Dim): Dim | undefined {
  if (a === b) return 1;
  const divisor = [...parse(b)];
  if (divisor.length !== 1) return undefined;
  const [divisorKey, divisorFactor] = divisor[0];
  const quotient = new Map<string, number>();
  for (const [key, factor] of parse(a)) {
    const rest = divideKey(key, divisorKey);
    const number = factor / divisorFactor;
    if (rest === undefined || !Number.isInteger(number)) return undefined;
    quotient.set(rest, number);
  }
  return spell(quotient);
}

/** Product of all dimensions; 1 for a scalar. */
export function productOf(dims: Shape): Dim {
  return dims.reduce<Dim>(mulDims, 1);
}

/** The size that a dimension has for given sizes of its names, or undefined where one is missing. */
export function evaluateDim(dim: Dim, sizes: Readonly<Record<string, number>>): number | undefined {
  let total = 0;
  for (const [key, factor] of parse(dim)) {
    const names = key === "" ? [] : key.split("*");
    const values = names.map((name) => sizes[name]);
    if (values.some((size) => size === undefined)) return undefined;
    total += values.reduce<number>((product, size) => product * size, factor);
  }
  return total;
}

/** A dimension that inference could not name; its name starts with `?`. */
export function isUnknown(dim: Dim): boolean {
  return typeof dim === "string" && dim.includes("?");
}

/** A fresh name for a dimension of the value called `output`. */
export function unknownDim(output: string, axis: number): Dim {
  return `?${output.replace(/\W/g, "_")}.${axis}`;
}

/**
 * Size of an axis on which two shapes meet: 1 gives way, a number wins over a name, a name over an unknown.
 * Undefined when two different numbers meet.
 */
function meetDims(a: Dim, b: Dim): Dim | undefined {
  if (a === b || b === 1) return a;
  if (a === 1) return b;
  if (typeof a === "number") return typeof b === "number" ? undefined : a;
  if (typeof b === "number") return b;
  return isUnknown(a) ? b : a;
}

/** The shape that numpy's broadcasting gives, or undefined when the shapes do not fit. */
export function broadcastShapes(a: Shape, b: Shape): Shape | undefined {
  const rank = Math.max(a.length, b.length);
  const result: Dim[] = [];
  for (let i = 0; i < rank; i++) {
    const met = meetDims(a[a.length - rank + i] ?? 1, b[b.length - rank + i] ?? 1);
    if (met === undefined) return undefined;
    result.push(met);
  }
  return result;
}
