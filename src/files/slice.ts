/** The rows from `start` to before `end`. */
export async function* slice<T>(
  rows: AsyncGenerator<T>,
  start: number,
  end: number,
): AsyncGenerator<T> {
  let i = 0;
  for await (const row of rows) {
    if (i >= start && i < end) yield row;
    i += 1;
    if (i >= end) return;
  }
}
