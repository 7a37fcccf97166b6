import { rootOf, singletons, unite } from "../texts/union-find.js";
import type { FileLinks } from "./read-links.js";

/**
 * What stays together: `connected` rows joined through shared texts or groups, `anchor` rows of one first text, `label` rows of one label,
 * `none` every row for itself.
 */
export type SplitBy = "connected" | "anchor" | "label" | "none";

/** The set each row belongs to [n], numbered 0, 1, … in order of first appearance, and the sizes of the sets. */
export interface RowGroups {
  readonly of: Int32Array;
  readonly sizes: Int32Array;
}

/** Groups rows by what must stay together. */
export function groupRows(links: FileLinks, by: SplitBy): RowGroups {
  const n = links.lines.length;
  switch (by) {
    case "none":
      return numbered(singletons(n), n);
    case "label":
      return numbered(links.labels ?? singletons(n), links.labelNames.length);
    case "anchor":
      return numbered(firstTexts(links), links.distinct + n);
    case "connected":
      return numbered(componentRoots(links), links.distinct + links.groupCount + n);
  }
}

/** The number of each row's first text; a row without any stands for itself. */
function firstTexts({ lines, start, texts, distinct }: FileLinks): Int32Array {
  const first = new Int32Array(lines.length);
  for (let row = 0; row < first.length; row++) {
    const at = start[row];
    first[row] = at < start[row + 1] ? texts[at] : distinct + row;
  }
  return first;
}

function componentRoots(links: FileLinks): Int32Array {
  const { start, texts, distinct, groups, groupCount } = links;
  const parent = singletons(distinct + groupCount);
  const first = firstTexts(links);
  for (let row = 0; row < first.length; row++) {
    const own = first[row];
    if (own >= distinct) continue;
    for (let at = start[row]; at < start[row + 1]; at++) unite(parent, own, texts[at]);
    const group = groups?.[row] ?? -1;
    if (group >= 0) unite(parent, own, distinct + group);
  }
  return first.map((text) => (text < distinct ? rootOf(parent, text) : groupCount + text));
}

function numbered(keys: Int32Array, keyCount: number): RowGroups {
  const numbers = new Int32Array(keyCount).fill(-1);
  const of = new Int32Array(keys.length);
  const sizes = new Int32Array(keys.length);
  let count = 0;
  for (let row = 0; row < keys.length; row++) {
    const key = keys[row];
    if (numbers[key] < 0) numbers[key] = count++;
    const group = numbers[key];
    of[row] = group;
    sizes[group] = sizes[group] + 1;
  }
  return { of, sizes: sizes.slice(0, count) };
}
