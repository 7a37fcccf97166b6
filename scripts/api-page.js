// Writes docs/api.md from the docstrings and declarations of what src/index.ts exports: node scripts/build.js && node scripts/api-page.js
// With --check it only says whether the page is what would be written. It reads the declaration files that TypeScript writes; typedoc and
// ts-morph carry a compiler of their own, older than the one that builds this.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const root = join(import.meta.dirname, "..");
const path = join(root, "docs", "api.md");

/** Names that the public API exports, with the declaration files that they come from. */
function exported() {
  const index = readFileSync(join(root, "dist", "index.d.ts"), "utf8");
  return [...index.matchAll(/export (?:type )?\{([^}]+)\} from "\.\/([^"]+)\.js"/g)].flatMap(
    ([, names, file]) => names.split(",").map((name) => ({ name: name.trim(), file })),
  );
}

/** A declaration's docstring and code, out of a declaration file. */
function declarationOf(text, name) {
  const start = new RegExp(
    `^export (?:declare )?(?:abstract )?(?:async )?(function|class|interface|type|const) ${name}\\b`,
    "m",
  );
  const found = start.exec(text);
  if (found === null) throw new Error(`no declaration of ${name}`);
  const before = text.slice(0, found.index);
  const doc = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*$/.exec(before)?.[1] ?? "";
  return { kind: found[1], doc: plainDoc(doc), code: codeFrom(text, found.index) };
}

function plainDoc(doc) {
  const lines = doc.split("\n").map((line) => line.replace(/^\s*\* ?/, "").trim());
  return lines.join(" ").replaceAll(/\s+/g, " ").trim();
}

/** From a declaration's first character to the semicolon or brace that ends it. */
function codeFrom(text, first) {
  let depth = 0;
  for (let at = first; at < text.length; at++) {
    if (text.startsWith("/*", at)) at = text.indexOf("*/", at) + 1;
    else if ("{([".includes(text[at])) depth += 1;
    else if ("})]".includes(text[at])) depth -= 1;
    const ends = text[at] === ";" || (text[at] === "}" && text[at + 1] === "\n");
    if (depth === 0 && ends) return text.slice(first, at + 1);
  }
  throw new Error("a declaration without an end");
}

const parts = [
  ["Functions", ["function"]],
  ["Values and errors", ["const", "class"]],
  ["Types", ["interface", "type"]],
];

function page() {
  const all = exported().map(({ name, file }) => {
    const text = readFileSync(join(root, "dist", `${file}.d.ts`), "utf8");
    return { name, ...declarationOf(text, name) };
  });
  const sections = parts.map(([title, kinds]) => {
    const own = all.filter(({ kind }) => kinds.includes(kind));
    const entries = own
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(
        ({ name, doc, code }) =>
          `### ${name}\n\n${doc === "" ? "" : `${doc}\n\n`}\`\`\`ts\n${code.replaceAll(/^export (declare )?/gm, "").trimEnd()}\n\`\`\``,
      );
    return `## ${title}\n\n${entries.join("\n\n")}`;
  });
  return `# API\n\nWhat \`import … from "embtune"\` gives. Written from the docstrings by \`node scripts/api-page.js\`. Options of jobs are those of the commands, in camelCase: [cli.md](cli.md) has their values and defaults. Nothing is printed and nothing is downloaded unless \`allowDownload\` says so; what the user can mend is thrown as a \`UserError\`.\n\n${sections.join("\n\n")}\n`;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const text = page();
  if (!process.argv.includes("--check")) writeFileSync(path, text);
  else if (readFileSync(path, "utf8") !== text) {
    process.stderr.write(
      "docs/api.md is not what the docstrings say: run node scripts/api-page.js\n",
    );
    process.exitCode = 1;
  }
}
