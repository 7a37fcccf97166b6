import { divDims } from "../dimension.js";
import type { Dim, Shape } from "../ir.js";
import { ROWS } from "./token-index.js";

/**
 * A part of an axis that is never cut: the batch, the tokens of a text, or a number of features (which may be cut). A value with two
 * parts of tokens holds something for each pair of tokens of a text.
 */
export type AxisPart = "batch" | "tokens" | number;

/** Of which parts each axis consists, slowest first. An axis of size 1 has none. */
export type TokenLayout = readonly (readonly AxisPart[])[];

/** [B, T]: the names of the two dimensions of texts. */
export type TextShape = Shape;

/** The size of a part. */
function partSize(part: AxisPart, text: TextShape): Dim {
  if (typeof part === "number") return part;
  return part === "batch" ? text[0] : text[1];
}

/** How many axes' parts are tokens: 1 for what each token has, 2 for what each pair has. */
function tokenParts(layout: TokenLayout): number {
  return layout.flat().filter((part) => part === "tokens").length;
}

/** Whether the value holds something for each token of each text. */
export function isOfTokens(layout: TokenLayout | undefined): layout is TokenLayout {
  return layout !== undefined && tokenParts(layout) === 1 && batchParts(layout) === 1;
}

/**
 * Whether the value holds something for each pair of tokens of each text, in the order batch, heads, tokens, tokens: that it can be
 * held as [G, h, S, S].
 */
export function isOfPairs(layout: TokenLayout | undefined): layout is TokenLayout {
  if (layout === undefined || tokenParts(layout) !== 2 || batchParts(layout) !== 1) return false;
  const parts = layout.flat();
  const last = layout.slice(-2).every((axis) => isPart(axis, "tokens"));
  return last && parts[0] === "batch";
}

function batchParts(layout: TokenLayout): number {
  return layout.flat().filter((part) => part === "batch").length;
}

/** Whether the axis is this part and nothing else. */
export function isPart(axis: readonly AxisPart[] | undefined, part: "batch" | "tokens"): boolean {
  return axis?.length === 1 && axis[0] === part;
}

/** Whether the axis has features alone, or is of size 1. */
export function isFeatures(axis: readonly AxisPart[] | undefined): boolean {
  return axis?.every((part) => typeof part === "number") ?? false;
}

/** The product of an axis' features. */
export function featureSize(axis: readonly AxisPart[]): number {
  return axis.reduce<number>((size, part) => (typeof part === "number" ? size * part : size), 1);
}

/** The product of all features. */
export function allFeatures(layout: TokenLayout): number {
  return featureSize(layout.flat());
}

/** An axis of so many features. */
export function featureAxis(size: number): readonly AxisPart[] {
  return size === 1 ? [] : [size];
}

/** The layout of a value [B, T, …] with numbers behind. */
export function plainLayout(shape: Shape): TokenLayout {
  return [["batch"], ["tokens"], ...shape.slice(2).map((dim) => featureAxis(Number(dim)))];
}

/** The axes that are left when batch and tokens are taken out, which are those of rows. */
function keptAxes(layout: TokenLayout): readonly (readonly AxisPart[])[] {
  return layout.filter((axis) => axis.length === 0 || axis.some((x) => typeof x === "number"));
}

/** [R, …]: the shape of the value as rows of real tokens, the axes of features in their order. */
export function rowShape(layout: TokenLayout): readonly [Dim, ...number[]] {
  return [ROWS, ...keptAxes(layout).map(featureSize)];
}

/** Which axis of rows an axis of the padded value is; undefined where it is not one of features alone. */
export function rowAxis(layout: TokenLayout, axis: number): number | undefined {
  if (!isFeatures(layout[axis])) return undefined;
  return 1 + keptAxes(layout.slice(0, axis)).length;
}

/** The order of the axes of rows after the axes of the padded value were put in this order. */
export function rowPermutation(layout: TokenLayout, perm: readonly number[]): number[] {
  const places = layout.map((axis, i) =>
    keptAxes([axis]).length === 0 ? undefined : 1 + keptAxes(layout.slice(0, i)).length,
  );
  return [0, ...perm.map((axis) => places[axis]).filter((place) => place !== undefined)];
}

/**
 * The parts in their order, as axes of these sizes; numbers are cut where that is needed. Undefined where a size would cut batch or
 * tokens.
 */
export function regroup(
  parts: readonly AxisPart[],
  shape: Shape,
  text: TextShape,
): TokenLayout | undefined {
  const rest = [...parts];
  const layout = shape.map((dim) => takeAxis(rest, dim, text));
  const whole = rest.length === 0 && layout.every((axis) => axis !== undefined);
  return whole ? (layout as TokenLayout) : undefined;
}

/** Takes the parts of an axis of that size from the front. */
function takeAxis(rest: AxisPart[], dim: Dim, text: TextShape): AxisPart[] | undefined {
  const axis: AxisPart[] = [];
  for (let open = dim; open !== 1; ) {
    const part = rest.shift();
    if (part === undefined) return undefined;
    const left = divDims(open, partSize(part, text));
    if (left !== undefined) {
      axis.push(part);
      open = left;
      continue;
    }
    // A number of features of which the first factor is what the axis still needs.
    if (typeof part !== "number" || typeof open !== "number" || part % open !== 0) return undefined;
    axis.push(open);
    rest.unshift(part / open);
    open = 1;
  }
  return axis;
}

/** Whether two layouts are the same axis by axis, however their features are cut. */
export function sameAxes(x: TokenLayout, y: TokenLayout): boolean {
  const spell = (axis: readonly AxisPart[]): string =>
    [...axis.filter((part) => typeof part === "string"), featureSize(axis)].join(".");
  return x.length === y.length && x.every((axis, i) => spell(axis) === spell(y[i]));
}
