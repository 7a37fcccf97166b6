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

/** How many rows differ from each other in their texts. */
function differentRows({ rows }: Dataset): number {
  return new Set(rows.map((row) => textsOfRow(row).join("\n"))).size;
}

/** What is said of rows of which at most every second one is new: repeats teach nothing more, and a small file looks large. */
export function repeatNotes(dataset: Dataset): string[] {
  const { rows, kind, account } = dataset;
  const different = differentRows(dataset);
  if (2 * different > rows.length) return [];
  const what =
    kind === "text" || kind === "classed"
      ? `only ${different} different texts among ${rows.length} rows`
      : `only ${different} of ${rows.length} rows differ in their texts`;
  return [
    `${what} of ${account.file}: that is all there is to learn and to tell apart, repeats add nothing; check which columns are read (--columns), or leave repeats out: embtune data prepare FILE --dedupe`,
  ];
}
