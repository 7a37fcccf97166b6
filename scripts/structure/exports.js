// Names that are exported for nobody, and imports of the .js files that find none.
import { exportsOf, importsOf, scriptImports, usersOf } from "./imports.js";

/** What the library exports. */
const api = "src/index.ts";

const inSrc = (path) => path.startsWith("src/");

/** Imports of scripts from src/ whose name is not exported there, also not by `export * from`. */
function missing(imports, exported, again) {
  const has = (path, name) =>
    exported.get(path)?.includes(name) ||
    again.some(({ from, to }) => from === path && has(to, name));
  return imports
    .filter(({ to }) => inSrc(to) && to !== api)
    .flatMap(({ to, names, place }) =>
      names
        .filter((name) => name !== "*" && !has(to, name))
        .map((name) => `${place} ${name} of ${to}`),
    );
}

/** Exports that no other file takes, exports that only tests and scripts take, imports of scripts that find nothing. */
export function exportFigures(files, scripts) {
  const found = new Map(
    files.filter(({ path }) => inSrc(path)).map((file) => [file.path, exportsOf(file)]),
  );
  const exported = new Map([...found].map(([path, list]) => [path, list.map(({ name }) => name)]));
  const ofFiles = files.flatMap(importsOf);
  const ofScripts = scripts.flatMap(scriptImports);
  const users = usersOf([...ofFiles, ...ofScripts], exported, api);
  const all = [...found].flatMap(([path, list]) =>
    list.map((one) => ({ ...one, users: users.get(`${path} ${one.name}`) ?? [] })),
  );
  const dead = all.filter((one) => one.users.length === 0);
  const text = ({ place, name }) => `${place} ${name}`;
  const again = ofFiles.filter((one) => one.again);
  return {
    deadExports: dead.filter(({ type }) => !type).map(text),
    deadTypeExports: dead.filter(({ type }) => type).map(text),
    exportsForTestsAlone: all
      .filter((one) => one.users.length > 0 && !one.users.some((path) => /^(src|bin)\//.test(path)))
      .map(text),
    missingImports: missing(ofScripts, exported, again),
  };
}
