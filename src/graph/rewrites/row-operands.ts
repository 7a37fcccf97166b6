import { intOf } from "../attributes.js";
import type { GraphBuilder } from "../builder.js";
import type { Dim, Node, Shape, Value } from "../ir.js";
import { expand, gather, reshape, transpose, unsqueeze } from "../ops/index.js";
import type { AttentionIndex } from "./attention-index.js";
import type { TokenIndex } from "./token-index.js";
import {
  allFeatures,
  featureSize,
  isOfPairs,
  isPart,
  type TextShape,
  type TokenLayout,
} from "./token-layout.js";

/** What operands that do not depend on token vectors are brought into packed form with. */
export interface Operands {
  readonly b: GraphBuilder;
  readonly text: TextShape;
  readonly index: TokenIndex;
  readonly attention: AttentionIndex;
  readonly writers: ReadonlyMap<string, Node>;
}

/**
 * Whether an operand of that shape can be taken along: on axes that join batch or tokens with others it must be of size 1. The heads of pairs may
 * stand behind the batch on one axis.
 */
export function fitsOperand(shape: Shape, layout: TokenLayout): boolean {
  const dims = padded(shape, layout.length);
  const pairs = isOfPairs(layout) && layout.length === 3;
  const joint = layout.map(
    (axis) => axis.length > 1 && axis.some((p) => typeof p === "string") && !pairs,
  );
  return shape.length <= layout.length && dims.every((dim, i) => dim === 1 || !joint[i]);
}

/** The value before it was expanded: what it is combined with broadcasts it just as well. */
export function unexpanded(
  writers: ReadonlyMap<string, Node>,
  x: Value,
  typeOf: (name: string) => Value,
): Value {
  const writer = writers.get(x.name);
  const source = writer?.op === "Expand" ? typeOf(writer.inputs[0]) : undefined;
  return source?.shape.length === x.shape.length ? unexpanded(writers, source, typeOf) : x;
}

/** An operand of an elementwise node whose result has this layout of tokens, in a form that broadcasts against its rows. */
export function rowOperand(o: Operands, x: Value, layout: TokenLayout): Value {
  const lettered = layout.findLastIndex((axis) => axis.some((part) => typeof part === "string"));
  if (x.shape.length < layout.length - lettered) return x;
  const batch = layout.findIndex((axis) => isPart(axis, "batch"));
  const tokens = layout.findIndex((axis) => isPart(axis, "tokens"));
  const kept = layout.flatMap((axis, i) =>
    axis.length === 0 || axis.some((part) => typeof part === "number") ? [i] : [],
  );
  const dims = padded(x.shape, layout.length);
  const [B, T] = [dims[batch] ?? 1, dims[tokens] ?? 1];
  const tail = kept.map((i) => Number(dims[i]));
  const table = B === 1 && T !== 1 ? positionRows(o, x) : undefined;
  if (table !== undefined && tokens + kept.length + 1 === layout.length) return table;
  if (B === 1 && T === 1) return reshape(o.b, x, [1, ...tail], [1, ...tail]);
  const rest = layout.map((_, i) => i).filter((i) => i !== batch && i !== tokens);
  const order = [batch, tokens].filter((i) => i >= 0);
  const sorted = ordered(o.b, x, [...order, ...rest]);
  if (B !== 1 && T !== 1) return o.index.toRows(sorted);
  const list = reshape(o.b, sorted, [-1, ...tail], [B === 1 ? T : B, ...tail]);
  return B === 1 ? o.index.byPosition(list) : o.index.byText(list);
}

/** The value with leading axes of size 1 up to that many, in this order. */
function ordered(b: GraphBuilder, x: Value, perm: readonly number[]): Value {
  const missing = perm.length - x.shape.length;
  const whole =
    missing === 0
      ? x
      : unsqueeze(
          b,
          x,
          Array.from({ length: missing }, (_, i) => i),
        );
  return perm.every((axis, i) => axis === i) ? whole : transpose(b, whole, perm);
}

function padded(shape: Shape, rank: number): readonly Dim[] {
  return [...Array<Dim>(Math.max(0, rank - shape.length)).fill(1), ...shape];
}

/** Rows of a table that one Gather chose by position: chosen by each row's position, so that no detour blurs the gradient. */
function positionRows(o: Operands, x: Value): Value | undefined {
  const node = o.writers.get(x.name);
  if (node?.op !== "Gather" || intOf(node, "axis", 0) !== 0) return undefined;
  const [table, indices] = node.inputs.map((name) => o.b.value(name));
  return table.shape.length === 2 ? gather(o.b, table, indexRows(o, indices)) : undefined;
}

/** Whole numbers [B, T], [1, T], [T] or [B·T] as rows [R]. */
export function indexRows(o: Operands, x: Value): Value {
  const { shape } = x;
  if (shape.length === 2 && shape[0] !== 1) return o.index.toRows(x);
  if (shape.length === 1 && shape[0] !== o.text[1]) return o.index.toRows(unsqueezed(o.b, x));
  return o.index.byPosition(reshape(o.b, x, [-1], [shape[shape.length - 1]]));
}

const unsqueezed = (b: GraphBuilder, x: Value): Value => unsqueeze(b, x, [0]);

/** Operators whose operands can be taken apart: what is looked up for pairs is smaller then. */
const COMBINING = ["Add", "Sub", "Mul", "Where"];

/**
 * An operand of an elementwise node whose result has this layout of pairs, for the pairs of places [G, h|1, S, S]. What is the same for
 * all texts and what is the same for all heads are looked up apart where they were only added before.
 */
export function pairOperand(o: Operands, operand: Value, layout: TokenLayout): Value {
  const x = unexpanded(o.writers, operand, (name) => o.b.value(name));
  if (x.shape.every((dim) => dim === 1)) return x;
  const dims = padded(x.shape, layout.length);
  const leading = layout.slice(0, -2);
  const [batch, heads] = [
    leading.some((axis, i) => axis.includes("batch") && dims[i] !== 1),
    leading.some((axis, i) => !isPart(axis, "batch") && axis.length > 0 && dims[i] !== 1),
  ];
  const node = o.writers.get(x.name);
  if (batch && heads && node !== undefined && COMBINING.includes(node.op)) {
    const operands = node.inputs.map((name) => pairOperand(o, o.b.value(name), layout));
    return o.b.op(node.op, operands);
  }
  return o.attention.pairs(fourAxes(o, x, layout));
}

/** The operand [B|1, h|1, T|1, T|1]. */
function fourAxes(o: Operands, x: Value, layout: TokenLayout): Value {
  const leading = layout.slice(0, -2);
  if (leading.length === 2 && isPart(leading[0], "batch")) return x;
  const dims = padded(x.shape, layout.length);
  const heads = leading.map((axis) => featureSize(axis));
  const some = heads.some((size, i) => size > 1 && dims[i] !== 1);
  const all = heads.every((size, i) => size === 1 || dims[i] !== 1);
  const ofTexts = leading.some((axis, i) => axis.includes("batch") && dims[i] !== 1);
  const [rows, columns] = dims.slice(-2);
  const shape = [ofTexts ? o.text[0] : 1, some ? allFeatures(layout) : 1, rows, columns];
  if (all || !some) return reshapedTo(o, x, shape);
  const wide = heads.map((size, i) => (size > 1 ? size : dims[i]));
  const sizes = [...heads, 1, 1];
  return reshapedTo(o, expand(o.b, x, sizes, [...wide, rows, columns]), shape);
}

/** The value with these four dimensions; those that are named are measured on the texts. */
function reshapedTo({ b, index, text }: Operands, x: Value, shape: Shape): Value {
  const open = shape.filter((dim) => typeof dim === "string").length;
  if (open < 2)
    return reshape(
      b,
      x,
      shape.map((dim) => (typeof dim === "number" ? dim : -1)),
      shape,
    );
  return reshape(
    b,
    x,
    index.measured(
      shape.map((dim) => (dim === text[0] ? "batch" : dim === text[1] ? "tokens" : Number(dim))),
    ),
    shape,
  );
}
