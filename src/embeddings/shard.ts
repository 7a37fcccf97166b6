import { isDeepStrictEqual } from "node:util";
import { UserError, usageError } from "../errors/user-error.js";
import type { Shard } from "./manifest.js";

/** The texts or rows of a shard. */
export interface ShardRange {
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

/** Parts in their order. Usage errors where one is missing or given twice: no-shards, missing-shards, repeated-shards. */
export function inOrder<Part extends { readonly shard: Shard }>(
  parts: readonly Part[],
): readonly [Part, ...Part[]] {
  const [first, ...others] = [...parts].sort((a, b) => a.shard.index - b.shard.index);
  if (first === undefined) throw usageError("no-shards", "--merge needs the files of the shards");
  const sorted = [first, ...others] as const;
  const { of } = first.shard;
  const missing = Array.from({ length: of }, (_, i) => i + 1).filter(
    (index) => !sorted.some(({ shard }) => shard.index === index),
  );
  if (missing.length > 0)
    throw usageError(
      "missing-shards",
      `shard ${missing.join(", ")} of ${of} is not among the files`,
    );
  if (sorted.length > of) throw usageError("repeated-shards", "a shard is given twice");
  return sorted;
}

/** UserError `shards-differ` that names in what a part differs from the first. */
export function requireAlike(
  file: string,
  given: Readonly<Record<string, unknown>>,
  wanted: Readonly<Record<string, unknown>>,
): void {
  const different = Object.keys(wanted).filter(
    (name) => !isDeepStrictEqual(wanted[name], given[name]),
  );
  if (different.length === 0) return;
  throw new UserError("shards-differ", `differs from the other shards in ${different.join(", ")}`, {
    at: { file },
    hint: "write all shards with the same texts, model and options",
  });
}
