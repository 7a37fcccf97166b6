// Types that have a name and are named once.
import { SyntaxKind } from "typescript/unstable/ast";
import { nodesOf } from "./sources.js";

const declarations = new Set([SyntaxKind.InterfaceDeclaration, SyntaxKind.TypeAliasDeclaration]);
const references = new Set([SyntaxKind.TypeReference, SyntaxKind.ExpressionWithTypeArguments]);

/** The identifier of a type where it is used: `T` of `x: T`, of `extends T`; the last of `a.T`. */
function nameOf(node) {
  const name = node.typeName ?? node.expression;
  return name.right ?? name.name ?? name;
}

/** The identifiers of the types that are declared in `files`. */
function declaredIn(files) {
  return files.flatMap((file) =>
    [...nodesOf(file.tree)]
      .filter((node) => declarations.has(node.kind))
      .map((node) => ({ file, name: node.name })),
  );
}

/** The symbol that an import stands for. */
function original(symbol, checker, known) {
  if (symbol === undefined) return undefined;
  if (!known.has(symbol.id)) {
    const imported = symbol.declarations?.some((one) => /Import|Export/.test(SyntaxKind[one.kind]));
    known.set(symbol.id, imported ? checker.getAliasedSymbol(symbol).id : symbol.id);
  }
  return known.get(symbol.id);
}

/** Places of types to which one place of src/ refers, imports and exports not counted. */
export function namedOnce(files, checker) {
  const known = new Map();
  const uses = new Map();
  const used = files.flatMap((file) =>
    [...nodesOf(file.tree)].filter((node) => references.has(node.kind)).map(nameOf),
  );
  for (const symbol of checker.getSymbolAtLocation(used)) {
    const id = original(symbol, checker, known);
    uses.set(id, (uses.get(id) ?? 0) + 1);
  }
  const declared = declaredIn(files);
  const symbols = checker.getSymbolAtLocation(declared.map(({ name }) => name));
  return declared
    .filter((_, i) => uses.get(symbols[i]?.id) === 1)
    .map(({ file, name }) => `${file.path} ${name.text}`);
}
