import { internal } from "../../errors/internal.js";
import { optionsDocument } from "../../options/describe.js";
import { compareFlags } from "../flags/compare.js";
import { inspectFlags, prepareFlags, splitFlags } from "../flags/data.js";
import { distillFlags } from "../flags/distill.js";
import { doctorFlags } from "../flags/doctor.js";
import { embedFlags } from "../flags/embed.js";
import { evaluateFlags } from "../flags/evaluate.js";
import { exportFlags } from "../flags/export.js";
import { mineFlags } from "../flags/mine.js";
import { objectivesCheckFlags, objectivesFlags } from "../flags/objectives.js";
import { reportFlags } from "../flags/report.js";
import { searchFlags, similarFlags } from "../flags/search.js";
import { trainFlags } from "../flags/train.js";
import type { FlagGroups } from "./add-options.js";

/** The options of each command by the headings of its --help. */
const commands: Readonly<Record<string, FlagGroups>> = {
  evaluate: evaluateFlags,
  compare: compareFlags,
  embed: embedFlags,
  export: exportFlags,
  mine: mineFlags,
  "data inspect": inspectFlags,
  "data prepare": prepareFlags,
  "data split": splitFlags,
  report: reportFlags,
  search: searchFlags,
  similar: similarFlags,
  distill: distillFlags,
  doctor: doctorFlags,
  objectives: objectivesFlags,
  "objectives check": objectivesCheckFlags,
  train: trainFlags(),
};

const section = /(<!-- options of ([a-z ]+) -->\n)[\s\S]*?(<!-- end of options -->)/g;

/** A document with the tables between its marks `<!-- options of COMMAND -->` and `<!-- end of options -->` written anew. */
export function withOptionTables(markdown: string): string {
  return markdown.replace(section, (_, start: string, command: string, end: string) => {
    const groups = commands[command] ?? internal(`no command ${command}`);
    const tables = Object.entries(groups).map(
      ([heading, table]) => `\n**${heading}**\n\n${optionsDocument(table)}\n`,
    );
    return `${start}${tables.join("")}\n${end}`;
  });
}

/** Commands whose options a document shows. */
export const documentedCommands: readonly string[] = Object.keys(commands);
