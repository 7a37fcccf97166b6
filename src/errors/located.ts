import { UserError } from "./user-error.js";

/** Runs `make`; a UserError that names no place is thrown again as one about `file`. Exit code and hint stay. */
export function inFile<T>(file: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof UserError) || error.at !== undefined) throw error;
    const { code, message, exitCode, hint } = error;
    throw new UserError(code, message, {
      exitCode,
      at: { file },
      cause: error,
      hint,
    });
  }
}
