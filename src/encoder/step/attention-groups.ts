/** How texts share groups of attention. */
export interface TextGroups {
  readonly lengths: readonly number[];
  /** Number of groups, each of as many places as the longest text has tokens. */
  readonly groups: number;
  /** The place g·S + s of each text's first token. */
  readonly firstPlaces: Int32Array;
}

/**
 * Puts texts into as few groups of S places as first-fit decreasing finds, S the longest length: at most 11/9 of the least
 * possible number, plus 1 (Johnson 1973). The same lengths give the same groups.
 */
export function attentionGroups(lengths: readonly number[]): TextGroups {
  const S = Math.max(0, ...lengths);
  const order = lengths.map((_, i) => i).sort((a, b) => lengths[b] - lengths[a] || a - b);
  const firstPlaces = new Int32Array(lengths.length);
  const used: number[] = [];
  // Groups before this one have no room for anything that is still to come.
  let open = 0;
  for (const i of order) {
    const length = lengths[i];
    let group = open;
    while ((used[group] ?? 0) + length > S) group += 1;
    firstPlaces[i] = group * S + (used[group] ?? 0);
    used[group] = (used[group] ?? 0) + length;
    while (used[open] === S) open += 1;
  }
  return { lengths, groups: used.length, firstPlaces };
}
