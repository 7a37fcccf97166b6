import type { HashWords } from "./text-hash.js";
import { hashWords } from "./text-hash.js";

/**
 * Distinct texts by their 64-bit hashes: about 20 bytes a text whatever its length, since the texts themselves are not kept. How a text is
 * hashed says which texts are equal (`hashText`, or `hashPlainForm` for equality but for case and punctuation).
 */
export interface TextTable {
  /** The number of the text, from 0 in order of first appearance; a new text is added. */
  add(text: string): number;
  /** The number of the text, or −1. */
  find(text: string): number;
  /** How many distinct texts there are. */
  size(): number;
}

/** Filled to this share before it grows. */
const fullest = 0.75;

/** An empty table. */
export function createTextTable(hash: (text: string, into: HashWords) => void): TextTable {
  const words = hashWords();
  let slots = emptySlots(1 << 10);
  let size = 0;
  const numberIn = (slot: number): number => slots.numbers[slot] - 1;
  return {
    add: (text) => {
      hash(text, words);
      const [a, b] = [words[0], words[1]];
      if (size >= fullest * slots.low.length) slots = doubled(slots);
      const slot = slotOf(slots, a, b);
      if (isTaken(slots, slot)) return numberIn(slot);
      put(slots, slot, [a, b, ++size]);
      return size - 1;
    },
    find: (text) => {
      hash(text, words);
      return numberIn(slotOf(slots, words[0], words[1]));
    },
    size: () => size,
  };
}

/** Open addressing with linear steps. A slot is free where both words are 0, which no hash is. Numbers count from 1. The length is a power of two. */
interface Slots {
  readonly low: Uint32Array;
  readonly high: Uint32Array;
  readonly numbers: Int32Array;
}

function emptySlots(length: number): Slots {
  return {
    low: new Uint32Array(length),
    high: new Uint32Array(length),
    numbers: new Int32Array(length),
  };
}

function isTaken({ low, high }: Slots, slot: number): boolean {
  return low[slot] !== 0 || high[slot] !== 0;
}

/** The slot that holds the hash, or the free one where it belongs. */
function slotOf(slots: Slots, a: number, b: number): number {
  const { low, high } = slots;
  const mask = low.length - 1;
  let slot = a & mask;
  while (isTaken(slots, slot) && (low[slot] !== a || high[slot] !== b)) slot = (slot + 1) & mask;
  return slot;
}

function put(slots: Slots, slot: number, [a, b, number]: readonly [number, number, number]): void {
  slots.low[slot] = a;
  slots.high[slot] = b;
  slots.numbers[slot] = number;
}

function doubled(old: Slots): Slots {
  const slots = emptySlots(2 * old.low.length);
  for (let i = 0; i < old.low.length; i++) {
    if (!isTaken(old, i)) continue;
    const [a, b] = [old.low[i], old.high[i]];
    put(slots, slotOf(slots, a, b), [a, b, old.numbers[i]]);
  }
  return slots;
}
