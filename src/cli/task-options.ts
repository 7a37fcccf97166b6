import { type Command, Option } from "commander";
import { tasks } from "../evaluation/evaluators/registry.js";
import { optionRows } from "../objectives/resolve.js";
import { valueFromText } from "../options/from-text.js";
import { camelCase } from "../options/option.js";

/** Adds `--task` and the options of every task, from the registry's tables. */
export function addTaskOptions(command: Command): Command {
  command.addOption(
    new Option("--task <name>", "what to measure (default: what the rows are made for)").choices(
      tasks.map(({ name }) => name),
    ),
  );
  for (const { name, options } of tasks) {
    for (const { flag, type, description, default: value } of optionRows(options)) {
      const placeholder = type === "numbers" ? "a,b,…" : "n";
      const text = `with --task ${name}: ${description} (default: ${value})`;
      command.option(`--${flag} <${placeholder}>`, text);
    }
  }
  return command;
}

/** The options of tasks that were given on the command line, read by their tables. */
export function taskOptionsOf(command: Command): Record<string, unknown> {
  const given: Record<string, unknown> = {};
  for (const { options } of tasks) {
    for (const { name, flag } of optionRows(options)) {
      const text: unknown = command.getOptionValue(camelCase(flag));
      if (typeof text === "string") given[name] = valueFromText(options[name], text);
    }
  }
  return given;
}
