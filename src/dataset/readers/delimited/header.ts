import { roleNamed } from "../../columns/role-names.js";
import { isPlaceholder } from "../../texts/placeholders.js";
import { wordsIn } from "../../texts/words.js";
import type { Survey } from "./survey.js";

/** Whether the first record holds the columns' names, and a sentence where the evidence is thin. */
interface HeaderDecision {
  readonly header: boolean;
  readonly note?: string | undefined;
}

/**
 * Header or data, by the first record against the others. Names of two roles are a header whatever stands beside them; one name is, unless
 * it recurs in its own column. Without such names a header is what differs from its columns: a word over numbers or sentences, or a
 * cell of a length that no other has. Cells that recur, numbers and sentences are data.
 */
export function decideHeader(
  { first, rest }: Survey,
  known: readonly string[] = [],
): HeaderDecision {
  const names = first.map((cell) => cell.trim());
  const given = known.map((name) => name.toLowerCase());
  if (names.some((name) => given.includes(name.toLowerCase()))) return { header: true };
  const roles = new Set(names.flatMap((name) => roleNamed(name) ?? []));
  if (roles.size >= 2) return { header: true };
  if (isCounted(names, rest)) return { header: true };
  const columns = names.map((_, i) => rest.map((row) => row[i]?.trim() ?? ""));
  const recurs = names.some((name, i) => name !== "" && includes(columns[i], name));
  if (recurs || names.every((name) => name === "")) return { header: false };
  if (roles.size === 1 && !names.some((name) => name.length > 80)) {
    const [only] = names.filter((name) => roleNamed(name) !== undefined);
    return names.length === 1 || !names.some(isNumber) || roleContrast(only, names, columns)
      ? { header: true }
      : { header: false };
  }
  return byContrast(names, columns);
}

/** How many cells of the first record are names of roles, where it is a header. */
export function headerRoles(found: Survey): number {
  if (!decideHeader(found).header) return 0;
  return found.first.filter((cell) => roleNamed(cell.trim()) !== undefined).length;
}

function roleContrast(
  only: string,
  names: readonly string[],
  columns: readonly (readonly string[])[],
): boolean {
  return contrast(only, columns[names.indexOf(only)]) >= 2;
}

function byContrast(
  names: readonly string[],
  columns: readonly (readonly string[])[],
): HeaderDecision {
  if (names.some(isNumber) || names.some(isSentence)) return { header: false };
  const contrasts = names.map((name, i) => (name === "" ? 0 : contrast(name, columns[i])));
  if (contrasts.includes(-1)) return { header: false };
  const shown = names.slice(0, 6).join(", ");
  if (contrasts.some((c) => c === 3)) return { header: true };
  const like = names.every((name) => name !== "" && isNameLike(name));
  if (!like) return { header: false };
  if (contrasts.some((c) => c === 2))
    return { header: true, note: `taken as header: ${shown} (if it is a row: --no-header)` };
  const few = columns[0].length < 2 || contrasts.every((c) => c === 1);
  return few
    ? { header: true, note: `taken as header: ${shown} (if it is a row: --no-header)` }
    : { header: false, note: `first line taken as a row: ${shown} (if it is a header: --header)` };
}

/**
 * How a first cell differs from its column: 3 a word over numbers, 2 a word over texts of several, 1 a length outside the column's, 0 not
 * at all, −1 a text among texts of its kind that is too long for a name.
 */
function contrast(name: string, column: readonly string[]): number {
  const values = column.filter((value) => value !== "");
  if (values.length === 0) return 0;
  const numbers = values.filter((value) => isNumber(value)).length;
  if (numbers === values.length) return !isPlaceholder(name) && values.length >= 2 ? 3 : 1;
  const words = wordsIn(name);
  const longer = values.filter((value) => wordsIn(value) >= Math.max(3, 2 * words)).length;
  if (longer >= 0.7 * values.length) return 2;
  const lengths = values.map((value) => value.length);
  if (name.length < Math.min(...lengths) || name.length > Math.max(...lengths)) return 1;
  return words > 6 ? -1 : 0;
}

/** pandas' columns without names: 0, 1, … (perhaps after an index without a name) over something else. */
function isCounted(names: readonly string[], rest: Survey["rest"]): boolean {
  const start = names[0] === "" ? 1 : 0;
  const counted = names.slice(start);
  if (counted.length < 2 || rest.length < 2) return false;
  if (!counted.every((name, i) => name === String(i))) return false;
  return rest.every((row) =>
    row.slice(start).some((cell) => cell.trim() !== "" && !isNumber(cell)),
  );
}

function includes(column: readonly string[], name: string): boolean {
  const wanted = name.toLowerCase();
  return column.some((value) => value.toLowerCase() === wanted);
}

/** Short, begins with a letter, and no sentence. */
function isNameLike(cell: string): boolean {
  return (
    cell.length <= 40 &&
    cell.split(/\s+/).length <= 4 &&
    /^[\p{L}_#][\p{L}\p{M}\p{N}_ .:#/()-]*$/u.test(cell)
  );
}

function isSentence(cell: string): boolean {
  return /[.!?。！？]["'”’)]*$/u.test(cell) && (wordsIn(cell) > 3 || /[.。]$/u.test(cell));
}

function isNumber(cell: string): boolean {
  return cell.trim() !== "" && Number.isFinite(Number(cell.replace(/^([+-]?\d+),(\d+)$/, "$1.$2")));
}
