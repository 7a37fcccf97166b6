import { setImmediate } from "node:timers/promises";
import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Arrays outside the heap that together are worth the time of a collection, which takes a tenth of a second and more. */
const LARGE_BYTES = 2 ** 25;

/**
 * Frees what is no longer reachable where arrays outside the heap take 32 MiB or more: copies of a small model are left to the
 * engine, since a short run would spend most of its time here.
 */
export async function collectLargeArrays(): Promise<void> {
  if (getHeapStatistics().external_memory >= LARGE_BYTES) await collectGarbage();
}

/**
 * Frees what is no longer reachable. The engine is in no hurry with large arrays outside its heap: after a model was read and
 * handed over, its copies would otherwise stay for minutes beside those that training needs. The second pass, a turn of the
 * event loop later, finds what finished calls still held during the first.
 */
export async function collectGarbage(): Promise<void> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  setFlagsFromString("--no-expose-gc");
  for (let pass = 0; pass < 2; pass++) {
    await setImmediate();
    collect();
  }
}
