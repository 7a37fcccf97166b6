import { findLeaks } from "../dataset/leaks.js";
import type { Dataset } from "../dataset/rows/row-types.js";
import { UserError } from "../errors/user-error.js";
import type { TrainSettings } from "./settings.js";

/** Says which texts are on both sides, and leaves their training rows out when asked to. UserError: all-rows-dropped. */
export function withoutLeaks(
  { dropLeaks }: Pick<TrainSettings, "dropLeaks">,
  data: Dataset,
  measuring: Dataset,
): { readonly train: Dataset; readonly notes: readonly string[] } {
  const leaks = findLeaks(data, measuring);
  if (leaks === undefined) return { train: data, notes: [] };
  const { texts, rows, line, rest } = leaks;
  const what = `${rows} training rows (first on line ${line}) share ${texts} texts with ${measuring.account.file}`;
  if (!dropLeaks) {
    const advice = "figures on them are too good; --drop-leaks leaves these rows out";
    return { train: data, notes: [`${what}: ${advice}`] };
  }
  if (rest.rows.length > 0) return { train: rest, notes: [`${what} and are left out`] };
  throw new UserError(
    "all-rows-dropped",
    `every row shares a text with ${measuring.account.file}`,
    {
      at: { file: data.account.file },
      hint: "measure on other data, or leave --drop-leaks out",
    },
  );
}
