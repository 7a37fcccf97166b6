import { Argument, type Command } from "commander";
import { addGroups } from "../options/add-options.js";

/** `embtune completion SHELL`: declares the command; what writes the script is imported when it runs. */
export function declareCompletion(command: Command, all: boolean): void {
  command
    .addArgument(new Argument("<shell>", "bash, zsh or fish").choices(["bash", "zsh", "fish"]))
    .usage("bash|zsh|fish");
  addGroups(command, {}, all).action(async (shell: string, _, self: Command) => {
    const { runCompletion } = await import("../actions/completion.js");
    runCompletion(shell, self.parent ?? self);
  });
}
