import type { Command, Help, Option } from "commander";
import { counted } from "../errors/counted.js";
import { wrapped } from "../report/wrap.js";

/** How wide --help is where the terminal does not say. */
const defaultWidth = 80;

/** A longer flag stands on a line of its own, its text on the next. */
const longestTerm = 24;

/** What `--help` shows of a command. */
export interface HelpView {
  /** `--help all`. */
  readonly all: boolean;
  /** Long flags that most people need; empty: all are shown in any case. */
  readonly common: ReadonlySet<string>;
}

/** --help as text: the common options alone, or all by group; a narrow first column, and no word broken. */
export function helpText(command: Command, helper: Help, view: HelpView): string {
  const width = helper.helpWidth ?? defaultWidth;
  const options = helper.visibleOptions(command);
  const short = !view.all && view.common.size > 0;
  const shown = short ? options.filter(({ long }) => view.common.has(long ?? "")) : options;
  const groups = short ? new Map([["Options:", shown]]) : byGroup(shown);
  const pairs = (list: readonly Pair[]): string => pairLines(list, width);
  const sections = [
    wrapped(`Usage: ${helper.commandUsage(command)}`, width, 7).join("\n"),
    wrapped(helper.commandDescription(command), width, 0).join("\n"),
    section(
      "Arguments:",
      helper.visibleArguments(command).map((argument) => [argument.name(), argument.description]),
      pairs,
    ),
    section(
      "Commands:",
      helper
        .visibleCommands(command)
        .map((child) => [child.name(), helper.subcommandDescription(child)]),
      pairs,
    ),
    ...[...groups].map(([heading, list]) => section(heading, list.map(pairOf), pairs)),
    short
      ? `${counted(options.length - shown.length, "more option")}: ${pathOf(command)} --help all`
      : "",
  ];
  return `${sections.filter((text) => text !== "").join("\n\n")}\n`;
}

type Pair = readonly [term: string, text: string];

function section(
  heading: string,
  list: readonly Pair[],
  lines: (list: readonly Pair[]) => string,
): string {
  return list.length === 0 ? "" : `${heading}\n${lines(list)}`;
}

function pairOf({ flags, description }: Option): Pair {
  return [flags, description];
}

function byGroup(options: readonly Option[]): ReadonlyMap<string, readonly Option[]> {
  const groups = new Map<string, Option[]>();
  for (const option of options) {
    const heading = option.helpGroupHeading ?? "Options:";
    groups.set(heading, [...(groups.get(heading) ?? []), option]);
  }
  return groups;
}

/** `embtune data inspect`. */
function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}

/** Terms and texts in two columns. */
function pairLines(list: readonly Pair[], width: number): string {
  const terms = list.map(([term]) => term.length).filter((length) => length <= longestTerm);
  const indent = Math.max(8, ...terms) + 4;
  return list
    .flatMap(([term, text]) => {
      const lines = wrapped(text, width - indent, 0);
      const [first = "", ...rest] = lines;
      const hang = (line: string): string => " ".repeat(indent) + line;
      if (term.length > longestTerm) return [`  ${term}`, ...lines.map(hang)];
      return [`  ${term}`.padEnd(indent) + first, ...rest.map(hang)];
    })
    .join("\n");
}
