// Lines of files and functions.
import { SyntaxKind } from "typescript/unstable/ast";
import { nodesOf, placeOf } from "./sources.js";

const functions = new Set([
  SyntaxKind.FunctionDeclaration,
  SyntaxKind.FunctionExpression,
  SyntaxKind.ArrowFunction,
  SyntaxKind.MethodDeclaration,
  SyntaxKind.Constructor,
  SyntaxKind.GetAccessor,
  SyntaxKind.SetAccessor,
]);

/** Lines of a text; the end of the last line begins no further one. */
export function linesOf(text) {
  return text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
}

/** { median, p90, max } of some numbers, the nearest rank each. */
export function spreadOf(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const at = (share) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return { median: at(0.5), p90: at(0.9), max: at(1) };
}

/** Lines between the braces of a function's body; empty ones and whole lines of comment do not count. */
function bodyLines(file, { body }) {
  const lines = file.text.slice(body.getStart(file.tree) + 1, body.end - 1).split("\n");
  return lines.filter((line) => !/^\s*($|\/\/|\/?\*)/.test(line)).length;
}

/**
 * Functions with a body in braces, nested ones too: { place, lines }. An arrow with an expression for its body is
 * part of the statement that it stands in.
 */
export function functionsOf(file) {
  return [...nodesOf(file.tree)]
    .filter((node) => functions.has(node.kind) && node.body?.kind === SyntaxKind.Block)
    .map((node) => ({ place: placeOf(file, node), lines: bodyLines(file, node) }));
}

/** { file, lines } of each. */
export function fileLines(files) {
  return files.map((file) => ({ place: file.path, lines: linesOf(file.text) }));
}
