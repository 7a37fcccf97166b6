import { UserError } from "../../errors/user-error.js";
import type { JsonObject } from "../../files/json-file.js";
import { changesNothing } from "./neutral-fields.js";

/**
 * The fields of a config.json, each marked as known when it is asked for. Of several names, older ones behind newer ones, the
 * first that is there counts. What an architecture has never asked for cannot have been heeded: `refuseUnknown` names it.
 */
export interface ConfigFields {
  readonly file: string;
  /** A whole number above zero; `fallback` where there is none, without it a UserError. */
  readonly size: (names: string | readonly string[], fallback?: number) => number;
  readonly number: (names: string | readonly string[], fallback: number) => number;
  /** A number or undefined, where the field is absent or null. */
  readonly optional: (name: string) => number | undefined;
  readonly text: (names: string | readonly string[], fallback: string) => string;
  readonly flag: (names: string | readonly string[], fallback: boolean) => boolean;
  /** Any value, to be looked at by the caller. */
  readonly raw: (name: string) => unknown;
  /** Refuses the field unless it is absent, null or one of these. */
  readonly only: (name: string, ...allowed: readonly unknown[]) => void;
  /** Names of the sizes that were asked for and had this value. */
  readonly namesOf: (size: number) => readonly string[];
  /** Refuses the file if it has a field that was not asked for and that may change vectors. */
  readonly refuseUnknown: () => void;
}

/** Bounds on what decides how much is built: far above every model there is, far below what no machine could hold. */
const MOST = 16_777_216;
const MOST_LAYERS = 1024;
const LAYERS = /(^|_)layers?$/;

type Names = string | readonly string[];

/** Reads the fields of config.json. Values of a wrong kind are UserErrors `bad-config`, unknown fields `unknown-config-field`. */
export function configFields(config: JsonObject, file: string): ConfigFields {
  const asked = new Set<string>();
  const sizes = new Map<string, number>();
  const find = (names: Names): readonly [name: string, value: unknown] => {
    const all = [names].flat();
    for (const name of all) asked.add(name);
    const name = all.find((one) => config[one] !== undefined && config[one] !== null) ?? all[0];
    return [name, config[name] ?? undefined];
  };
  const typed = <T>(names: Names, fallback: T, kind: Kind<T>): T => {
    const [name, value] = find(names);
    if (value === undefined) return fallback;
    if (kind.is(value)) return value;
    throw badField(file, name, `must be ${kind.name}, got ${JSON.stringify(value)}`);
  };
  const size = (names: Names, fallback?: number): number => {
    const value = typed<number | undefined>(names, fallback, WHOLE);
    const [name, given] = find(names);
    if (value === undefined) throw badField(file, name, `must be ${WHOLE.name}, got nothing`);
    const most = LAYERS.test(name) ? MOST_LAYERS : MOST;
    if (value > most) throw badField(file, name, `must be at most ${most}, got ${value}`);
    if (given !== undefined) sizes.set(name, value);
    return value;
  };
  const only = (name: string, ...allowed: readonly unknown[]): void => {
    const [, value] = find(name);
    if (value !== undefined && !allowed.includes(value)) throw unsupported(file, name, value);
  };
  return {
    file,
    size,
    number: (names, fallback) => typed(names, fallback, NUMBER),
    optional: (name) => typed<number | undefined>(name, undefined, NUMBER),
    text: (names, fallback) => typed(names, fallback, TEXT),
    flag: (names, fallback) => typed(names, fallback, FLAG),
    raw: (name) => find(name)[1],
    only,
    namesOf: (value) => [...sizes].filter(([, own]) => own === value).map(([name]) => name),
    refuseUnknown: () => {
      const unknown = Object.entries(config).find(
        ([name, value]) => !asked.has(name) && !changesNothing(name, value),
      );
      if (unknown !== undefined) throw unsupported(file, ...unknown);
    },
  };
}

interface Kind<T> {
  readonly name: string;
  readonly is: (value: unknown) => value is NonNullable<T>;
}

const NUMBER: Kind<number> = {
  name: "a number",
  is: (value): value is number => typeof value === "number" && Number.isFinite(value),
};
const WHOLE: Kind<number | undefined> = {
  name: "a whole number above zero",
  is: (value): value is number => Number.isSafeInteger(value) && (value as number) > 0,
};
const TEXT: Kind<string> = {
  name: "a text",
  is: (value): value is string => typeof value === "string",
};
const FLAG: Kind<boolean> = {
  name: "true or false",
  is: (value): value is boolean => typeof value === "boolean",
};

/** The error about a field of config.json. */
export function badField(file: string, name: string, problem: string): UserError {
  return new UserError("bad-config", `${name} ${problem}`, { at: { file } });
}

/** The error for a value that asks for a computation that is not known here. */
export function unsupported(file: string, name: string, value: unknown): UserError {
  const shown = JSON.stringify(value);
  return new UserError(
    "unknown-config-field",
    `asks for ${name} = ${shown.length > 80 ? `${shown.slice(0, 80)}…` : shown}, which is not known here`,
    {
      at: { file },
      hint: "if it does not change vectors take it out; otherwise export the model once: optimum-cli export onnx --task feature-extraction",
    },
  );
}
