import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

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
