import { UserError } from "../../errors/user-error.js";
import { contentOf } from "./column-content.js";
import type { ContentSearch } from "./content-roles.js";
import { shellName } from "./resolve-columns.js";
import { normalName } from "./role-names.js";

/** Names of columns that count, order or part rows, or describe them: never a judgment of the texts. */
const bookkeeping =
  /^(.*(fold|split|votes?|years?|ids?|idx|index|count|counts|length|len|tokens|time|date|day|month|age|page|position|rank|line|row|number|num|nr|no|size|version|batch|seed|worker|annotators?|annotator\d*|duration|seconds|price))$|^(column\d+|unnamed.*|n[a-z]*words|upvotes.*|downvotes.*|partition|part|source|lang.*|helpful.*)$/;

/** A column that may judge the texts. */
interface Undecided {
  readonly column: string;
  /** `label=same`, as `--columns` takes it. */
  readonly entry: string;
  readonly role: "label" | "score";
  /** `0 and 1`. */
  readonly values: string;
}

/**
 * A column of 0/1 or of a usual scale under a name that says nothing, beside texts that have neither score, label nor negatives, may be what
 * says whether they belong together. One such column is refused with the commands that settle it; of several none is taken.
 * UserError: undecided-column.
 */
export function refuseUndecided(search: ContentSearch): void {
  const found = undecided(search);
  if (found === undefined) return;
  const { column, entry, role, values } = found;
  throw new UserError(
    "undecided-column",
    `column "${column}" holds ${values}, and its name does not say whether it is the ${role} of the texts`,
    {
      at: { file: search.file },
      hint: `if it is: --columns ${entry}; if it is not to be used: --columns ${role}=`,
    },
  );
}

/** The same column where --columns has named the texts and no other is used: what that means, in a sentence. */
export function undecidedNote(search: ContentSearch): string | undefined {
  const found = search.held.text === undefined ? undecided(search) : undefined;
  if (found === undefined) return undefined;
  const { column, entry, role, values } = found;
  return `column "${column}" holds ${values} and is not used: every row counts as texts that belong together; if it judges them, add ${entry} to --columns, if not, ${role}=`;
}

function undecided(search: ContentSearch): Undecided | undefined {
  const { names, columns, held, unwanted } = search;
  const pair = held.anchor !== undefined && held.positive !== undefined;
  if (!pair && held.text === undefined) return undefined;
  if (held.score !== undefined || held.label !== undefined || held.negatives.length > 0)
    return undefined;
  if (unwanted.has("label") || unwanted.has("score")) return undefined;
  const taken = new Set(Object.values(held).flat());
  const candidates = names.flatMap((name, index) => {
    if (taken.has(index) || bookkeeping.test(normalName(name))) return [];
    const { judgment } = contentOf(columns[index]);
    return judgment === undefined ? [] : [{ index, judgment }];
  });
  const [only] = candidates;
  if (candidates.length !== 1 || (!pair && only.judgment !== "binary")) return undefined;
  const role = only.judgment === "scale" && pair ? "score" : "label";
  const values = { binary: "0 and 1", relation: "relations", scale: "numbers of a usual scale" }[
    only.judgment
  ];
  const column = names[only.index];
  return { column, entry: `${role}=${shellName(names, only.index)}`, role, values };
}
