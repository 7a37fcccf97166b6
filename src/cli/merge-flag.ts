import type { Command } from "commander";
import { dialectOptions } from "../dataset/reading-options.js";
import { usageError } from "../errors/user-error.js";
import type { AnyTable } from "../options/option.js";
import { typedNames } from "./options/add-options.js";

/** Usage error `merge-with-data` for DATA or options of `table` beside --merge, which reads nothing but the parts. */
export function refuseBesideMerge(
  command: Command,
  data: string | undefined,
  table: AnyTable,
): void {
  const given = typedNames(command, { ...table, ...dialectOptions });
  if (data === undefined && given.length === 0) return;
  const what = data === undefined ? `--${given[0]}` : `DATA ("${data}")`;
  throw usageError("merge-with-data", `--merge puts written files together and takes no ${what}`);
}
