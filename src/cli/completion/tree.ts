import type { Command, Option } from "commander";

/** An option as a shell completes it. */
export interface CompletedOption {
  /** With its dashes: `--schedule`. */
  readonly flag: string;
  readonly text: string;
  /** Whether a word follows. */
  readonly takesValue: boolean;
  /** The words that may follow; empty: any, or a file. */
  readonly words: readonly string[];
  readonly takesFile: boolean;
}

/** A command as a shell completes it. */
export interface CompletedCommand {
  /** Words after `embtune`: `data inspect`; empty for the program itself. */
  readonly path: string;
  readonly text: string;
  readonly options: readonly CompletedOption[];
  /** Words that may stand in place of an argument: names of subcommands, or of what it takes. */
  readonly words: readonly string[];
}

/** What a value's placeholder says of files. */
const files = /[<[](file|dir|model|run|files)/;

/** Every command of a program, itself first. `names` are words that a command's argument may be, by its path. */
export function completionTree(
  program: Command,
  names: Readonly<Record<string, readonly string[]>> = {},
): readonly CompletedCommand[] {
  return walk(program, "", names);
}

function walk(
  command: Command,
  path: string,
  names: Readonly<Record<string, readonly string[]>>,
): CompletedCommand[] {
  const children = command.commands.flatMap((child) =>
    walk(child, `${path} ${child.name()}`.trim(), names),
  );
  const argued = command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);
  const own: CompletedCommand = {
    path,
    text: command.description(),
    options: command.options.flatMap(completed),
    words: [...command.commands.map((child) => child.name()), ...argued, ...(names[path] ?? [])],
  };
  return [own, ...children];
}

function completed(option: Option): CompletedOption[] {
  if (option.long == null || option.hidden) return [];
  return [
    {
      flag: option.long,
      text: option.description,
      takesValue: option.required || option.optional,
      words: option.argChoices ?? [],
      takesFile: files.test(option.flags),
    },
  ];
}
