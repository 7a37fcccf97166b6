/** Where in a user's file something was found. */
export interface Location {
  readonly file: string;
  /** 1-based line of the file, where it is known. */
  readonly line?: number;
}

interface UserErrorOptions {
  /** 2: the command line is wrong (unknown name, bad value); 1: the contents of a file are; 3: figures are worse than was asked for. Default 1. */
  readonly exitCode?: 1 | 2 | 3;
  readonly at?: Location | undefined;
  /** What to do about it, one sentence. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/**
 * Something the user can mend. The message is one lower-case sentence that names the thing, what was got and
 * what was expected: `column "score" must be a number, got "abc"`. `code` is stable and kebab-case
 * (`missing-column`), for programs that use the library.
 */
export class UserError extends Error {
  readonly code: string;
  readonly exitCode: 1 | 2 | 3;
  readonly at: Location | undefined;
  readonly hint: string | undefined;

  constructor(code: string, message: string, options: UserErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "UserError";
    this.code = code;
    this.exitCode = options.exitCode ?? 1;
    this.at = options.at;
    this.hint = options.hint;
  }
}

/** A UserError about the command line or an option (exit code 2). */
export function usageError(code: string, message: string, hint?: string): UserError {
  return new UserError(code, message, { exitCode: 2, hint });
}

/** `data/train.csv:17` or `data/train.csv`. */
export function formatLocation(at: Location): string {
  return at.line === undefined ? at.file : `${at.file}:${at.line}`;
}

/** The two lines shown to a user: `error: data/train.csv:17: message` and `hint:  …`. */
export function formatError(error: UserError): string {
  const where = error.at === undefined ? "" : `${formatLocation(error.at)}: `;
  const hint = error.hint === undefined ? "" : `\nhint:  ${error.hint}`;
  return `error: ${where}${error.message}${hint}`;
}
