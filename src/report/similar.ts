import { counted } from "../errors/counted.js";
import type { PlacedText, Similar } from "../search/similar.js";
import { clip } from "./clip.js";
import { formatTable } from "./table.js";

/** Texts of a group that are shown. */
const shownMembers = 5;

/** What `similar` found: nearest pairs, groups of near-duplicates, and rows whose label disagrees with their neighbours. */
export function formatSimilar(similar: Similar, width: number): string {
  const { texts, repeated, model } = similar;
  const again = repeated === 0 ? "" : `, ${repeated} of them on several lines`;
  const parts = [
    `${counted(texts, "distinct text")}${again}, by ${model}`,
    pairSection(similar, width),
    groupSection(similar, width),
    labelSection(similar, width),
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

function pairSection({ pairs }: Similar, width: number): string {
  if (pairs.length === 0) return "";
  const column = Math.max(20, Math.floor((width - 26) / 2));
  const table = formatTable(
    [
      { title: "cosine", align: "right" },
      { title: "line", align: "right" },
      { title: "text" },
      { title: "line", align: "right" },
      { title: "text" },
    ],
    pairs.map(({ score, first, second }) => [
      score.toFixed(3),
      linesOf(first),
      clip(first.text, column),
      linesOf(second),
      clip(second.text, column),
    ]),
  );
  return `nearest pairs\n${table}`;
}

function groupSection({ duplicates, threshold }: Similar, width: number): string {
  const { groups, texts, largest } = duplicates;
  if (groups === 0)
    return `no near-duplicates (cosine ${threshold} and more; --threshold sets another)`;
  const lists = largest.map(({ least, texts: members }) => {
    const shown = members.slice(0, shownMembers);
    const more = members.length - shown.length;
    return [
      `  ${members.length} texts, cosine ${least.toFixed(3)} and more`,
      ...shown.map((one) => `    ${linesOf(one)}: ${clip(one.text, width - 16)}`),
      ...(more > 0 ? [`    and ${more} more`] : []),
    ].join("\n");
  });
  const head = `near-duplicates (cosine ${threshold} and more): ${texts} texts in ${counted(groups, "group")}`;
  const rest =
    groups > largest.length ? [`  and ${counted(groups - largest.length, "more group")}`] : [];
  return [head, ...lists, ...rest].join("\n");
}

function labelSection({ labels }: Similar, width: number): string {
  if (labels === undefined) return "";
  const { neighbours, disagree, rows } = labels;
  if (disagree === 0) return `no label disagrees with most of the ${neighbours} nearest texts`;
  const column = Math.max(20, Math.floor((width - 60) / 2));
  const table = formatTable(
    [
      { title: "line", align: "right" },
      { title: "label" },
      { title: "neighbours" },
      { title: "share", align: "right" },
      { title: "text" },
      { title: "nearest of theirs" },
    ],
    rows.map((row) => [
      linesOf(row),
      clip(row.label, 20),
      clip(row.others, 20),
      `${Math.round(100 * row.share)} %`,
      clip(row.text, column),
      clip(row.nearest.text, column),
    ]),
  );
  return `${counted(disagree, "label disagrees", "labels disagree")} with more than half of the ${neighbours} nearest texts\n${table}`;
}

function linesOf({ lines }: PlacedText): string {
  return lines.length <= 2 ? lines.join(",") : `${lines[0]},… (${lines.length})`;
}
