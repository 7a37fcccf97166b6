/** Takes a word apart into the numbers of the longest tokens that fit from the left, as WordPiece does (Wu et al. 2016); `unknown` where none fits. */
export function wordPieces(
  word: string,
  { numbers, unknown }: { readonly numbers: ReadonlyMap<string, number>; readonly unknown: number },
): number[] {
  const found: number[] = [];
  for (let start = 0; start < word.length; ) {
    let end = word.length;
    let number: number | undefined;
    for (; end > start; end--) {
      number = numbers.get((start === 0 ? "" : "##") + word.slice(start, end));
      if (number !== undefined) break;
    }
    if (number === undefined) return [unknown];
    found.push(number);
    start = end;
  }
  return found;
}

/** How often each token stands in the corpus whose words were counted: [tokens]. */
export function tokenCounts(
  tokens: readonly string[],
  counts: ReadonlyMap<string, number>,
): Float64Array {
  const numbers = new Map(tokens.map((token, i) => [token, i]));
  const unknown = numbers.get("[UNK]") ?? 0;
  const totals = new Float64Array(tokens.length);
  for (const [word, count] of counts)
    for (const number of wordPieces(word, { numbers, unknown })) totals[number] += count;
  return totals;
}
