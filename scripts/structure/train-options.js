// In how many places an option of `train` is written: as a row of a table, a member of the settings' type, a word of a
// list, a flag. A use of its value is none.
import { SyntaxKind } from "typescript/unstable/ast";
import { nodesOf, placeOf } from "./sources.js";

/** Where the options of a run may be declared; other commands have options of the same names. */
const area = /^src\/(training\/|cli\/.*train|jobs\/(train|compare))/;
const settings = "src/training/options/settings.ts";

/** A list or table is one of options when so many of its words are names of options. */
const enough = 3;

const bodies = new Set([SyntaxKind.Block, SyntaxKind.ArrowFunction]);

function kebab(name) {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Nodes outside functions: what stands there is a declaration or a table, not a use. */
function* topLevel(node) {
  yield node;
  if (bodies.has(node.kind)) return;
  const children = [];
  node.forEachChild((child) => {
    children.push(child);
  });
  for (const child of children) yield* topLevel(child);
}

/** Words of a list, keys of an object, `name` of the objects in a list, members of an interface. */
function wordsOf(node) {
  switch (node.kind) {
    case SyntaxKind.InterfaceDeclaration:
      return /Settings$/.test(node.name.text) ? node.members.map((one) => one.name?.text) : [];
    case SyntaxKind.ObjectLiteralExpression:
      return node.properties.map((one) => one.name?.text);
    case SyntaxKind.ArrayLiteralExpression:
      return node.elements.map((one) => one.text ?? nameProperty(one));
    default:
      return [];
  }
}

function nameProperty(node) {
  return node.properties?.find((one) => one.name?.text === "name")?.initializer?.text;
}

/** Where a file writes an option, [option, place] each. */
function writtenIn(file, options) {
  const written = [];
  for (const node of topLevel(file.tree)) {
    const found = wordsOf(node).filter((word) => options.has(word));
    if (found.length >= enough) for (const word of found) written.push([word, placeOf(file, node)]);
  }
  for (const node of nodesOf(file.tree)) {
    if (node.kind !== SyntaxKind.StringLiteral) continue;
    const flag = /^--(?:no-)?([a-z-]+)(?: [<[].+[>\]])?$/.exec(node.text)?.[1];
    const option = [...options].find((name) => kebab(name) === flag);
    if (option !== undefined) written.push([option, placeOf(file, node)]);
  }
  return written;
}

/** The properties of the type TrainSettings, however that is written. */
function settingNames(files, checker) {
  const file = files.find(({ path }) => path === settings);
  const declaration = file?.tree.statements.find((node) => node.name?.text === "TrainSettings");
  if (declaration === undefined) throw new Error(`${settings} declares no TrainSettings`);
  const type = checker.getDeclaredTypeOfSymbol(checker.getSymbolAtLocation(declaration.name));
  return checker.getPropertiesOfType(type).map(({ name }) => name);
}

/** { option, places } of each option of `train`. */
export function optionPlaces(files, checker) {
  const names = settingNames(files, checker);
  const known = new Set(names);
  const written = files
    .filter(({ path }) => area.test(path))
    .flatMap((file) => writtenIn(file, known));
  return names.map((option) => ({
    option,
    places: written.filter(([name]) => name === option).map(([, place]) => place),
  }));
}
