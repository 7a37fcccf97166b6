import { findLeaks } from "../../dataset/leaks.js";
import type { Dataset } from "../../dataset/rows/row-types.js";
import { UserError } from "../../errors/user-error.js";
import type { TrainSettings } from "../options/settings.js";

/** As `withoutLeaks` for each file; of several each note names its own. */
export function withoutLeaksOfFiles(
  settings: Pick<TrainSettings, "dropLeaks">,
  datasets: readonly Dataset[],
  measuring: Dataset,
): { readonly trains: readonly Dataset[]; readonly notes: readonly string[] } {
  const each = datasets.map((data) => withoutLeaks(settings, data, measuring));
  const notes = each.flatMap((one, i) => {
    const where = datasets.length === 1 ? "" : `${datasets[i]?.account.file}: `;
    return one.notes.map((note) => where + note);
  });
  return { trains: each.map(({ train }) => train), notes };
}

/** The rows without those that share a text with rows held out of other files. UserError: all-rows-dropped. */
export function withoutHeldOut(data: Dataset, others: readonly Dataset[]): WithoutLeaks {
  return leftOutFor(data, others, "rows held out of other files");
}

/** The rows without those that share a text with others; `what` says which. UserError: all-rows-dropped. */
export function leftOutFor(data: Dataset, others: readonly Dataset[], what: string): WithoutLeaks {
  let train = data;
  let rows = 0;
  for (const other of others) {
    const leaks = findLeaks(train, other);
    if (leaks === undefined) continue;
    train = leaks.rest;
    rows += leaks.rows;
  }
  if (rows === 0) return { train, notes: [] };
  if (train.rows.length > 0)
    return {
      train,
      notes: [`${rows} rows share texts with ${what} and are left out`],
    };
  throw new UserError("all-rows-dropped", `every row shares a text with ${what}`, {
    at: { file: data.account.file },
    hint: "measure on other data: --eval FILE",
  });
}

interface WithoutLeaks {
  readonly train: Dataset;
  readonly notes: readonly string[];
}

/** Says which texts are on both sides, and leaves their training rows out when asked to. UserError: all-rows-dropped. */
function withoutLeaks(
  { dropLeaks }: Pick<TrainSettings, "dropLeaks">,
  data: Dataset,
  measuring: Dataset,
): WithoutLeaks {
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
