import { suggestion } from "../errors/suggest.js";
import { type UserError, usageError } from "../errors/user-error.js";
import {
  type AnyTable,
  flagOf,
  type GivenOf,
  type IntegerForm,
  type NumberForm,
  type OptionSpec,
  type OptionsOf,
  type OptionValue,
  type ValueForm,
} from "../options/option.js";

/** What a value must be: `a number above 0`, `one of cosine, dot`. */
export function expected(form: ValueForm): string {
  switch (form.type) {
    case "boolean":
      return "true or false";
    case "choice":
      return `one of ${form.choices.join(", ")}`;
    case "numbers":
      return `a list of values, each ${expected(form.element)}`;
    case "integer":
      return [
        `a whole number from ${form.min}${form.max === undefined ? "" : ` up to ${form.max}`}`,
        ...(form.words ?? []),
      ].join(" or ");
    case "number":
      return [
        `a number${numberRange(form)}`,
        ...(form.share === true ? ["a share (5%)"] : []),
        ...(form.words ?? []),
      ].join(" or ");
    case "text":
      return form.expected ?? "a text";
    case "words":
      return form.choices === undefined
        ? "names, as a,b"
        : `names, as a,b, of ${form.choices.join(", ")}`;
    case "files":
      return "files";
    case "map":
      return "texts by name, as name=text,name=text";
    case "range":
      return "two numbers, low,high, for example 0,5";
    case "prompts":
      return 'a text, or texts by name, as query="query: ",document="passage: "';
    case "object":
      return "an object";
  }
}

function numberRange(form: NumberForm): string {
  const low =
    form.above !== undefined
      ? ` above ${form.above}`
      : form.min !== undefined
        ? ` from ${form.min}`
        : "";
  const high =
    form.below !== undefined
      ? ` below ${form.below}`
      : form.max !== undefined
        ? ` up to ${form.max}`
        : "";
  return low !== "" && high !== "" ? `${low} and${high}` : low + high;
}

/** Whether `value` has the option's type and lies in its range. */
export function accepts(form: OptionSpec, value: unknown): value is OptionValue;
export function accepts(form: ValueForm, value: unknown): boolean;
export function accepts(form: ValueForm, value: unknown): boolean {
  switch (form.type) {
    case "boolean":
      return typeof value === "boolean";
    case "choice":
      return form.choices.includes(canonical(form, value) as string);
    case "numbers":
      return Array.isArray(value) && value.every((x) => accepts(form.element, x));
    case "integer":
      if (typeof value === "string") return form.words?.includes(value) === true;
      return Number.isSafeInteger(value) && Number(value) >= form.min && isBelow(form, value);
    case "number":
      if (typeof value === "string")
        return isShare(form, value) || form.words?.includes(value) === true;
      return typeof value === "number" && Number.isFinite(value) && inRange(form, value);
    case "text":
      if (form.several === true && Array.isArray(value)) return areWords(value, undefined);
      return typeof value === "string" && (form.pattern?.test(value) ?? true);
    case "words":
      return (
        (value === true && form.orAll === true) || areWords(canonical(form, value), form.choices)
      );
    case "files":
      return areWords(value, undefined);
    case "map":
      return areTexts(value);
    case "range":
      return Array.isArray(value) && isRange(value);
    case "prompts":
      return typeof value === "string" || areTexts(value);
    case "object":
      return true;
  }
}

function isShare({ share }: NumberForm, text: string): boolean {
  return share === true && /^(\d+\.?\d*|\.\d+)%$/.test(text);
}

function isBelow({ max = Number.MAX_SAFE_INTEGER }: IntegerForm, value: unknown): boolean {
  return Number(value) <= max;
}

function inRange(form: NumberForm, value: number): boolean {
  return (
    (form.above === undefined || value > form.above) &&
    (form.min === undefined || value >= form.min) &&
    (form.below === undefined || value < form.below) &&
    (form.max === undefined || value <= form.max)
  );
}

function areWords(value: unknown, choices: readonly string[] | undefined): boolean {
  if (!Array.isArray(value)) return false;
  return value.every((x) => typeof x === "string" && (choices?.includes(x) ?? true));
}

function areTexts(value: unknown): boolean {
  return isObject(value) && Object.values(value).every((text) => typeof text === "string");
}

function isRange(value: readonly unknown[]): boolean {
  const [low, high] = value;
  if (value.length !== 2 || !Number.isFinite(low) || !Number.isFinite(high)) return false;
  return Number(low) < Number(high);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What does not fit an option: `must be one of a, b, got "c"`. */
export function misfit(form: ValueForm, value: unknown): string {
  return `must be ${expected(form)}, got ${JSON.stringify(value) ?? String(value)}`;
}

/** The nearest of the words that an option takes, where it takes words. */
export function hintFor(form: ValueForm, value: unknown): string | undefined {
  if (form.type === "choice" && typeof value === "string") return suggestion(value, form.choices);
  if (form.type === "text" && form.examples !== undefined && typeof value === "string")
    return suggestion(value, form.examples);
  if (form.type !== "words" || form.choices === undefined || !Array.isArray(value))
    return undefined;
  const { choices } = form;
  const wrong: unknown = value.find((word) => !choices.includes(word));
  return typeof wrong === "string" ? suggestion(wrong, choices) : undefined;
}

/**
 * Refuses names that the table of `owner` has not and values that do not fit. Undefined counts as not given. Usage errors: unknown-option,
 * missing-option, bad-option.
 */
export function requireFitting(table: AnyTable, given: object, owner: string): void {
  const values = new Map(Object.entries<unknown>({ ...given }));
  for (const [name, value] of values) {
    if (value === undefined) continue;
    if (!Object.hasOwn(table, name)) throw unknownName(name, Object.keys(table), owner);
    const spec = table[name];
    if (!accepts(spec, value)) throw badValue(flagOf(name, spec), spec, value);
  }
  for (const [name, spec] of Object.entries(table)) {
    if (spec.default !== undefined || !spec.required || values.get(name) !== undefined) continue;
    throw missingOption(owner, name, spec);
  }
}

/** `--keep must be a whole number from 1, got 0`. */
function badValue(flag: string, form: ValueForm, value: unknown): UserError {
  return usageError("bad-option", `--${flag} ${misfit(form, value)}`, hintFor(form, value));
}

/** `train needs --out (out in code): run folder`. */
function missingOption(owner: string, name: string, spec: AnyTable[string]): UserError {
  const what = `--${flagOf(name, spec)} (${name} in code): ${spec.description}`;
  return usageError("missing-option", `${owner} needs ${what}`);
}

function unknownName(name: string, names: readonly string[], owner: string): UserError {
  return usageError("unknown-option", `${owner} has no option "${name}"`, suggestion(name, names));
}

/** What is given of a table, checked as `requireFitting` does, with the defaults of the rest. */
export function resolveGiven<T extends AnyTable>(
  table: T,
  given: GivenOf<T>,
  owner: string,
): OptionsOf<T> {
  requireFitting(table, given, owner);
  const defaults = Object.entries(table).filter(([, spec]) => spec.default !== undefined);
  const values = Object.entries<unknown>(given)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, canonical(table[name], value)]);
  return Object.fromEntries([
    ...defaults.map(([name, spec]) => [name, spec.default]),
    ...values,
  ]) as OptionsOf<T>;
}

/** The words that synonyms stand for. */
export function canonical(form: ValueForm, value: unknown): unknown {
  if (form.type !== "choice" && form.type !== "words") return value;
  const word = (one: unknown): unknown =>
    typeof one === "string" ? (form.synonyms?.[one] ?? one) : one;
  return Array.isArray(value) ? value.map(word) : word(value);
}
