/**
 * Every option has a type, a default, a description, and on the command line the kebab-case form of its name unless
 * `flag` says otherwise.
 */
interface Described<D> {
  readonly default: D;
  readonly description: string;
  /** Name on the command line, where it is not the kebab-case form of the option's name. */
  readonly flag?: string;
}

/** A real number: above (exclusive) or from `min` (inclusive), up to `max` (inclusive) or below `below`. */
export interface NumberOption extends Described<number> {
  readonly type: "number";
  readonly above?: number;
  readonly min?: number;
  readonly max?: number;
  readonly below?: number;
}

/** A whole number from `min`. */
export interface IntegerOption extends Described<number> {
  readonly type: "integer";
  readonly min: number;
}

/** Yes or no; `--name` and `--no-name` on the command line. */
export interface BooleanOption extends Described<boolean> {
  readonly type: "boolean";
}

/** One of a list of words. */
export interface ChoiceOption<C extends string = string> extends Described<C> {
  readonly type: "choice";
  readonly choices: readonly C[];
}

/** A list of numbers, `256,128,64` on the command line; empty means not used. */
export interface NumbersOption extends Described<readonly number[]> {
  readonly type: "numbers";
  readonly element: IntegerOption | NumberOption;
}

export type OptionSpec =
  | NumberOption
  | IntegerOption
  | BooleanOption
  | ChoiceOption
  | NumbersOption;

/** Options by camelCase name. */
export type OptionTable = Readonly<Record<string, OptionSpec>>;

export type OptionValue = number | boolean | string | readonly number[];

/** The resolved values of a table: every option present. */
export type OptionValues = Readonly<Record<string, OptionValue>>;

type ValueOf<S> =
  S extends ChoiceOption<infer C>
    ? C
    : S extends BooleanOption
      ? boolean
      : S extends NumbersOption
        ? readonly number[]
        : number;

/** The type of a table's resolved values. */
export type OptionsOf<T extends OptionTable> = { readonly [Name in keyof T]: ValueOf<T[Name]> };

/** `hardNegativeWeight` → `hard-negative-weight`. */
export function kebabCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `hard-negative-weight` → `hardNegativeWeight`; a camelCase name stays as it is. */
export function camelCase(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** What a value must be: `a number above 0`, `one of cosine, dot`. */
export function expected(spec: OptionSpec): string {
  switch (spec.type) {
    case "boolean":
      return "true or false";
    case "choice":
      return `one of ${spec.choices.join(", ")}`;
    case "numbers":
      return `a list of values, each ${expected(spec.element)}`;
    case "integer":
      return `a whole number from ${spec.min}`;
    case "number":
      return `a number${numberRange(spec)}`;
  }
}

function numberRange(spec: NumberOption): string {
  const low =
    spec.above !== undefined
      ? ` above ${spec.above}`
      : spec.min !== undefined
        ? ` from ${spec.min}`
        : "";
  const high =
    spec.below !== undefined
      ? ` below ${spec.below}`
      : spec.max !== undefined
        ? ` up to ${spec.max}`
        : "";
  return low !== "" && high !== "" ? `${low} and${high}` : low + high;
}

/** Whether `value` has the option's type and lies in its range. */
export function accepts(spec: OptionSpec, value: unknown): value is OptionValue {
  switch (spec.type) {
    case "boolean":
      return typeof value === "boolean";
    case "choice":
      return typeof value === "string" && spec.choices.includes(value);
    case "numbers":
      return Array.isArray(value) && value.every((x) => accepts(spec.element, x));
    case "integer":
      return Number.isSafeInteger(value) && (value as number) >= spec.min;
    case "number":
      return typeof value === "number" && Number.isFinite(value) && inRange(spec, value);
  }
}

function inRange(spec: NumberOption, value: number): boolean {
  return (
    (spec.above === undefined || value > spec.above) &&
    (spec.min === undefined || value >= spec.min) &&
    (spec.below === undefined || value < spec.below) &&
    (spec.max === undefined || value <= spec.max)
  );
}
