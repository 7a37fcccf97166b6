import { type Command, InvalidArgumentError } from "commander";

/** Options that every command has. */
export interface CommonOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly debug?: boolean;
  readonly seed: number;
  readonly threads?: number;
}

/** Options that name the model to use. */
export interface ModelOptions {
  readonly model?: string;
  readonly allowDownload?: boolean;
  readonly maxLength?: number;
  readonly pooling?: string;
}

/** Adds the options that every command has. */
export function withCommonOptions(command: Command): Command {
  return command
    .option("--seed <n>", "seed of everything random", wholeNumber(0), 42)
    .option(
      "--threads <n>",
      "threads for matrix products (default: the machine's cores)",
      wholeNumber(1),
    )
    .option("--json", "print the result as one JSON document")
    .option("--quiet", "no progress and no remarks, only results and errors")
    .option("--debug", "show the stack of an error");
}

/** Adds the options that name the model to use. */
export function withModelOptions(command: Command): Command {
  command.option(
    "--model <model>",
    "model folder, run folder or hub id org/name (default: the bundled embtune-mini-en)",
  );
  return withModelSettings(command);
}

/** Adds the options that say how to take a model, for commands whose argument names it. */
export function withModelSettings(command: Command): Command {
  return command
    .option("--allow-download", "let a model org/name be fetched from the hub")
    .option(
      "--max-length <n>",
      "most tokens a text may have (default: what the model says)",
      wholeNumber(3),
    )
    .option(
      "--pooling <name>",
      "pooling, where the model folder does not say: mean, cls, last, max, weightedmean, mean_sqrt_len_tokens, or several joined by +",
    );
}

/** A parser of whole numbers of at least `least`. */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\s*$/.test(text) || !Number.isInteger(value) || value < least) {
      throw new InvalidArgumentError(`It must be a whole number of at least ${least}.`);
    }
    return value;
  };
}

/** A parser of numbers within [least, most]; `open` excludes the lower end. */
export function numberWithin(
  least: number,
  most = Number.POSITIVE_INFINITY,
  open = false,
): (text: string) => number {
  return (text) => {
    const value = Number(text);
    const inside = open ? value > least : value >= least;
    if (/^\s*$/.test(text) || !Number.isFinite(value) || !inside || value > most) {
      const above = open ? `above ${least}` : `of at least ${least}`;
      const below = most === Number.POSITIVE_INFINITY ? "" : ` and at most ${most}`;
      throw new InvalidArgumentError(`It must be a number ${above}${below}.`);
    }
    return value;
  };
}

/** Parses `role=column,role=column`. */
export function mapping(text: string): Record<string, string> {
  const entries = text.split(",").map((part) => {
    const at = part.indexOf("=");
    if (at < 1) {
      throw new InvalidArgumentError(`"${part}" is not of the form name=value.`);
    }
    return [part.slice(0, at).trim(), part.slice(at + 1).trim()] as const;
  });
  return Object.fromEntries(entries);
}

/** Parses `low,high`. */
export function scoreRange(text: string): readonly [number, number] {
  const numbers = text.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  const [low = Number.NaN, high = Number.NaN] = numbers;
  if (numbers.length !== 2 || !Number.isFinite(low) || !Number.isFinite(high) || low >= high)
    throw new InvalidArgumentError("It must be two numbers, low,high, for example 0,5.");
  return [low, high];
}
