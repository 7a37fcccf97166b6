import { UserError } from "./user-error.js";

/** The error for the number of a token that a model's table has no row for. */
export function beyondTable(id: number, rows: number): UserError {
  return new UserError(
    "token-beyond-table",
    `the tokenizer gives token ${id}, and the model's table has ${rows} rows`,
    { hint: "tokenizer.json belongs to another model: copy the one that came with the weights" },
  );
}
