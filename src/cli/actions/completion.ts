import type { Command } from "commander";
import { objectives } from "../../objectives/registry.js";
import { bashCompletion } from "../completion/bash.js";
import { fishCompletion } from "../completion/fish.js";
import { completionTree } from "../completion/tree.js";
import { zshCompletion } from "../completion/zsh.js";

const shells = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion };

/** What `embtune completion SHELL` does; commander has checked the name. */
export function runCompletion(shell: string, program: Command): void {
  const names = { objectives: objectives.map(({ name }) => name) };
  const script = shells[shell as keyof typeof shells];
  process.stdout.write(script(completionTree(program, names)));
}
