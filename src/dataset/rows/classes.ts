import { createRandom, shuffle } from "../../math/random.js";
import type { RowReportBuilder } from "./row-report.js";
import type { ClassedRow, PairRow } from "./row-types.js";

interface ClassPairOptions {
  readonly seed: number;
  /** At most so many pairs of a class, the same for all or by label; default: as many as the class has texts. */
  readonly perClass?: (number | ((label: string) => number)) | undefined;
}

/**
 * Pairs from classes in O(pairs): the texts of a class in random order are closed to a ring and each is paired with the next, so that
 * every text is once an anchor and once a positive (a class of two gives one pair); when more pairs are wanted, with the next but one,
 * and so on. The class becomes the group, so that no pair of a class is a negative of another. Classes with one text, and repetitions of a text in its class, are dropped.
 */
export function classesToPairs(
  rows: readonly ClassedRow[],
  book: RowReportBuilder,
  options: ClassPairOptions,
): PairRow[] {
  const random = createRandom(options.seed, "class-pairs");
  const pairs: PairRow[] = [];
  for (const [label, members] of distinctMembers(rows, book)) {
    if (members.length < 2) {
      for (const { line } of members) book.drop("only text of its class", line);
      continue;
    }
    const ring = shuffle(members, random);
    const n = ring.length;
    const count = Math.min((n * (n - 1)) / 2, wantedPairs(label, options) ?? n);
    for (let i = 0; i < count; i++) {
      const next = (i % n) + 1 + Math.floor(i / n);
      const [anchor, positive] = [ring[i % n], ring[next % n]];
      pairs.push({
        anchor: anchor.text,
        positive: positive.text,
        negatives: [],
        group: label,
        line: anchor.line,
      });
    }
    for (let i = count === 0 ? 0 : count + 1; i < n; i++)
      book.drop("beyond the number of pairs of a class", ring[i].line);
  }
  return pairs.sort((a, b) => a.line - b.line);
}

function wantedPairs(label: string, { perClass }: ClassPairOptions): number | undefined {
  return typeof perClass === "function" ? perClass(label) : perClass;
}

/**
 * Each pair row as two texts of a fresh class, and each of its explicit negatives as a text of a fresh class of its own. Rows of a
 * `group` share the group's class. `unit` keeps a row's texts together in the batches.
 */
export function pairsToClasses(rows: readonly PairRow[]): ClassedRow[] {
  return rows.flatMap(({ anchor, positive, negatives, group, line }, unit) => {
    const label = group === undefined ? `row ${unit}` : `group ${group}`;
    return [
      { text: anchor, label, unit, line },
      { text: positive, label, unit, line },
      ...negatives.map((text, k) => ({ text, label: `row ${unit} negative ${k}`, unit, line })),
    ];
  });
}

function distinctMembers(
  rows: readonly ClassedRow[],
  book: RowReportBuilder,
): Map<string, ClassedRow[]> {
  const classes = new Map<string, Map<string, ClassedRow>>();
  for (const row of rows) {
    const members = classes.get(row.label) ?? new Map<string, ClassedRow>();
    classes.set(row.label, members);
    if (members.has(row.text)) book.drop("repeats a text of its class", row.line);
    else members.set(row.text, row);
  }
  return new Map([...classes].map(([label, members]) => [label, [...members.values()]]));
}
