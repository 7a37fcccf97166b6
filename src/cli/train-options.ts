import type { Command } from "commander";
import { usageError } from "../errors/user-error.js";
import { objectiveNamed } from "../objectives/registry.js";
import { freeRunFolder, readRun } from "../training/run-folder.js";
import type { TrainOptions } from "../training/settings.js";
import { readConfig } from "./config-file.js";
import { objectiveFlags, objectiveOptionsOf } from "./objective-options.js";

/** Where options come from besides the command line. */
export interface OptionSources {
  readonly resume?: string;
  readonly config?: string;
}

/** Options from --config and the command line, which wins; those of a resumed run come from its run.json. */
export function trainOptions(
  data: string | undefined,
  command: Command,
  sources: OptionSources,
): TrainOptions {
  const stored = storedOptions(sources);
  const typed = typedOptions(command);
  const objective = String(typed.objective ?? stored.objective ?? "infonce");
  const own = objectiveOptionsOf(
    command,
    objectiveNamed(objective),
  ) as TrainOptions["objectiveOptions"];
  const kept = objective === (stored.objective ?? objective) ? stored.objectiveOptions : {};
  const file = requireData(data ?? stored.data);
  const out = sources.resume ?? typed.out ?? stored.out ?? freeRunFolder(file, objective);
  return { ...stored, ...typed, objective, objectiveOptions: { ...kept, ...own }, data: file, out };
}

/** The data file; none is a usage error. */
export function requireData(file: string | undefined): string {
  if (file !== undefined) return file;
  throw usageError("no-data", "no training data given", "embtune train DATA --eval FILE --out DIR");
}

/** Options of a resumed run or of a --config file. */
export function storedOptions({ resume, config }: OptionSources): Partial<TrainOptions> {
  if (resume !== undefined) return readRun(resume).options;
  return config === undefined ? {} : readConfig(config);
}

/** Flags that are no training options. */
const others = new Set([
  "overwrite",
  "resume",
  "resumeAnyway",
  "config",
  "dryRun",
  "sweep",
  "json",
  "quiet",
  "debug",
]);

/** Options that were typed, without those of the objective. */
export function typedOptions(command: Command): Partial<TrainOptions> {
  const own = objectiveFlags();
  return Object.fromEntries(
    Object.entries(command.opts<Record<string, unknown>>()).filter(
      ([name]) =>
        command.getOptionValueSource(name) === "cli" && !others.has(name) && !own.has(name),
    ),
  );
}
