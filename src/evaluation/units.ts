import { componentSizes, componentsOf } from "../dataset/batches/components.js";

/** What is independent where rows are not: groups of rows that are drawn and swapped together. */
export interface Units {
  /** Number of each row's group, 0 … count − 1. */
  readonly of: Int32Array;
  readonly count: number;
  /** Rows of the largest group. */
  readonly largest: number;
}

/** The connected components of rows that share a text; undefined where no two do, so that rows are independent as they are. */
export function unitsOf<Row>(
  rows: readonly Row[],
  textsOf: (row: Row) => readonly string[],
): Units | undefined {
  return unitsOfComponents(componentsOf(rows, textsOf));
}

/** The same of components that are known. Their numbers may have gaps. */
export function unitsOfComponents(components: ArrayLike<number>): Units | undefined {
  const numbers = new Map<number, number>();
  const of = Int32Array.from(components, (component) => {
    const known = numbers.get(component);
    if (known !== undefined) return known;
    numbers.set(component, numbers.size);
    return numbers.size - 1;
  });
  if (numbers.size === of.length) return undefined;
  return { of, count: numbers.size, largest: Math.max(...componentSizes(of)) };
}
