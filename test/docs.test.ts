import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { completionTree } from "../src/cli/completion/tree.js";
import { createProgram } from "../src/cli/program.js";

const root = join(import.meta.dirname, "..");
const pages = [
  "README.md",
  "CONTRIBUTING.md",
  "data/README.md",
  ...readdirSync(join(root, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];
const text = (page: string): string => readFileSync(join(root, page), "utf8");

/** Commands that a page shows, on lines of their own or in a sentence: `embtune train a.csv --out runs/a`. */
function commandsOf(page: string): string[] {
  const lines = [...text(page).matchAll(/^ {4}(?:npx )?embtune (.+)$/gm)];
  const inline = [...text(page).matchAll(/`(?:npx )?embtune ([a-z][^`]+)`/g)];
  return [...lines, ...inline].map(([, command]) => command.replace(/\s{2,}#.*$/, ""));
}

const tree = completionTree(await createProgram());

/** What of a command the program does not have. */
function unknownIn(command: string): string[] {
  const words = command.split(/\s+/);
  const own =
    tree.find(({ path }) => path === words.slice(0, 2).join(" ")) ??
    tree.find(({ path }) => path === words[0]);
  if (own === undefined || own.path === "") return [`no command: ${command}`];
  const flags = new Set(["--help", "--version", ...own.options.map(({ flag }) => flag)]);
  const given = [...command.matchAll(/(?<=\s)--[a-z][a-z-]*/g)].map(([flag]) => flag);
  return given.filter((flag) => !flags.has(flag)).map((flag) => `${flag} in: ${command}`);
}

describe.each(pages)("%s", (page) => {
  it("links to what is there", () => {
    const links = [...text(page).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)/g)];
    const missing = links
      .map(([, link]) => link)
      .filter((link) => !existsSync(join(root, dirname(page), link)));
    expect(missing).toEqual([]);
  });

  it("shows commands and options that there are", () => {
    expect(commandsOf(page).flatMap(unknownIn)).toEqual([]);
  });
});

it("commands are looked at", () => {
  expect(pages.flatMap(commandsOf).length).toBeGreaterThan(80);
  expect(unknownIn("train a.csv --no-such x")).toEqual(["--no-such in: train a.csv --no-such x"]);
});
