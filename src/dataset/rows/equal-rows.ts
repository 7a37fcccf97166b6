import { UserError } from "../../errors/user-error.js";
import { textsOfRow } from "./convert.js";
import type { Dataset } from "./row-types.js";

/** Throws UserError `equal-rows` where every row holds the same texts: nothing can be told apart, learnt or measured. */
export function requireDifferentRows({ rows, account }: Dataset): void {
  if (rows.length < 2) return;
  const [first, ...others] = rows;
  const known = textsOfRow(first);
  const same = others.every((row) => {
    const texts = textsOfRow(row);
    return texts.length === known.length && texts.every((text, i) => text === known[i]);
  });
  if (!same) return;
  const what = known.length === 1 ? "the same text" : "the same texts";
  throw new UserError(
    "equal-rows",
    `all ${rows.length} rows hold ${what}, expected some that differ`,
    {
      at: { file: account.file },
      hint: "check which columns are read: embtune data inspect FILE",
    },
  );
}
