import { nearest, suggestion } from "../../errors/suggest.js";
import { UserError, usageError } from "../../errors/user-error.js";
import {
  type ColumnRole,
  columnRoles,
  knownNames,
  negativeNumber,
  normalName,
  rankOf,
  roleNamed,
} from "./role-names.js";

/** Which column (by index) holds which role. */
export interface RoleColumns {
  readonly anchor?: number;
  readonly positive?: number;
  readonly negatives: readonly number[];
  readonly score?: number;
  readonly label?: number;
  readonly text?: number;
  readonly group?: number;
  readonly margin?: number;
  readonly subset?: number;
}

/** The mapping by names, as printed and written to run.json; several negatives in their order. */
export type ColumnMapping = Readonly<Partial<Record<ColumnRole, string | readonly string[]>>>;

/** `--columns` as given: role (or one of its names, or `negative_2`) → column name, or 1-based number; "": no column has the role. */
export type GivenColumns = Readonly<Record<string, string>>;

/**
 * Assigns columns to roles: first those given, then, unless `namesTexts`, by name. UserError: unknown-role, unknown-column (exit 2), ambiguous-columns.
 * Finding no role at all is no error here; what an objective needs is checked by `missingColumn`.
 */
export function resolveColumns(
  columns: readonly string[],
  given: GivenColumns,
  file: string,
): RoleColumns {
  const chosen = givenColumns(columns, given, file);
  if (namesTexts(given)) return asRoleColumns(chosen);
  const unwanted = unwantedRoles(given);
  const taken = new Set([...chosen.values()].flat());
  for (const role of columnRoles) {
    if (chosen.has(role) || unwanted.has(role) || excluded(role, chosen)) continue;
    const found = columnsNamed(columns, role, taken);
    if (found.length === 0) continue;
    if (role !== "negative" && found.length > 1) throw ambiguous(role, found, columns, file);
    chosen.set(role, found);
  }
  return asRoleColumns(pairedTexts(chosen));
}

/**
 * Whether `--columns` names the texts of a row: anchor and positive, or single texts. Then what it names is all there is, and no other
 * column gets a role by its name or content.
 */
export function namesTexts(given: GivenColumns): boolean {
  const named = Object.entries(given).filter(([, column]) => column !== "");
  const roles = new Set(named.map(([name]) => requiredRole(name)));
  return roles.has("text") || (roles.has("anchor") && roles.has("positive"));
}

/** Roles that `--columns role=` says no column has. UserError: unknown-role. */
export function unwantedRoles(given: GivenColumns): ReadonlySet<ColumnRole> {
  const names = Object.keys(given).filter((name) => given[name] === "");
  return new Set(names.map(requiredRole));
}

function requiredRole(name: string): ColumnRole {
  const role = roleNamed(name);
  if (role !== undefined) return role;
  throw usageError(
    "unknown-role",
    `unknown role "${name}" in --columns`,
    suggestion(name, columnRoles),
  );
}

/** Single texts and pairs of texts exclude each other: naming a column of one says that the other is not meant. */
function excluded(role: ColumnRole, chosen: ReadonlyMap<ColumnRole, unknown>): boolean {
  if (role === "text") return chosen.has("anchor") && chosen.has("positive");
  return (role === "anchor" || role === "positive" || role === "negative") && chosen.has("text");
}

/** The resolved columns by name. */
export function columnMapping(columns: readonly string[], found: RoleColumns): ColumnMapping {
  const { negatives, ...single } = found;
  const entries: [string, string | string[]][] = Object.entries(single).map(([role, index]) => [
    role,
    columns[index],
  ]);
  if (negatives.length > 0) entries.push(["negative", negatives.map((i) => columns[i])]);
  const order = (role: string): number => columnRoles.indexOf(role as ColumnRole);
  return Object.fromEntries(entries.sort(([a], [b]) => order(a) - order(b)));
}

/** The error for a role that is needed and not there: the columns found, and the likeliest misspelling. */
export function missingColumn(
  role: ColumnRole,
  columns: readonly string[],
  file: string,
): UserError {
  const list = columns.map((name) => `"${name}"`).join(", ");
  return new UserError("missing-column", `has no column for "${role}", found the columns ${list}`, {
    at: { file },
    hint: missingHint(role, columns),
  });
}

function missingHint(role: ColumnRole, columns: readonly string[]): string {
  const near = misspelt(role, columns);
  if (near !== undefined) {
    return `did you mean "${near.name}" by "${near.column}"? rename it, or --columns ${role}=${shellName(columns, columns.indexOf(near.column))}`;
  }
  if (columns.every((name, i) => name === String(i + 1))) {
    return `the file has no header; name its columns by number, for example --columns ${role}=1`;
  }
  const other = columns.findIndex((name) => roleNamed(name) === undefined && !isNumbering(name));
  return other < 0
    ? `no other column could be it: add one named "${role}", or name it: --columns ${role}=…`
    : `name it: --columns ${role}=${shellName(columns, other)}`;
}

/** Names of columns that tell rows apart and say nothing of them. */
function isNumbering(name: string): boolean {
  return /^(.*id|idx|index|line|row|nr|no|num|number|unnamed.*)$/.test(normalName(name));
}

/** Whether some column's name is near to a known one: then it is rather a misspelling than a name that says nothing. */
export function looksMisspelt(columns: readonly string[]): boolean {
  return columnRoles.some((role) => misspelt(role, columns) !== undefined);
}

/** The side of a pair whose column is misspelt, where there is one. */
export function misspeltSide(columns: readonly string[]): "anchor" | "positive" | undefined {
  return (["anchor", "positive"] as const).find((role) => misspelt(role, columns) !== undefined);
}

/** Names of one to three letters are near to everything, so they are no evidence. */
function misspelt(
  role: ColumnRole,
  columns: readonly string[],
): { readonly column: string; readonly name: string } | undefined {
  for (const column of columns) {
    const given = normalName(column);
    const name = nearest(given, knownNames(role));
    const ascii = /^[ -~]*$/.test(column);
    if (name !== undefined && ascii && given.length > 3 && roleNamed(column) === undefined)
      return { column, name };
  }
  return undefined;
}

function givenColumns(
  columns: readonly string[],
  given: GivenColumns,
  file: string,
): Map<ColumnRole, number[]> {
  const chosen = new Map<ColumnRole, number[]>();
  const named = Object.entries(given).filter(([, column]) => column !== "");
  const entries = named.map(([name, column]) => {
    const role = requiredRole(name);
    return { role, name, index: columnIndex(column, columns, file) };
  });
  entries.sort((a, b) => (negativeNumber(a.name) ?? 0) - (negativeNumber(b.name) ?? 0));
  for (const { role, index } of entries) {
    const before = chosen.get(role) ?? [];
    if (before.length > 0 && role !== "negative") {
      throw usageError(
        "repeated-role",
        `--columns names two columns for "${role}"`,
        "give each role once; negatives as negative_1=…,negative_2=…",
      );
    }
    chosen.set(role, [...before, index]);
  }
  return chosen;
}

function columnIndex(wanted: string, columns: readonly string[], file: string): number {
  const exact = columns.indexOf(wanted);
  if (exact >= 0) return exact;
  const loose = columns.flatMap((name, i) =>
    name.toLowerCase() === wanted.toLowerCase() ? [i] : [],
  );
  if (loose.length === 1) return loose[0];
  const number = /^\d+$/.test(wanted) ? Number(wanted) : 0;
  if (number >= 1 && number <= columns.length) return number - 1;
  throw usageError(
    "unknown-column",
    `${file} has no column "${wanted}"`,
    suggestion(wanted, columns),
  );
}

function columnsNamed(
  columns: readonly string[],
  role: ColumnRole,
  taken: ReadonlySet<number>,
): number[] {
  let best = Number.POSITIVE_INFINITY;
  let found: number[] = [];
  columns.forEach((name, index) => {
    const rank = taken.has(index) ? undefined : rankOf(name, role);
    if (rank === undefined || rank > best) return;
    if (rank < best) found = [];
    best = rank;
    found.push(index);
  });
  if (role === "negative")
    found.sort(
      (a, b) => (negativeNumber(columns[a]) as number) - (negativeNumber(columns[b]) as number),
    );
  return found;
}

/**
 * (question, sentence) and (query, text): beside an anchor and no positive, a plain text column is the second text; (text, positive):
 * beside a positive and no anchor it is the first.
 */
function pairedTexts(chosen: Map<ColumnRole, number[]>): Map<ColumnRole, number[]> {
  const text = chosen.get("text");
  if (text === undefined || chosen.has("anchor") === chosen.has("positive")) return chosen;
  chosen.set(chosen.has("anchor") ? "positive" : "anchor", text);
  chosen.delete("text");
  return chosen;
}

function asRoleColumns(chosen: ReadonlyMap<ColumnRole, readonly number[]>): RoleColumns {
  const single = columnRoles
    .filter((role) => role !== "negative" && chosen.has(role))
    .map((role) => [role, chosen.get(role)?.[0]]);
  return { ...Object.fromEntries(single), negatives: chosen.get("negative") ?? [] };
}

function ambiguous(
  role: ColumnRole,
  found: readonly number[],
  columns: readonly string[],
  file: string,
): UserError {
  const list = found.map((i) => `"${columns[i]}"`).join(" and ");
  return new UserError("ambiguous-columns", `the columns ${list} could each be the ${role}`, {
    at: { file },
    hint: `say which: --columns ${role}=${shellName(columns, found[0])}`,
  });
}

/** A column as `--columns role=…` takes it in a shell: its name, in quotes where need be, or its number. */
export function shellName(columns: readonly string[], index: number): string {
  const name = columns[index] ?? "…";
  if (/^[\p{L}\p{N}_.:-]+$/u.test(name)) return name;
  return /[,="'`$\\!\p{C}]/u.test(name) || columns.indexOf(name) !== index
    ? String(index + 1)
    : `"${name}"`;
}
