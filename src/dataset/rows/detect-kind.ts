import { UserError } from "../../errors/user-error.js";
import { missingColumn, type RoleColumns, shellName } from "../columns/resolve-columns.js";
import type { ColumnRole } from "../columns/role-names.js";
import type { LabelColumn } from "./labels.js";
import { conversionTo, type RowKind } from "./row-kinds.js";

const kinds: Readonly<
  Record<RowKind, { readonly needs: readonly ColumnRole[]; readonly name: string }>
> = {
  pair: { needs: ["anchor", "positive"], name: "pairs (anchor, positive)" },
  triplet: {
    needs: ["anchor", "positive", "negative"],
    name: "triplets (anchor, positive, negative)",
  },
  "labelled-pair": {
    needs: ["anchor", "positive", "label"],
    name: "labelled pairs (sentence1, sentence2, label 0/1)",
  },
  "scored-pair": {
    needs: ["anchor", "positive", "score"],
    name: "scored pairs (sentence1, sentence2, score)",
  },
  classed: { needs: ["text", "label"], name: "classed texts (text, label)" },
  nli: { needs: ["anchor", "positive", "label"], name: "NLI rows (premise, hypothesis, label)" },
  text: { needs: ["text"], name: "single texts (text)" },
};

/**
 * The kinds that the columns give without conversion, the likeliest first; empty when they give none. A pair with a label or score is
 * not a plain pair: its texts may be unlike.
 */
export function detectKinds(
  columns: RoleColumns,
  labels: LabelColumn | undefined,
): readonly RowKind[] {
  const { anchor, positive, negatives, score, label, text } = columns;
  if (anchor !== undefined && positive !== undefined) {
    const found: RowKind[] = negatives.length > 0 ? ["pair", "triplet"] : [];
    if (score !== undefined) found.push("scored-pair");
    if (labels !== undefined && labels.type !== "classes") found.push(kindOfLabels(labels));
    return found.length > 0 ? found : ["pair"];
  }
  if (text !== undefined) return label === undefined ? ["text"] : ["classed", "text"];
  return anchor === undefined ? [] : ["text"];
}

/** How a file's rows become what is wanted. */
export interface Plan {
  readonly from: RowKind;
  readonly to: RowKind;
  /** The conversion in words, when there is one. */
  readonly how?: string;
}

interface PlanContext {
  readonly file: string;
  readonly columnNames: readonly string[];
  readonly columns: RoleColumns;
  /** Names of objectives that can be trained on rows of a kind, for the error's hint. */
  readonly objectivesFor?: ((kind: RowKind) => readonly string[]) | undefined;
}

/**
 * The first wanted kind that the file has, else the first that its rows can be converted to; without a wish, the file's
 * likeliest kind. UserError: missing-column, wrong-row-kind (naming the objectives that fit).
 */
export function planRows(
  natural: readonly RowKind[],
  wanted: readonly RowKind[] | undefined,
  context: PlanContext,
): Plan {
  const [likeliest] = natural;
  if (likeliest === undefined) throw missing(wanted?.[0] ?? "pair", context) as UserError;
  if (wanted === undefined) return { from: likeliest, to: likeliest };
  const direct = wanted.find((kind) => natural.includes(kind));
  if (direct !== undefined) return { from: direct, to: direct };
  for (const from of natural) {
    const found = conversionTo(wanted, from);
    if (found !== undefined) return { from, ...found };
  }
  throw missing(wanted[0], context) ?? wrongKind(likeliest, wanted, context);
}

function kindOfLabels(labels: LabelColumn): RowKind {
  if (labels.type === "nli") return "nli";
  return labels.type === "binary" ? "labelled-pair" : "scored-pair";
}

/** The error for the first column that `kind` needs, unless the file is of another shape altogether. */
function missing(kind: RowKind, context: PlanContext): UserError | undefined {
  const { columns } = context;
  const has = (role: ColumnRole): boolean =>
    role === "negative" ? columns.negatives.length > 0 : columns[role] !== undefined;
  const absent = kinds[kind].needs.filter((role) => !has(role));
  const [first] = absent;
  if (first === undefined) return undefined;
  const otherShape =
    first === "text" ? has("anchor") && has("positive") : first === "anchor" && has("text");
  if (otherShape) return undefined;
  return missingColumn(first, context.columnNames, context.file);
}

/** The column that holds a role already, as `--columns` takes it; … where none does. */
function columnOf(role: ColumnRole, { columns, columnNames }: PlanContext): string {
  const index = role === "negative" ? columns.negatives[0] : columns[role];
  return index === undefined ? "…" : shellName(columnNames, index);
}

function wrongKind(found: RowKind, wanted: readonly RowKind[], context: PlanContext): UserError {
  const expected = wanted.map((kind) => kinds[kind].name).join(" or ");
  const fitting = context.objectivesFor?.(found) ?? [];
  const columns = context.columnNames.map((name) => `"${name}"`).join(", ");
  const naming = kinds[wanted[0]].needs
    .map((role) => `${role}=${columnOf(role, context)}`)
    .join(",");
  const [first, ...more] = fitting;
  const others = more.length > 0 ? ` (or ${more.join(", ")})` : "";
  const other =
    first === undefined ? "" : `train these rows with --objective ${first}${others}, or `;
  return new UserError(
    "wrong-row-kind",
    `holds ${kinds[found].name}, expected ${expected}; columns found: ${columns}`,
    {
      at: { file: context.file },
      hint: `${other}name the columns with --columns ${naming}`,
    },
  );
}
