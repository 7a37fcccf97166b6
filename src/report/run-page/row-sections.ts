import { counted } from "../../errors/counted.js";
import { mostChanged, type RowChange, wonAndLost } from "../../evaluation/row-changes.js";
import type { KeptRows } from "../../training/run-folder/kept-evaluation.js";
import type { RunRecord } from "../../training/run-folder/run-folder.js";
import { dataText, escapeHtml, htmlTable } from "../html.js";
import type { RunData } from "./run-data.js";

/** Rows shown of each kind. */
const SHOWN = 20;

/** Rows won and lost, and those that changed most, with their texts and lines. */
export function rowSections({ kept, record }: RunData): string {
  const rows = kept?.rows;
  if (rows?.main === undefined) return "";
  const changes = changesOf(rows);
  if (changes.length === 0) return "";
  const { won, lost, equal } = wonAndLost(changes, rows.main);
  const { improved, harmed } = mostChanged(changes, SHOWN);
  const some = rows.of > changes.length ? ` (the first ${changes.length} of ${rows.of})` : "";
  const how =
    rows.main === "agreement"
      ? "by how well a row's cosine ranks among all as its score does"
      : `by ${rows.main}`;
  return [
    "<h2>Rows won and lost</h2>",
    `<p class="note">Rows of the selecting data (${selecting(record)}; n ${rows.of}), which selected the model, so the count is optimistic. Better is a row that the chosen model does better than the base.</p>`,
    `<p>Of ${counted(changes.length, "row")}${some}, ${escapeHtml(how)}: <strong class="good">${won} better</strong>, <strong class="bad">${lost} worse</strong>, ${equal} equal.</p>`,
    ...rowTable("Most improved", improved, rows),
    ...rowTable("Most harmed", harmed, rows),
  ].join("\n");
}

/** The file that selected, or where its rows are from. */
function selecting({ eval: file, data, result }: RunRecord): string {
  if (file !== undefined) return dataText(file.path);
  const how =
    result?.interpolation?.by === "folds"
      ? "each under the head of its fold, which was not trained on it"
      : "not trained on";
  return `held out of ${dataText(data.path)}, ${how}`;
}

/** Rows that have a figure under both models. */
function changesOf({ main, base, tuned, lines, texts, others, labels }: KeptRows): RowChange[] {
  const [before, after] = [base[main ?? ""] ?? [], tuned[main ?? ""] ?? []];
  return texts.flatMap((text, row) => {
    const [x, y] = [before[row], after[row]];
    if (typeof x !== "number" || typeof y !== "number") return [];
    const other = others?.[row] ?? labels?.[row];
    return [{ row, line: lines[row], text, other, base: x, tuned: y, change: y - x }];
  });
}

function rowTable(title: string, changes: readonly RowChange[], rows: KeptRows): string[] {
  if (changes.length === 0) return [];
  const second = rows.others === undefined ? "class" : "belongs to";
  const gold = rows.tuned.score;
  const cosines = rows.base.cosine !== undefined && rows.tuned.cosine !== undefined;
  const titles = [
    "#line",
    "text",
    ...(changes.some(({ other }) => other !== undefined) ? [gold ? "second text" : second] : []),
    ...(gold ? ["#gold"] : []),
    ...(cosines ? ["#cosine before", "#after"] : ["#before", "#after"]),
  ];
  const number = (x: number | null | undefined): string => (x == null ? "–" : x.toFixed(3));
  const body = changes.map(({ row, line, text, other, base, tuned }) => [
    String(line),
    dataText(text),
    ...(other === undefined ? [] : [dataText(other)]),
    ...(gold ? [number(gold[row])] : []),
    ...(cosines
      ? [number(rows.base.cosine[row]), number(rows.tuned.cosine[row])]
      : [number(base), number(tuned)]),
  ]);
  return [`<h3>${title}</h3>`, htmlTable(titles, body, title)];
}
