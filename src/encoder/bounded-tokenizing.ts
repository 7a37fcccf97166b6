import { createContext, Script } from "node:vm";
import { UserError } from "../errors/user-error.js";
import { isObject } from "../files/json-file.js";

/** Milliseconds that any text may take, and that each of its characters adds. */
const LEAST = 1000;
const PER_CHARACTER = 0.01;

/** A quantifier behind a group: only such patterns can take exponential time. */
const REPEATED_GROUP = /\)(?:[*+]|\{\d+,?\d*\})/;

/**
 * `tokenize`, or the same with a limit on its time where tokenizer.json (`content`) has a regular expression that may take
 * exponential time, as `^(a+)+$` does. The limit holds while the expression runs, so that no text can keep the thread for itself.
 * Then UserError `slow-tokenizer` names `file`.
 */
export function boundedTokenizing(
  tokenize: (text: string) => number[],
  content: unknown,
  file: string,
): (text: string) => number[] {
  if (!patternsIn(content).some((pattern) => REPEATED_GROUP.test(pattern))) return tokenize;
  const context = createContext({ run: () => undefined });
  const script = new Script("run()");
  return (text) => {
    let ids: number[] = [];
    context.run = () => {
      ids = tokenize(text);
    };
    const timeout = Math.ceil(LEAST + PER_CHARACTER * text.length);
    try {
      script.runInContext(context, { timeout });
    } catch (error) {
      if (!isTimeout(error)) throw error;
      throw tooSlow(text, timeout, file);
    }
    return ids;
  };
}

/** Every `{"Regex": pattern}` of a tokenizer.json. */
function patternsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(patternsIn);
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === "Regex" && typeof inner === "string" ? [inner] : deeper(key, inner),
  );
}

/** The vocabulary, most of the file, has no patterns. */
function deeper(key: string, value: unknown): string[] {
  return key === "model" || key === "added_tokens" ? [] : patternsIn(value);
}

function isTimeout(error: unknown): boolean {
  return (error as NodeJS.ErrnoException)?.code === "ERR_SCRIPT_EXECUTION_TIMEOUT";
}

function tooSlow(text: string, milliseconds: number, file: string): UserError {
  const start = text.length > 40 ? `${text.slice(0, 40)}…` : text;
  return new UserError(
    "slow-tokenizer",
    `a regular expression takes more than ${milliseconds} ms for a text of ${text.length} characters, "${start}"`,
    {
      at: { file },
      hint: "it takes exponential time: leave out the text, or use a model with another tokenizer",
    },
  );
}
