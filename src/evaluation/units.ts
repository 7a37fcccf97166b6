import { componentSizes, componentsOf } from "../dataset/batches/components.js";

/** What is independent where rows are not: groups of rows that are drawn and swapped together. */
export interface Units {
  /** Number of each row's group, 0 … count − 1. */
  readonly of: Int32Array;
  readonly count: number;
  /** Rows of the largest group. */
  readonly largest: number;
  /**
   * What makes a group: any shared text; where that joins more than half of the rows, the first text; where that does too, nothing, and each
   * row is a group although rows are not independent.
   */
  readonly by: "texts" | "first text" | "rows";
}

/** Groups of rows that share a text; undefined where no two do, so that rows are independent as they are. */
export function unitsOf<Row>(
  rows: readonly Row[],
  textsOf: (row: Row) => readonly string[],
): Units | undefined {
  const firsts = () => componentsOf(rows, (row) => textsOf(row).slice(0, 1));
  return unitsOfComponents(componentsOf(rows, textsOf), firsts);
}

/** The same of components that are known. Their numbers may have gaps. */
export function unitsOfComponents(
  components: ArrayLike<number>,
  firsts?: () => ArrayLike<number>,
): Units | undefined {
  const all = grouped(components, "texts");
  if (all.count === all.of.length) return undefined;
  if (2 * all.largest <= all.of.length) return all;
  const byFirst = firsts && grouped(firsts(), "first text");
  if (byFirst && byFirst.count < byFirst.of.length && 2 * byFirst.largest <= byFirst.of.length)
    return byFirst;
  return grouped(
    all.of.map((_, row) => row),
    "rows",
  );
}

function grouped(components: ArrayLike<number>, by: Units["by"]): Units {
  const numbers = new Map<number, number>();
  const of = Int32Array.from(components, (component) => {
    const known = numbers.get(component);
    if (known !== undefined) return known;
    numbers.set(component, numbers.size);
    return numbers.size - 1;
  });
  const largest = componentSizes(of).reduce((most, size) => Math.max(most, size), 0);
  return { of, count: numbers.size, largest, by };
}
