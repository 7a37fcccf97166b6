import { headedLines } from "./table.js";
import { wrapped } from "./wrap.js";

/** A page of Markdown as plain text in lines of at most `width` characters: headings underlined, code indented, tables in blocks. */
export function plainPage(markdown: string, width = 80): string {
  return blocksOf(markdown)
    .map((block) => plainBlock(block, width))
    .join("\n\n");
}

/** Paragraphs, tables and code, which stand between empty lines. */
function blocksOf(markdown: string): string[] {
  const parts = markdown.trim().split(/^(```[\s\S]*?^```)$/m);
  return parts.flatMap((part) =>
    part.startsWith("```") ? [part] : part.split(/\n\s*\n/).filter((text) => text.trim() !== ""),
  );
}

function plainBlock(block: string, width: number): string {
  const text = block.trim();
  if (text.startsWith("```")) return indented(text.split("\n").slice(1, -1), width);
  if (text.startsWith("|")) return plainTable(text, width);
  const heading = /^#+ (.*)$/.exec(text);
  if (heading !== null) return `${heading[1]}\n${"─".repeat(heading[1].length)}`;
  return wrapped(text.replaceAll("**", "").replaceAll("`", ""), width, 0).join("\n");
}

/** Lines with two blanks before them; what is too long goes on in another line, but no drawing does. */
function indented(lines: readonly string[], width: number): string {
  return lines
    .flatMap((line) => (line.length + 2 > width ? wrappedCode(line, width - 2) : [line]))
    .map((line) => `  ${line}`.trimEnd())
    .join("\n");
}

function wrappedCode(line: string, width: number): readonly string[] {
  const [indent] = /^ */.exec(line) ?? [""];
  const rest = wrapped(line.trim(), width - indent.length, 4);
  return rest.map((part) => indent + part);
}

/** A block a row: its first cell, and the others under it by their titles. */
function plainTable(text: string, width: number): string {
  const [titles, , ...rows] = text.split("\n").map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll("`", "")),
  );
  const names = Math.max(...titles.slice(1).map(({ length }) => length));
  return rows
    .map(([head, ...cells]) => {
      const lines = cells.flatMap((cell, i) =>
        wrapped(cell, width - names - 4, 0).map((line, at) => [
          `  ${at === 0 ? titles[i + 1] : ""}`,
          line,
        ]),
      );
      return headedLines(head, lines);
    })
    .join("\n");
}
