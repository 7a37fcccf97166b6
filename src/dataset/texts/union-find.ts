/**
 * Disjoint sets of 0 … n − 1 as a forest in an array (union–find with path halving, practically linear). The smaller root stays, so that a
 * set's root is its first member.
 */
export function singletons(n: number): Int32Array {
  const parent = new Int32Array(n);
  for (let i = 0; i < n; i++) parent[i] = i;
  return parent;
}

/** The root of the set that `start` is in. */
export function rootOf(parent: Int32Array, start: number): number {
  let node = start;
  for (;;) {
    const up = parent[node];
    if (up === node) return node;
    const above = parent[up];
    parent[node] = above;
    node = above;
  }
}

/** Makes one set of the two that `a` and `b` are in. */
export function unite(parent: Int32Array, a: number, b: number): void {
  const left = rootOf(parent, a);
  const right = rootOf(parent, b);
  if (left < right) parent[right] = left;
  else parent[left] = right;
}
