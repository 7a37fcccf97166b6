import { pageStyle } from "./page-style.js";

/** Longest text of data that a page shows, in code points. */
const LONGEST = 400;

/**
 * The text with U+FFFD for control characters, which HTML may not hold, for halves of characters, and for marks that turn the direction of
 * what follows; tabs and line breaks stay.
 */
export function plainText(text: string): string {
  return text.replace(/[^\P{Cc}\t\n\r]|[\u2028-\u202e\u2066-\u2069]|\p{Cs}/gu, "\ufffd");
}

/** `plainText` as HTML shows it. */
export function escapeHtml(text: string): string {
  return plainText(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

/** A text of data: escaped, in its own direction of writing, its end cut where it is very long. */
export function dataText(text: string): string {
  const points = [...text];
  const shown =
    points.length <= LONGEST
      ? text
      : `${points.slice(0, LONGEST).join("")}… (${points.length} characters)`;
  return `<bdi>${escapeHtml(shown)}</bdi>`;
}

/** A whole page in one file: nothing is fetched. */
export function htmlPage(title: string, body: string, script = ""): string {
  const code = script === "" ? "" : `<script>${script}</script>\n`;
  return (
    `<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n` +
    `<meta name="viewport" content="width=device-width, initial-scale=1">\n<link rel="icon" href="data:,">\n` +
    `<title>${escapeHtml(title)}</title>\n<style>${pageStyle}</style>\n</head>\n` +
    `<body>\n<main>\n${body}\n</main>\n${code}</body>\n</html>\n`
  );
}

/**
 * A table that scrolls in its own place where it is wide; cells are HTML already, and columns whose title begins with "#" hold numbers. `name`:
 * what it holds, for those who do not see the heading above it.
 */
export function htmlTable(
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  name: string,
): string {
  const kind = (i: number): string => (titles[i]?.startsWith("#") ? ' class="n"' : "");
  const head = titles.map(
    (title, i) => `<th scope="col"${kind(i)}>${escapeHtml(title.replace(/^#/, ""))}</th>`,
  );
  const body = rows.map(
    (cells) => `<tr>${cells.map((cell, i) => `<td${kind(i)}>${cell}</td>`).join("")}</tr>`,
  );
  return (
    `<div class="scroll" tabindex="0" role="region" aria-label="Table: ${escapeHtml(name)}"><table><thead><tr>${head.join("")}</tr></thead>` +
    `<tbody>${body.join("\n")}</tbody></table></div>`
  );
}

/** Names and values, two columns; values are HTML already. */
export function htmlPairs(pairs: readonly (readonly [string, string])[]): string {
  const items = pairs.map(([name, value]) => `<dt>${escapeHtml(name)}</dt><dd>${value}</dd>`);
  return `<dl>${items.join("\n")}</dl>`;
}

/** A table without the columns that are empty in every row. */
export function withoutEmpty(
  titles: readonly string[],
  rows: readonly (readonly string[])[],
): [string[], string[][]] {
  const used = titles.map((_, i) => rows.some((cells) => cells[i] !== ""));
  const only = (cells: readonly string[]): string[] => cells.filter((_, i) => used[i]);
  return [only(titles), rows.map(only)];
}
