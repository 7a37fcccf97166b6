import type { HeadKind } from "../../encoder/head.js";
import { type GivenPrompts, promptsByName, requireKnownPrompts } from "../../encoder/prompts.js";
import type { GivenOf, OptionsOf, OptionValue } from "../../options/option.js";
import { resolveGiven } from "../../options/values.js";
import { augmentationsOf, augmentedDropout } from "./augment.js";
import { type FileObjectives, objectivesOfFiles } from "./file-objectives.js";
import { trainTable } from "./table.js";
import { checkTune, defaultDropout, defaultHead, defaultRate, type Tune } from "./tune.js";

/** Options whose values have a narrower type than a table can say. */
interface Narrower {
  readonly tune: Tune;
  readonly objectiveOptions: Readonly<Record<string, OptionValue>>;
  readonly objectives?: FileObjectives | undefined;
}

/** Every option as given or by its default. */
type Resolved = Omit<OptionsOf<typeof trainTable>, keyof Narrower> & Narrower;

/**
 * Every option of a run as resolved: what run.json keeps and `--config` reads. Names are those of the command line
 * in camel case; `trainTable` says what each is.
 */
export type TrainSettings = Omit<Resolved, "prompts" | "head" | "lr" | "dropout"> & {
  readonly head: HeadKind;
  readonly lr: number;
  readonly dropout: number | "config";
  /** Texts put before texts, by use: query, document, default. Those of the model that are not given here stay. */
  readonly prompts?: Readonly<Record<string, string>> | undefined;
};

/** What a caller of `train` gives: all but `data` and `out` may be left out. */
export type TrainOptions = Omit<GivenOf<typeof trainTable>, keyof Narrower | "prompts"> &
  Partial<Narrower> & {
    /** A text alone stands before every text. */
    readonly prompts?: GivenPrompts | undefined;
  };

/**
 * The options with defaults filled in and ranges checked. Usage errors name the option: unknown-option, missing-option, bad-option, and what
 * `augmentationsOf` and `checkTune` throw. `scale`: that of a static model's table.
 */
export function resolveSettings(options: TrainOptions, scale?: number): TrainSettings {
  // What the table cannot say of the narrower types is checked where they are used.
  const given = resolveGiven(trainTable, options, "train") as Resolved;
  const { prompts: texts, head = defaultHead(given.tune) } = given;
  const trained = { tune: given.tune, scale };
  const objectives = objectivesOfFiles(given);
  const { lr = defaultRate(trained, objectives) } = given;
  const otherwise = given.dropout ?? defaultDropout(trained, objectives);
  const dropout = given.dropout || (augmentedDropout(given.augment) ?? otherwise);
  requireKnownPrompts(texts);
  const prompts = texts === undefined ? undefined : promptsByName(texts);
  const settings: TrainSettings = { ...given, head, lr, dropout, prompts };
  // First, since its errors about dropout name the option that asked for it.
  augmentationsOf(settings);
  checkTune(settings);
  return settings;
}
