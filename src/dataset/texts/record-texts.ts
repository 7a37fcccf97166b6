import type { RoleColumns } from "../columns/resolve-columns.js";
import type { Cell } from "../readers/record-source.js";

/** Roles that hold texts. */
type TextRole = "anchor" | "positive" | "negative" | "text";

/** A column that holds texts. */
export interface TextColumn {
  readonly role: TextRole;
  readonly index: number;
}

/** The columns that hold texts: anchor, positive, negatives, text. */
export function textColumnsOf(columns: RoleColumns): readonly TextColumn[] {
  const one = (role: TextRole, index: number | undefined): TextColumn[] =>
    index === undefined ? [] : [{ role, index }];
  return [
    ...one("anchor", columns.anchor),
    ...one("positive", columns.positive),
    ...columns.negatives.map((index) => ({ role: "negative" as const, index })),
    ...one("text", columns.text),
  ];
}

/** The trimmed texts of a cell, none where it is empty; a value that is no text gives none. */
export function textsOfCell(cell: Cell | undefined): readonly string[] {
  if (typeof cell === "string") {
    const text = cell.trim();
    return text === "" ? none : [text];
  }
  return (cell ?? none).map((text) => text.trim()).filter((text) => text !== "");
}

/** The first text of a cell, "" where it has none. */
export function textOfCell(cell: Cell | undefined): string {
  return typeof cell === "string" ? cell.trim() : (textsOfCell(cell)[0] ?? "");
}

const none: readonly string[] = [];
