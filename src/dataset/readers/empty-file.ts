import { UserError } from "../../errors/user-error.js";

/** The error for a file without any content. */
export function emptyFile(file: string): UserError {
  return new UserError("empty-file", "is empty", {
    at: { file },
    hint: "give a file with a header line and at least two rows",
  });
}
