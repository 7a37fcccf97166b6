/** Distinct values of a label column. */
export interface ValueCount {
  /** Counts the value and returns its number; −1 for values beyond the limit. */
  add(value: string, line: number): number;
  /** Value → how often and the line where it first stands. */
  readonly values: ReadonlyMap<string, { readonly count: number; readonly line: number }>;
  /** Whether there were more distinct values than are counted. */
  overflowed(): boolean;
}

/** More distinct values than this are no classes. */
const limit = 50_000;

/** An empty count. */
export function createValueCount(): ValueCount {
  const values = new Map<string, { count: number; line: number; number: number }>();
  let overflow = false;
  return {
    values,
    overflowed: () => overflow,
    add: (value, line) => {
      const known = values.get(value);
      if (known !== undefined) {
        known.count += 1;
        return known.number;
      }
      if (values.size >= limit) {
        overflow = true;
        return -1;
      }
      values.set(value, { count: 1, line, number: values.size });
      return values.size - 1;
    },
  };
}
