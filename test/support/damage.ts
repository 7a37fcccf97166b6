import { readFileSync, writeFileSync } from "node:fs";

/** Turns over one bit of a file; `place` in [0,1) says which. */
export function flipBit(path: string, place: number): void {
  const bytes = readFileSync(path);
  const bit = Math.floor(place * bytes.length * 8);
  bytes[bit >> 3] ^= 1 << (bit & 7);
  writeFileSync(path, bytes);
}
