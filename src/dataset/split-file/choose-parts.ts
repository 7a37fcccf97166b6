import { createRandom, permutation } from "../../math/random.js";
import type { FileLinks } from "./read-links.js";
import type { RowGroups } from "./row-groups.js";

/** The parts of a split, by number. */
export const parts = ["train", "eval", "test"] as const;
export type Part = (typeof parts)[number];

/** Stands for a row that is in no part. */
export const leftOut = 255;

interface PartOptions {
  /** Rows wanted in eval and test. */
  readonly wanted: { readonly eval: number; readonly test: number };
  /** Give each label its share in every part. */
  readonly stratify: boolean;
  readonly seed: number;
}

/**
 * The part of each row [n]: whole groups in random order fill eval, then test, up to the wanted number of rows; a group that is too large
 * for what is left is passed over. With labels each stratum (groups by the label of their first row) is filled on its own.
 */
export function chooseParts(
  { of, sizes }: RowGroups,
  labels: Int32Array | undefined,
  options: PartOptions,
): Uint8Array {
  const strata = strataOf({ of, sizes }, options.stratify ? labels : undefined);
  const partOf = new Uint8Array(sizes.length);
  const random = createRandom(options.seed, "split");
  const targets = shares(strata, of.length, options);
  strata.forEach((groups, stratum) => {
    const order = permutation(groups.length, random);
    let next = 0;
    for (const [part, wanted] of targets[stratum].entries()) {
      let left = wanted;
      const passed: number[] = [];
      for (; left > 0 && next < order.length; next++) {
        const place = order[next];
        const group = groups[place];
        if (sizes[group] > left) {
          passed.push(place);
          continue;
        }
        partOf[group] = part + 1;
        left -= sizes[group];
      }
      // What was too large for this part may fit into the next.
      next -= passed.length;
      order.set(passed, next);
    }
  });
  return Uint8Array.from(of, (group) => partOf[group]);
}

/** Groups of each label of their first rows; one stratum without labels. */
function strataOf({ of, sizes }: RowGroups, labels: Int32Array | undefined): number[][] {
  if (labels === undefined) return [Array.from(sizes.keys())];
  const strata = new Map<number, number[]>();
  const seen = new Uint8Array(sizes.length);
  for (let row = 0; row < of.length; row++) {
    const group = of[row];
    if (seen[group] === 1) continue;
    seen[group] = 1;
    const label = labels[row];
    const stratum = strata.get(label) ?? [];
    strata.set(label, stratum);
    stratum.push(group);
  }
  return [...strata.values()];
}

/** Rows of eval and of test wanted in each stratum: their sums are the totals. */
function shares(
  strata: readonly (readonly number[])[],
  rows: number,
  { wanted }: PartOptions,
): readonly (readonly number[])[] {
  const groups = strata.reduce((sum, stratum) => sum + stratum.length, 0);
  let before = 0;
  return strata.map((stratum) => {
    const from = before / groups;
    before += stratum.length;
    const to = before / groups;
    const part = (total: number): number => Math.round(to * total) - Math.round(from * total);
    return rows === 0 ? [0, 0] : [part(wanted.eval), part(wanted.test)];
  });
}

/** Rows that share a text, by text: how many rows of each part have it. */
interface SharedTexts {
  /** Rows of train and eval that share a text with a row of a later part. */
  readonly rows: number;
}

/**
 * Makes sure that no text is in two parts: rows of train that share a text with eval or test, and rows of eval that share one with test, are
 * left out (`remove`) or only counted.
 */
export function separateTexts(part: Uint8Array, links: FileLinks, remove: boolean): SharedTexts {
  const { start, texts, distinct } = links;
  const last = new Uint8Array(distinct);
  const each = (row: number, visit: (text: number) => void): void => {
    for (let at = start[row]; at < start[row + 1]; at++) visit(texts[at]);
  };
  // Later parts first: a row of eval that is left out takes no row of train with it.
  let rows = 0;
  for (let number = parts.length - 1; number >= 0; number--) {
    for (let row = 0; row < part.length; row++) {
      if (part[row] !== number) continue;
      let shared = false;
      each(row, (text) => {
        shared ||= last[text] > number + 1;
      });
      if (!shared) continue;
      rows += 1;
      if (remove) part[row] = leftOut;
    }
    for (let row = 0; row < part.length; row++) {
      if (part[row] !== number) continue;
      each(row, (text) => {
        last[text] = Math.max(last[text], number + 1);
      });
    }
  }
  return { rows };
}
