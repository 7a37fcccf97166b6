/** A count with its noun: `1 row`, `2 rows`, `1 query stands`, `3 queries stand`. `many` is for words that take more than an s. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
