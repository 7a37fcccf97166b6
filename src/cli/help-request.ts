import type { Command } from "commander";

/** What a command line asks of --help. */
interface HelpRequest {
  /** Whether every option is to be shown: `--help all`. */
  readonly all: boolean;
  /** The words to parse. */
  readonly words: readonly string[];
}

const isHelp = (word: string): boolean => word === "--help" || word === "-h";

/** Reads `--help all`, whose second word commander knows nothing of. */
export function helpRequest(words: readonly string[]): HelpRequest {
  const at = words.findIndex(isHelp);
  if (at < 0 || words[at + 1] !== "all") return { all: false, words };
  return { all: true, words: words.toSpliced(at + 1, 1) };
}

/** The command that words name, as far as they do. */
export function commandOf(program: Command, words: readonly string[]): Command {
  let command = program;
  for (const word of words) {
    const child = command.commands.find((one) => one.name() === word);
    if (child === undefined) return command;
    command = child;
  }
  return command;
}

/** The words without --help where they name no command, so that the wrong name is told in place of the help of another. */
export function withoutVainHelp(program: Command, words: readonly string[]): readonly string[] {
  if (!words.some(isHelp)) return words;
  let command = program;
  for (const word of words) {
    if (word.startsWith("-") || command.commands.length === 0) return words;
    const child = command.commands.find((one) => one.name() === word);
    if (child !== undefined) command = child;
    else if (command.registeredArguments.length > 0 || word === "help") return words;
    else return words.filter((one) => !isHelp(one));
  }
  return words;
}
