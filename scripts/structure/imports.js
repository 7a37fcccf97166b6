// What imports what: cycles, and names that are exported for nobody.
import { posix } from "node:path";
import { SyntaxKind } from "typescript/unstable/ast";
import { nodesOf, placeOf } from "./sources.js";

/** `../a/b.js` as written in `from` → `src/a/b.ts`; a file of dist/ stands for its source. */
function resolved(from, specifier) {
  if (!specifier.startsWith(".")) return undefined;
  const path = posix.join(posix.dirname(from), specifier).replace(/\.js$/, ".ts");
  return path.replace(/^dist\//, "src/");
}

/** Names that an import or `export … from` takes; `*` is all of them. */
function namesTaken(clause) {
  if (clause === undefined) return ["*"];
  const bindings = clause.namedBindings ?? clause;
  return bindings.elements?.map((element) => (element.propertyName ?? element.name).text) ?? ["*"];
}

function moduleOf(node) {
  switch (node.kind) {
    case SyntaxKind.ImportDeclaration:
      return [node.moduleSpecifier, namesTaken(node.importClause)];
    case SyntaxKind.ExportDeclaration:
      return [node.moduleSpecifier, namesTaken(node.exportClause)];
    case SyntaxKind.ImportType:
      return [node.argument.literal, node.qualifier ? [node.qualifier.getText()] : ["*"]];
    case SyntaxKind.CallExpression:
      return node.expression.kind === SyntaxKind.ImportKeyword
        ? [node.arguments[0], dynamicNames(node)]
        : [];
    default:
      return [];
  }
}

/** `const { a } = await import("…")` takes a; any other use of the module may take all. */
function dynamicNames(call) {
  const awaited = call.parent;
  const user = awaited?.kind === SyntaxKind.AwaitExpression ? awaited.parent : undefined;
  const pattern = user?.kind === SyntaxKind.VariableDeclaration ? user.name : undefined;
  return pattern?.kind === SyntaxKind.ObjectBindingPattern ? namesTaken(pattern) : ["*"];
}

/** Imports of a file inside the repository, type imports too: { from, to, names, again }; `again`: `export … from`. */
export function importsOf(file) {
  return [...nodesOf(file.tree)].flatMap((node) => {
    const [specifier, names] = moduleOf(node);
    const to = specifier?.text === undefined ? undefined : resolved(file.path, specifier.text);
    if (to === undefined) return [];
    const again = node.kind === SyntaxKind.ExportDeclaration;
    return [{ from: file.path, to, names, again, place: placeOf(file, node) }];
  });
}

/**
 * Imports of the .js files, which have no tree here: `import { a, b as c } from "../dist/x.js"`, dynamic ones too, and
 * all of a module that they open by its URL.
 */
export function scriptImports({ path, text }) {
  const opened = [...text.matchAll(/new URL\(\s*("[^"]+dist\/[^"]+\.js")/g)];
  const found = [
    ...opened.map(([, specifier]) => ["", "*", JSON.parse(specifier)]),
    ...text.matchAll(/import\s*\{([^}]*)\}\s*from\s*"([^"]+)"/g),
    ...text.matchAll(/\{([^{}]*)\}\s*=\s*await import\(\s*"([^"]+)"\s*\)/g),
  ];
  return found.flatMap(([, names, specifier]) => {
    const to = resolved(path, specifier);
    if (to === undefined) return [];
    const taken = names.split(",").map((name) => name.trim().split(/\s+as\s+|\s*:\s*/)[0]);
    return [{ from: path, to, names: taken.filter((name) => name !== ""), place: path }];
  });
}

/** Sets of files that import each other in a circle (Tarjan 1972). */
export function cyclesOf(paths, imports) {
  const targets = new Map(paths.map((path) => [path, []]));
  for (const { from, to } of imports) if (targets.has(to)) targets.get(from)?.push(to);
  const state = { number: new Map(), low: new Map(), stack: [], cycles: [] };
  for (const path of paths) if (!state.number.has(path)) visit(path, targets, state);
  return state.cycles;
}

function visit(path, targets, state) {
  const { number, low, stack } = state;
  number.set(path, number.size);
  low.set(path, number.get(path));
  stack.push(path);
  for (const next of targets.get(path)) {
    if (!number.has(next)) {
      visit(next, targets, state);
      low.set(path, Math.min(low.get(path), low.get(next)));
    } else if (stack.includes(next)) low.set(path, Math.min(low.get(path), number.get(next)));
  }
  if (low.get(path) !== number.get(path)) return;
  const cycle = stack.splice(stack.indexOf(path));
  if (cycle.length > 1 || targets.get(path).includes(path)) state.cycles.push(cycle.sort());
}

const typeKinds = new Set([SyntaxKind.InterfaceDeclaration, SyntaxKind.TypeAliasDeclaration]);

function declaredNames(statement) {
  if (statement.declarationList === undefined) return [statement.name?.text ?? "default"];
  return statement.declarationList.declarations.flatMap(({ name }) =>
    name.elements === undefined ? [name.text] : name.elements.map((element) => element.name.text),
  );
}

/** Names that a file declares and exports: { name, type, place }; overloads once. */
export function exportsOf(file) {
  const found = file.tree.statements
    .filter((x) => x.modifiers?.some((m) => m.kind === SyntaxKind.ExportKeyword))
    .flatMap((statement) =>
      declaredNames(statement).map((name) => ({
        name,
        type: typeKinds.has(statement.kind),
        place: placeOf(file, statement),
      })),
    );
  return [...new Map(found.map((one) => [one.name, one])).values()];
}

/**
 * Who takes each name: `path name` → the paths that import it. What a file exports again counts as taken by those
 * that import it from there; what `api` exports again is taken by its users.
 */
export function usersOf(imports, exported, api) {
  const users = new Map();
  const again = imports.filter((one) => one.again && one.from !== api);
  const add = (to, name, from) => {
    const key = `${to} ${name}`;
    users.set(key, [...(users.get(key) ?? []), from]);
    const all = name === "*" ? (exported.get(to) ?? []) : [];
    for (const one of all) add(to, one, from);
    for (const next of again.filter((one) => one.from === to))
      if (name === "*" || next.names.includes("*") || next.names.includes(name))
        add(next.to, name, from);
  };
  for (const one of imports)
    if (!one.again || one.from === api) for (const name of one.names) add(one.to, name, one.from);
  return users;
}
