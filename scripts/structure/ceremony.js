// Code that says nothing: conditional spreads, and assertions that change no type.
import { SyntaxKind } from "typescript/unstable/ast";
import { TypeFlags } from "typescript/unstable/sync";
import { nodesOf, placeOf } from "./sources.js";

function unwrapped(node) {
  return node.kind === SyntaxKind.ParenthesizedExpression ? unwrapped(node.expression) : node;
}

function isEmptyObject(node) {
  const inner = unwrapped(node);
  return inner.kind === SyntaxKind.ObjectLiteralExpression && inner.properties.length === 0;
}

/** `...(x === undefined ? {} : { x })`, either way round, and `...(x && { x })`. */
function isConditionalSpread(node) {
  if (node.kind !== SyntaxKind.SpreadAssignment) return false;
  const inner = unwrapped(node.expression);
  if (inner.kind === SyntaxKind.ConditionalExpression)
    return isEmptyObject(inner.whenTrue) || isEmptyObject(inner.whenFalse);
  return (
    inner.kind === SyntaxKind.BinaryExpression &&
    inner.operatorToken.kind === SyntaxKind.AmpersandAmpersandToken &&
    unwrapped(inner.right).kind === SyntaxKind.ObjectLiteralExpression
  );
}

/** Places of conditional spreads. */
export function conditionalSpreads(file) {
  return [...nodesOf(file.tree)].filter(isConditionalSpread).map((node) => placeOf(file, node));
}

/** `as const` gives a literal its narrow type. */
function isConst(node) {
  return node.type.getText() === "const";
}

function isLoose(type) {
  return type === undefined || (type.flags & (TypeFlags.Any | TypeFlags.Unknown)) !== 0;
}

/** A literal takes its type from the assertion around it: without that it would have another. */
function takesContext(node) {
  const inner = unwrapped(node);
  return (
    inner.kind === SyntaxKind.ObjectLiteralExpression ||
    inner.kind === SyntaxKind.ArrayLiteralExpression ||
    inner.kind === SyntaxKind.ArrowFunction ||
    inner.kind === SyntaxKind.FunctionExpression ||
    inner.kind === SyntaxKind.CallExpression
  );
}

function voidNonNull(file, checker) {
  const nodes = [...nodesOf(file.tree)].filter((x) => x.kind === SyntaxKind.NonNullExpression);
  if (nodes.length === 0) return [];
  const types = checker.getTypeAtLocation(nodes.map((node) => node.expression));
  return nodes.filter(
    (_, i) => !isLoose(types[i]) && checker.getNonNullableType(types[i])?.id === types[i].id,
  );
}

function voidAs(file, checker) {
  const nodes = [...nodesOf(file.tree)].filter(
    (x) => x.kind === SyntaxKind.AsExpression && !isConst(x) && !takesContext(x.expression),
  );
  if (nodes.length === 0) return [];
  const after = checker.getTypeAtLocation(nodes);
  const before = checker.getTypeAtLocation(nodes.map((node) => node.expression));
  return nodes.filter((_, i) => !isLoose(before[i]) && before[i].id === after[i]?.id);
}

/** Places of `x!` and `x as T` whose value has that type without them; any and unknown are not judged. */
export function voidAssertions(file, checker) {
  return [...voidNonNull(file, checker), ...voidAs(file, checker)].map((x) => placeOf(file, x));
}
