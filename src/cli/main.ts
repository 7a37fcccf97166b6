import { type Command, CommanderError } from "commander";
import { InternalError } from "../errors/internal.js";
import { InterruptedError } from "../errors/interrupted.js";
import { formatError, UserError } from "../errors/user-error.js";
import { visible } from "../errors/visible.js";
import { fileError } from "../files/files.js";
import { watchWaits } from "../files/progress.js";
import { fittingHint } from "./fitting-hint.js";
import { commandOf, helpRequest, withoutVainHelp } from "./help-request.js";
import { stopAll } from "./interrupt.js";
import { clearLine } from "./live-line.js";
import { createProgram } from "./program.js";
import { endPassing, openTerminal } from "./terminal.js";
import { waitProgress } from "./wait-progress.js";

/** Exit codes: 0 done, 1 failed, 2 wrong usage, 3 worse than was asked for, 70 our own fault, 130 interrupted. */
function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof UserError) return error.exitCode;
  return error instanceof InterruptedError ? 130 : 70;
}

/** What stands elsewhere than a newcomer looks for it. */
const elsewhere: ReadonlyMap<string, string> = new Map([
  ["inspect", "embtune data inspect"],
  ["prepare", "embtune data prepare"],
  ["split", "embtune data split"],
  ["version", "embtune --version"],
]);

/** What commander, which has printed its own error, does not know of. */
function hintBeside({ message }: CommanderError): string {
  const [, word = ""] = /^error: unknown command '(\w+)'/.exec(message) ?? [];
  const meant = elsewhere.get(word);
  return meant === undefined ? "" : `hint:  ${meant}\n`;
}

/** What is shown for an error of a command. */
function messageOf(error: unknown, debug: boolean, command?: Command): string {
  if (error instanceof CommanderError) return hintBeside(error);
  const stack = debug && error instanceof Error ? `\n${error.stack ?? ""}` : "";
  if (error instanceof UserError) {
    const hint = command && error.hint && fittingHint(error.hint, command);
    return `${formatError({ ...error, message: error.message, hint })}${stack}\n`;
  }
  if (error instanceof InterruptedError) return `${error.message}${stack}\n`;
  const what = error instanceof Error ? error.message : String(error);
  const kind =
    error instanceof InternalError ? "" : `${error instanceof Error ? error.name : "error"}: `;
  const ask = debug
    ? ""
    : "\nhint:  this is a fault of embtune; run again with --debug and report what it prints";
  return `internal error: ${kind}${what}${ask}${stack}\n`;
}

/**
 * What happens when nobody takes what is written. Without stderr the work goes on: its remarks are nobody's loss. Without stdout
 * the result is lost, so the work ends in good order with exit code 1; a closed pipe (`embtune … | head`) is no matter for a message.
 */
function outliveOutputs(): void {
  process.stderr.on("error", () => {});
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    process.exitCode = 1;
    stopAll();
    if (error.code === "EPIPE") return;
    const lost = fileError(error, "stdout");
    const message =
      lost instanceof UserError ? formatError(lost) : `error: stdout: ${lost.message}`;
    process.stderr.write(`${message}\n`);
  });
}

/** Runs the program; sets the exit code and never throws. */
export async function run(argv: readonly string[]): Promise<void> {
  outliveOutputs();
  const unwatch = watchWaits(waitProgress(openTerminal({ quiet: argv.includes("--quiet") })));
  let command: Command | undefined;
  try {
    const [node, script, ...typed] = argv;
    const { all, words } = helpRequest(typed);
    const program = await createProgram(all, words);
    command = commandOf(program, words);
    await program.parseAsync([node, script, ...withoutVainHelp(program, words)]);
  } catch (error) {
    endPassing();
    clearLine();
    process.stderr.write(visible(messageOf(error, argv.includes("--debug"), command)));
    process.exitCode = exitCodeOf(error);
  } finally {
    endPassing();
    unwatch();
  }
}
