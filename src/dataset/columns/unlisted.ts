import { UserError } from "../../errors/user-error.js";
import { contentOf } from "./column-content.js";
import type { ContentSearch } from "./content-roles.js";
import { shellName } from "./resolve-columns.js";
import { normalName } from "./role-names.js";

/** Names of columns that count, order or part rows, or describe them: never a judgment of the texts. */
const bookkeeping =
  /^(.*(fold|split|votes?|years?|ids?|idx|index|count|counts|length|len|tokens|time|date|day|month|age|page|position|rank|line|row|number|num|nr|no|size|version|batch|seed|worker|annotators?|annotator\d*|duration|seconds|price))$|^(column\d+|unnamed.*|n[a-z]*words|upvotes.*|downvotes.*|partition|part|source|lang.*|helpful.*)$/;

/**
 * A column of 0/1 or of a usual scale under a name that says nothing, beside texts that have neither score, label nor negatives, may be what
 * says whether they belong together. One such column is refused with the commands that settle it; of several none is taken.
 * UserError: undecided-column.
 */
export function refuseUndecided(search: ContentSearch): void {
  const { names, columns, held, unwanted, file } = search;
  const pair = held.anchor !== undefined && held.positive !== undefined;
  if (!pair && held.text === undefined) return;
  if (held.score !== undefined || held.label !== undefined || held.negatives.length > 0) return;
  if (unwanted.has("label") || unwanted.has("score")) return;
  const taken = new Set(Object.values(held).flat());
  const candidates = names.flatMap((name, index) => {
    if (taken.has(index) || bookkeeping.test(normalName(name))) return [];
    const { judgment } = contentOf(columns[index]);
    return judgment === undefined ? [] : [{ index, judgment }];
  });
  const [only] = candidates;
  if (candidates.length !== 1 || (!pair && only.judgment !== "binary")) return;
  const role = only.judgment === "scale" && pair ? "score" : "label";
  const what = { binary: "0 and 1", relation: "relations", scale: "numbers of a usual scale" }[
    only.judgment
  ];
  throw new UserError(
    "undecided-column",
    `column "${names[only.index]}" holds ${what}, and its name does not say whether it is the ${role} of the texts`,
    {
      at: { file },
      hint: `if it is: --columns ${role}=${shellName(names, only.index)}; if it is not to be used: --columns ${role}=`,
    },
  );
}
