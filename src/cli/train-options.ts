import type { Command } from "commander";
import { usageError } from "../errors/user-error.js";
import { objectiveNamed } from "../objectives/registry.js";
import { kebabCase } from "../options/option.js";
import { requireFitting } from "../options/values.js";
import { allHaveOwn, renamedEntries } from "../training/options/file-objectives.js";
import type { TrainOptions } from "../training/options/settings.js";
import { trainTable } from "../training/options/table.js";
import { type ChosenByRows, objectiveByRows } from "../training/plan/objective-by-rows.js";
import { freeRunFolder, readRun } from "../training/run-folder/run-folder.js";
import { readConfig } from "./config-file.js";
import { objectiveOptionsOf } from "./objective-options.js";
import { typedOptions } from "./options/add-options.js";

/** Where options come from besides the command line. */
interface OptionSources {
  readonly resume?: string | undefined;
  readonly config?: string | undefined;
}

/** Options from --config and the command line, which wins; those of a resumed run come from its run.json. `chosen` fills in what none of them says. */
export function trainOptions(
  data: readonly string[],
  command: Command,
  sources: OptionSources,
  chosen: Partial<TrainOptions> = {},
): TrainOptions {
  refuseBesideResume(command, sources);
  const stored = storedOptions(sources, data);
  const typed = typedSettings(command);
  const objective = String(
    typed.objective ?? stored.objective ?? chosen.objective ?? trainTable.objective.default,
  );
  const own = objectiveOptionsOf(
    command,
    objectiveNamed(objective),
  ) as TrainOptions["objectiveOptions"];
  const kept = objective === (stored.objective ?? objective) ? stored.objectiveOptions : {};
  const files = dataArguments(data, stored);
  const { objectives = chosen.objectives } = stored;
  const alone = objectives !== undefined && allHaveOwn({ ...files, objectives });
  if (alone) refuseCommon(command, own ?? {});
  const name = alone ? "mixed" : objective;
  const out = sources.resume ?? typed.out ?? stored.out ?? freeRunFolder(files.data, name);
  const objectiveOptions = { ...kept, ...own };
  return { ...chosen, ...stored, ...typed, objective, objectiveOptions, ...files, out };
}

/** What the rows of the data decide where neither a config nor the command line names an objective. UserError: as requireFitting and objectiveByRows. */
export async function chosenByRows(
  data: readonly string[],
  command: Command,
  sources: OptionSources,
): Promise<ChosenByRows> {
  const stored = storedOptions(sources, data);
  const typed = typedSettings(command);
  const files = dataArguments(data, stored);
  const settings = { ...stored, ...typed, ...files, out: "never" };
  // What a config says wrongly is said of the option, before a file of that name is looked for.
  requireFitting(trainTable, settings, "train");
  return objectiveByRows(settings);
}

/** A resumed run stays in its folder, replaces nothing and has its own options. */
function refuseBesideResume(command: Command, { resume }: OptionSources): void {
  if (resume === undefined) return;
  const given = ["out", "overwrite", "config"].filter(
    (name) => command.getOptionValueSource(name) === "cli",
  );
  if (given.length === 0) return;
  throw usageError(
    "option-without-effect",
    `--resume takes no ${given.map((name) => `--${name}`).join(", no ")}: it goes on with the run in its own folder, by its own options`,
    "leave it out, or start a new run without --resume",
  );
}

/** Where the config gives every file an objective, none is left for what is typed. */
function refuseCommon(command: Command, own: Readonly<Record<string, unknown>>): void {
  const flags = Object.keys(own).map((name) => `--${kebabCase(name)}`);
  const [flag] = command.getOptionValueSource("objective") === "cli" ? ["--objective"] : flags;
  if (flag === undefined) return;
  throw usageError(
    "option-without-effect",
    `${flag} has no use: the config gives each training file an objective of its own`,
    'change it there, under "objectives"',
  );
}

/** The data files typed, or those stored; none is a usage error. */
export function dataArguments(
  typed: readonly string[],
  stored: Partial<TrainOptions>,
): Pick<TrainOptions, "data" | "moreData"> {
  const [data, ...moreData] = typed;
  if (data !== undefined) return moreData.length > 0 ? { data, moreData } : { data };
  const { data: kept, moreData: others } = stored;
  if (kept !== undefined)
    return others === undefined ? { data: kept } : { data: kept, moreData: others };
  throw usageError("no-data", "no training data given", "embtune train DATA --eval FILE --out DIR");
}

/** Options of a resumed run or of a --config file; `data` are files that were typed and take the place of theirs. */
export function storedOptions(
  { resume, config }: OptionSources,
  data: readonly string[] = [],
): Partial<TrainOptions> {
  const stored = resume === undefined ? {} : readRun(resume).options;
  const options: Partial<TrainOptions> =
    resume === undefined && config !== undefined ? readConfig(config) : stored;
  if (data.length === 0) return options;
  const { data: first, moreData = [], objectives, ...others } = options;
  if (objectives === undefined) return others;
  // The files of a run may have moved since; a config means those that it names.
  const before = first === undefined || resume === undefined ? [] : [first, ...moreData];
  return { ...others, objectives: renamedEntries(objectives, before, data) };
}

/** Options that were typed, without those of the objective. */
export function typedSettings(command: Command): Partial<TrainOptions> {
  // Narrower types than the table says are checked by what resolves them.
  return typedOptions(command, trainTable) as Partial<TrainOptions>;
}
