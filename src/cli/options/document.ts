import { internal } from "../../errors/internal.js";
import { optionsDocument } from "../../options/describe.js";
import type { AnyTable } from "../../options/option.js";
import { trainFlags } from "./train-flags.js";

/** The options of each command by the headings of its --help. */
const commands: Readonly<Record<string, () => ReadonlyMap<string, AnyTable>>> = {
  train: trainFlags,
};

const section = /(<!-- options of ([a-z ]+) -->\n)[\s\S]*?(<!-- end of options -->)/g;

/** A document with the tables between its marks `<!-- options of COMMAND -->` and `<!-- end of options -->` written anew. */
export function withOptionTables(markdown: string): string {
  return markdown.replace(section, (_, start: string, command: string, end: string) => {
    const groups = commands[command] ?? internal(`no command ${command}`);
    const tables = [...groups()].map(
      ([heading, table]) => `\n**${heading}**\n\n${optionsDocument(table)}\n`,
    );
    return `${start}${tables.join("")}\n${end}`;
  });
}

/** Commands whose options a document shows. */
export const documentedCommands: readonly string[] = Object.keys(commands);
