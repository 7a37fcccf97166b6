import { rootOf, singletons, unite } from "../texts/union-find.js";

/**
 * Components of the graph in which two rows are joined when they share a key (a text, a group). Returns the component of each row,
 * numbered 0, 1, … in order of first appearance. Union–find with path halving: practically linear.
 */
export function componentsOf<Row>(
  rows: readonly Row[],
  keysOf: (row: Row) => readonly (string | number)[],
): Int32Array {
  const parent = singletons(rows.length);
  const owner = new Map<string | number, number>();
  rows.forEach((row, i) => {
    for (const key of keysOf(row)) {
      const other = owner.get(key);
      if (other === undefined) owner.set(key, i);
      else unite(parent, other, i);
    }
  });
  return numbered(parent);
}

/** How many rows each component has. */
export function componentSizes(components: Int32Array): Int32Array {
  let count = 0;
  for (const component of components) count = Math.max(count, component + 1);
  const sizes = new Int32Array(count);
  for (const component of components) sizes[component] = sizes[component] + 1;
  return sizes;
}

function numbered(parent: Int32Array): Int32Array {
  const components = new Int32Array(parent.length);
  let next = 0;
  for (let i = 0; i < parent.length; i++) {
    const root = rootOf(parent, i);
    components[i] = root === i ? next++ : components[root];
  }
  return components;
}
