import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { fittingHint } from "../../dist/cli/fitting-hint.js";
import { createProgram } from "../../dist/cli/program.js";
import { root } from "../support/cli.js";
import { embtune } from "../support/in-process.js";

const folder = mkdtempSync(join(tmpdir(), "hints "));
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const program = await createProgram(true);
type Command = typeof program;
const everyCommand = (command: Command): Command[] => [
  command,
  ...command.commands.flatMap(everyCommand),
];
const commands = everyCommand(program);
const flags = new Set(commands.flatMap(({ options }) => options.map(({ long }) => long)));

/** What stands behind two dashes in the sources and is no option: the runtime's, npm's and the pages' own. */
const foreign = /^--(expose-gc|no-expose-gc|ignore-scripts|help|eval-|no-)$/;

it("names no option that does not exist, wherever a text of the sources has one", () => {
  const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    // Styles of pages, and a script of another program.
    .filter((name) => !/^(report.(charts|page-style|html)|export.torch)/.test(name))
    .map((name) => readFileSync(join(root, "src", name), "utf8"));
  const named = sources.flatMap((text) =>
    [...text.matchAll(/(?<=["'`\s(])--[a-z][a-z0-9-]*/g)].map(([name]) => name),
  );
  const known = (name: string) =>
    flags.has(name) || flags.has(name.replace("--", "--no-")) || flags.has(name.replace("no-", ""));
  const others = /^--(task|standalone|header|csv|name|no-name|nproc-per-node)$/;
  const strange = named.filter((name) => !known(name) && !foreign.test(name) && !others.test(name));
  expect([...new Set(strange)]).toEqual([]);
  expect(named.length).toBeGreaterThan(300);
});

const hints: readonly (readonly [command: string, hint: string, shown: string | undefined])[] = [
  ["embed", "name it: --columns text=title", "name it: --column title"],
  ["evaluate", "name it: --columns text=title", "name it: --columns text=title"],
  [
    "export",
    "mend the JSON; if the lines are texts: --input-format text",
    "mend the JSON; write the file anew by embtune data prepare, which has --input-format",
  ],
  ["doctor", "to fetch it from the Hugging Face hub, add --allow-download", undefined],
  ["compare", "leave --model out to use the bundled encoder", undefined],
  [
    "embed",
    "write one: embtune export m --to DIR --dtype q8",
    "write one: embtune export m --to DIR --dtype q8",
  ],
  ["train", "if it is a row: --no-header", "if it is a row: --no-header"],
];

it.each(hints)("%s: %s", (name, hint, shown) => {
  const command = commands.find((one) => one.name() === name)!;
  expect(fittingHint(hint, command)).toBe(shown);
});

const several = file("several.csv", "left,right\nred apples,they are sweet\ngreen pears,as well\n");
const teacher = join(root, "models/embtune-mini-en");
const wrong = file("wrong.csv", "sentence1,sentence2,score\na red car,a blue car,x\n");

it.each([
  [["search", several, "apples", "--column", "middle"], "one of: left, right"],
  [["distill", several, "--teacher", teacher, "--out", join(folder, "student")], "--column left"],
  [["embed", several, "--out", join(folder, "v.npy")], "--column left"],
  [["evaluate", wrong], "--columns score="],
  [["export", "none", "--to", join(folder, "e"), "--dtype", "q8", "--eval", wrong], "data prepare"],
])("an error of %j advises %s", async (args, advice) => {
  const { code, stderr } = await embtune(args);
  expect(code).toBeGreaterThan(0);
  const [, hint = ""] = stderr.split("hint:  ");
  expect(hint).toContain(advice);
  expect(hint).not.toMatch(args[0] === "export" ? /--columns score=/ : /data prepare/);
});
