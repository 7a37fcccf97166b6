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
  const locate = (text: string): number => {
    hash(text, words);
    return slotOf(slots, words[0] as number, words[1] as number);
  };
  return {
    add: (text) => {
      let slot = locate(text);
      const known = slots.numbers[slot] as number;
      if (known > 0) return known - 1;
      if (size >= fullest * slots.numbers.length) {
        slots = doubled(slots);
        slot = slotOf(slots, words[0] as number, words[1] as number);
      }
      put(slots, slot, [words[0] as number, words[1] as number, ++size]);
      return size - 1;
    },
    find: (text) => (slots.numbers[locate(text)] as number) - 1,
    size: () => size,
  };
}

/** Open addressing with linear steps; a slot is free where the number (counted from 1) is 0. The length is a power of two. */
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

/** The slot that holds the hash, or the free one where it belongs. */
function slotOf({ low, high, numbers }: Slots, a: number, b: number): number {
  const mask = numbers.length - 1;
  let slot = a & mask;
  while (numbers[slot] !== 0 && (low[slot] !== a || high[slot] !== b)) slot = (slot + 1) & mask;
  return slot;
}

function put(slots: Slots, slot: number, [a, b, number]: readonly [number, number, number]): void {
  slots.low[slot] = a;
  slots.high[slot] = b;
  slots.numbers[slot] = number;
}

function doubled(old: Slots): Slots {
  const slots = emptySlots(2 * old.numbers.length);
  for (let i = 0; i < old.numbers.length; i++) {
    const number = old.numbers[i] as number;
    if (number === 0) continue;
    const [a, b] = [old.low[i] as number, old.high[i] as number];
    put(slots, slotOf(slots, a, b), [a, b, number]);
  }
  return slots;
}
