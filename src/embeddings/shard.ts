import { usageError } from "../errors/user-error.js";
import type { Shard } from "./manifest.js";

/** The texts of a shard. */
interface ShardRange {
  readonly shard: Shard;
  /** Number of the first text, from 0. */
  readonly first: number;
  readonly rows: number;
}

/** `i/n` of `total` texts: those from ⌊(i−1)·total/n⌋ to before ⌊i·total/n⌋. Undefined where nothing was asked for. */
export function shardOf(text: string | undefined, total: number): ShardRange | undefined {
  if (text === undefined) return undefined;
  const match = /^(\d+)\/(\d+)$/.exec(text);
  const index = Number(match?.[1]);
  const of = Number(match?.[2]);
  if (match === null || index < 1 || index > of) {
    throw usageError("bad-shard", `--shard must be i/n with 1 ≤ i ≤ n, got "${text}"`);
  }
  if (of > total) {
    throw usageError(
      "too-many-shards",
      `--shard ${text} asks for more shards than texts (${total})`,
    );
  }
  const first = Math.floor(((index - 1) * total) / of);
  const rows = Math.floor((index * total) / of) - first;
  return { shard: { index, of, first, total }, first, rows };
}
