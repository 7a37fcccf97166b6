import { createRandom } from "../../math/random.js";

/** A random sample of a stream whose length is not known beforehand. */
export interface Reservoir<T> {
  /** Considers the next item; `make` is called only when it is kept. */
  offer(make: () => T): void;
  items(): readonly T[];
}

/** Keeps `size` items, each with the same probability (Vitter 1985, algorithm R). */
export function createReservoir<T>(size: number, seed: number): Reservoir<T> {
  const random = createRandom(seed, "inspect");
  const items: T[] = [];
  let seen = 0;
  return {
    offer: (make) => {
      seen += 1;
      if (items.length < size) {
        items.push(make());
        return;
      }
      const place = random.below(seen);
      if (place < size) items[place] = make();
    },
    items: () => items,
  };
}
