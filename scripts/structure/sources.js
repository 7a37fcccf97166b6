// The syntax trees and types of src/, test/ and index.ts, as the compiler sees them.
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { API } from "typescript/unstable/sync";

/** The kernel is AssemblyScript, a language of its own. */
const kernel = "src/optim/kernel/assembly";

/** Every node below `node`, itself included, parents first. */
export function* nodesOf(node) {
  yield node;
  const children = [];
  node.forEachChild((child) => {
    children.push(child);
  });
  for (const child of children) yield* nodesOf(child);
}

/**
 * Gives `use` what the compiler knows: `files` with { path, tree, text }, path relative to the root with slashes,
 * and its `checker`. The compiler's process ends with the call.
 */
export function withProject(root, use) {
  const api = new API({ cwd: root });
  try {
    const [project] = api
      .updateSnapshot({ openProject: join(root, "tsconfig.test.json") })
      .getProjects();
    const { program, checker } = project;
    const files = program
      .getSourceFileNames()
      .map((name) => ({ name, path: relative(root, name).split(sep).join("/") }))
      .filter(({ path }) => /^(src|test)\//.test(path) && !path.startsWith(kernel))
      .map(({ name, path }) => {
        const tree = program.getSourceFile(name);
        return { path, tree, text: tree.text };
      });
    return use({ files, checker });
  } finally {
    api.close();
  }
}

/** The .js files of `folders`, which no tsconfig lists, as { path, text }. */
export function scriptFiles(root, folders) {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith(".js"))
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => ({
        path: relative(root, path).split(sep).join("/"),
        text: readFileSync(path, "utf8"),
      })),
  );
}

/** Path and line, `src/a.ts:3`. */
export function placeOf(file, node) {
  const { line } = file.tree.getLineAndCharacterOfPosition(node.getStart(file.tree));
  return `${file.path}:${line + 1}`;
}
