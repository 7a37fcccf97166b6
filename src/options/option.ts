/** What an option is beside its values. */
interface Described {
  /** One line for --help and the documentation. */
  readonly description: string;
  /** Name on the command line, where it is not the kebab-case form of the option's name. */
  readonly flag?: string;
  /** Another word for the flag on the command line. */
  readonly alias?: string;
  /** What stands for the value in --help; absent: a word for the type. */
  readonly placeholder?: string;
  /** Whether most people need it: --help shows these alone, `--help all` all. Where a command marks none it shows all in any case. */
  readonly common?: boolean;
}

/** An option that has a value in any case. */
interface Defaulted<V> extends Described {
  readonly default: V;
  readonly otherwise?: undefined;
  readonly required?: undefined;
}

/** An option that may be left out. */
interface Optional extends Described {
  readonly default?: undefined;
  /** What holds where it is left out, in words: `the encoder's`. */
  readonly otherwise?: string;
  /** Whether it must be given. */
  readonly required?: boolean;
}

/** A real number: above (exclusive) or from `min` (inclusive), up to `max` (inclusive) or below `below`. */
export interface NumberForm {
  readonly type: "number";
  readonly above?: number;
  readonly min?: number;
  readonly max?: number;
  readonly below?: number;
  /** Whether a share of something may stand in place of a number: `5%`. */
  readonly share?: boolean;
  /** Words that may stand in place of a number. */
  readonly words?: readonly string[];
}

/** A whole number from `min`, up to `max`. */
export interface IntegerForm {
  readonly type: "integer";
  readonly min: number;
  /** The most that is of any use: what it decides the size of must be refused before it is made. */
  readonly max?: number;
  /** Words that may stand in place of a number. */
  readonly words?: readonly string[];
}

/** Yes or no; `--name` and `--no-name` on the command line. */
interface BooleanForm {
  readonly type: "boolean";
  /** What `--no-name` says, where both can be given. */
  readonly negation?: string;
}

/** One of a list of words. */
interface ChoiceForm<C extends string = string> {
  readonly type: "choice";
  readonly choices: readonly C[];
  /** Other words for the same: `int8` for `q8`. */
  readonly synonyms?: Readonly<Record<string, string>>;
}

/** A list of numbers, `256,128,64` on the command line; empty means not used. */
interface NumbersForm {
  readonly type: "numbers";
  readonly element: IntegerForm | NumberForm;
}

/** A text. */
interface TextForm {
  readonly type: "text";
  /** Whether it may be given several times, or as a list. */
  readonly several?: boolean;
  /** What it must be, in words, where `pattern` is given. */
  readonly expected?: string;
  readonly pattern?: RegExp;
  /** Texts to suggest in place of one that does not fit. */
  readonly examples?: readonly string[];
}

/** A list of words, `a,b` on the command line. */
interface WordsForm<C extends string = string> {
  readonly type: "words";
  readonly choices?: readonly C[];
  /** Other words for the same: `q8` for `int8`. */
  readonly synonyms?: Readonly<Record<string, string>>;
  /** `--name` alone is true: all of them. */
  readonly orAll?: boolean;
}

/** Several files, each an argument of its own on the command line. */
interface FilesForm {
  readonly type: "files";
}

/** Texts by name, `name=text,name=text` on the command line. */
interface MapForm {
  readonly type: "map";
}

/** Lowest and highest of something, `low,high` on the command line. */
interface RangeForm {
  readonly type: "range";
}

/** One text, or texts by name as `query="query: ",document="passage: "`: commas and spaces belong to the texts. */
interface PromptsForm {
  readonly type: "prompts";
}

/** An object that only files of options and the library can give; what reads it checks it. */
interface ObjectForm {
  readonly type: "object";
}

/** What values an option takes. */
export type ValueForm =
  | NumberForm
  | IntegerForm
  | BooleanForm
  | ChoiceForm
  | NumbersForm
  | TextForm
  | WordsForm
  | FilesForm
  | MapForm
  | RangeForm
  | PromptsForm
  | ObjectForm;

export interface NumberOption extends NumberForm, Defaulted<number> {}
interface IntegerOption extends IntegerForm, Defaulted<number> {}
export interface BooleanOption extends BooleanForm, Defaulted<boolean> {}
export interface ChoiceOption<C extends string = string> extends ChoiceForm<C>, Defaulted<C> {}
interface NumbersOption extends NumbersForm, Defaulted<readonly number[]> {}

/** An option that always has a value, as those of objectives. */
export type OptionSpec =
  | NumberOption
  | IntegerOption
  | BooleanOption
  | ChoiceOption
  | NumbersOption;

/** Any option: with a default, or one that may be left out. */
export type AnyOption = ValueForm & (Defaulted<unknown> | Optional);

/** Options by camelCase name. */
export type OptionTable = Readonly<Record<string, OptionSpec>>;

/** Any options by camelCase name. */
export type AnyTable = Readonly<Record<string, AnyOption>>;

export type OptionValue = number | boolean | string | readonly number[];

/** The resolved values of a table: every option present. */
export type OptionValues = Readonly<Record<string, OptionValue>>;

type WordsOf<S> = S extends { readonly choices: readonly (infer C)[] } ? C : string;

type ValueOf<S> =
  S extends ChoiceForm<infer C>
    ? C
    : S extends BooleanForm
      ? boolean
      : S extends NumbersForm
        ? readonly number[]
        : S extends TextForm
          ? string | (S extends { readonly several: true } ? readonly string[] : never)
          : S extends WordsForm
            ? readonly WordsOf<S>[] | (S extends { readonly orAll: true } ? true : never)
            : S extends FilesForm
              ? readonly string[]
              : S extends MapForm
                ? Readonly<Record<string, string>>
                : S extends RangeForm
                  ? readonly [number, number]
                  : S extends PromptsForm
                    ? string | Readonly<Record<string, string>>
                    : S extends ObjectForm
                      ? object
                      : S extends { readonly words: readonly (infer W)[] }
                        ? number | W
                        : number;

/** Names of the options that have a value in any case. */
type Certain<T> = {
  [N in keyof T]: T[N] extends Defaulted<unknown> | { readonly required: true } ? N : never;
}[keyof T];

/** The type of a table's resolved values. Options that may be left out are optional. */
export type OptionsOf<T extends AnyTable> = { readonly [N in Certain<T>]: ValueOf<T[N]> } & {
  readonly [N in Exclude<keyof T, Certain<T>>]?: ValueOf<T[N]> | undefined;
};

/** Names of the options that must be given. */
type Needed<T> = { [N in keyof T]: T[N] extends { readonly required: true } ? N : never }[keyof T];

/** What a caller gives of a table: all but the required may be left out. */
export type GivenOf<T extends AnyTable> = { readonly [N in Needed<T>]: ValueOf<T[N]> } & {
  readonly [N in Exclude<keyof T, Needed<T>>]?: ValueOf<T[N]> | undefined;
};

/** `hardNegativeWeight` → `hard-negative-weight`. */
export function kebabCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `hard-negative-weight` → `hardNegativeWeight`; a camelCase name stays as it is. */
export function camelCase(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** Name on the command line, without the dashes. */
export function flagOf(name: string, spec: { readonly flag?: string }): string {
  return spec.flag ?? kebabCase(name);
}
