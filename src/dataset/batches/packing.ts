/** Lists of keys: those of item i are keys[start[i]] … keys[start[i + 1] − 1]. */
interface KeyLists {
  readonly start: Int32Array;
  readonly keys: Int32Array;
}

/** Key lists of `count` items; `keysOf` adds those of one. */
export function keyLists(
  count: number,
  keysOf: (item: number, add: (key: number) => void) => void,
): KeyLists {
  const start = new Int32Array(count + 1);
  const keys: number[] = [];
  for (let item = 0; item < count; item++) {
    keysOf(item, (key) => keys.push(key));
    start[item + 1] = keys.length;
  }
  return { start, keys: Int32Array.from(keys) };
}

/**
 * What goes into batches. An item is a row, or several texts that travel together. Two items conflict when a key is hard in one and
 * hard or soft in the other; they had better not meet when a key is soft in both.
 */
export interface PackItems {
  /** Size of each item; absent: 1 each. */
  readonly sizes?: Int32Array;
  readonly hard: KeyLists;
  readonly soft: KeyLists;
  /** Keys are 0 … keyCount − 1. */
  readonly keyCount: number;
}

interface PackOptions {
  /** Largest sum of sizes in a batch. */
  readonly capacity: number;
  /** Whether a batch (of items) can be trained on; the items of one that cannot are left unused. */
  readonly legal: (items: readonly number[]) => boolean;
}

/**
 * Fills batches with the items in the given order. An item that conflicts with the batch waits for a later one, in a queue of the key that
 * kept it out; each batch first takes one item of each queue, since it cannot take two. Only when no fresh item is left do items meet
 * whose keys are soft in both. Linear in the number of items but for those that wait repeatedly.
 */
export function pack(
  items: PackItems,
  order: ArrayLike<number>,
  options: PackOptions,
): { readonly batches: readonly (readonly number[])[]; readonly unused: readonly number[] } {
  const batches: number[][] = [];
  const unused: number[] = [];
  const packer = createPacker(items, options.capacity);
  const hasSoft = items.soft.keys.length > 0;
  let fresh = 0;
  while (fresh < order.length || packer.waiting()) {
    packer.open();
    packer.takeWaiting(false);
    while (packer.room() && fresh < order.length) packer.offer(order[fresh++], false);
    let placing = hasSoft;
    while (placing && packer.room()) placing = packer.takeWaiting(true);
    const batch = packer.close();
    if (options.legal(batch)) batches.push(batch);
    else unused.push(...batch);
  }
  return { batches, unused };
}

interface Packer {
  /** Whether any item waits. */
  waiting(): boolean;
  open(): void;
  room(): boolean;
  /** Places the item or lets it wait. */
  offer(item: number, relaxed: boolean): boolean;
  /** Offers the first item of each queue; whether one was placed. */
  takeWaiting(relaxed: boolean): boolean;
  close(): number[];
}

function createPacker(items: PackItems, capacity: number): Packer {
  const conflicts = conflictTable(items);
  const queues = keyedQueues(items.keyCount, items.hard.start.length - 1);
  let batch: number[] = [];
  let used = 0;
  /** An item that did not fit into what was left of the batch; it opens the next. */
  let carried = -1;
  const place = (item: number): void => {
    conflicts.stamp(item);
    batch.push(item);
    used += items.sizes?.[item] ?? 1;
  };
  const offer = (item: number, relaxed: boolean): boolean => {
    const blocking = conflicts.blocking(item, relaxed);
    if (blocking >= 0) queues.push(blocking, item);
    else if (batch.length > 0 && used + (items.sizes?.[item] ?? 1) > capacity) carried = item;
    else place(item);
    return blocking < 0;
  };
  const room = (): boolean => used < capacity && carried < 0;
  return {
    offer,
    room,
    waiting: () => carried >= 0 || queues.any(),
    open: () => {
      batch = [];
      used = 0;
      conflicts.nextBatch();
      if (carried >= 0) place(carried);
      carried = -1;
    },
    takeWaiting: (relaxed) => {
      let placed = false;
      queues.visit((item) => {
        placed = offer(item, relaxed) || placed;
        return room();
      });
      return placed;
    },
    close: () => batch,
  };
}

interface ConflictTable {
  nextBatch(): void;
  stamp(item: number): void;
  /** A key that keeps the item out of the batch, or −1. */
  blocking(item: number, relaxed: boolean): number;
}

function conflictTable({ hard, soft, keyCount }: PackItems): ConflictTable {
  const hardIn = new Int32Array(keyCount);
  const softIn = new Int32Array(keyCount);
  let batch = 0;
  return {
    nextBatch: () => {
      batch += 1;
    },
    stamp: (item) => {
      for (let i = hard.start[item]; i < hard.start[item + 1]; i++) hardIn[hard.keys[i]] = batch;
      for (let i = soft.start[item]; i < soft.start[item + 1]; i++) softIn[soft.keys[i]] = batch;
    },
    blocking: (item, relaxed) => {
      for (let i = hard.start[item]; i < hard.start[item + 1]; i++) {
        const key = hard.keys[i];
        if (hardIn[key] === batch || softIn[key] === batch) return key;
      }
      for (let i = soft.start[item]; i < soft.start[item + 1]; i++) {
        const key = soft.keys[i];
        if (hardIn[key] === batch || (!relaxed && softIn[key] === batch)) return key;
      }
      return -1;
    },
  };
}

interface KeyedQueues {
  any(): boolean;
  push(key: number, item: number): void;
  /** Takes the first item of each queue, the longest waiting queue first, until `take` returns false. */
  visit(take: (item: number) => boolean): void;
}

/** First-in-first-out queues by key, as linked lists: an item waits in one queue at a time. */
function keyedQueues(keyCount: number, itemCount: number): KeyedQueues {
  const head = new Int32Array(keyCount).fill(-1);
  const tail = new Int32Array(keyCount);
  const next = new Int32Array(itemCount);
  const listed = new Uint8Array(keyCount);
  let keys: number[] = [];
  const list = (key: number): void => {
    if (listed[key] === 0) keys.push(key);
    listed[key] = 1;
  };
  const push = (key: number, item: number): void => {
    next[item] = -1;
    if (head[key] === -1) head[key] = item;
    else next[tail[key]] = item;
    tail[key] = item;
    list(key);
  };
  return {
    any: () => keys.length > 0,
    push,
    visit: (take) => {
      const visited = keys;
      keys = [];
      let more = true;
      let at = 0;
      for (; more && at < visited.length; at++) {
        const key = visited[at];
        const item = head[key];
        listed[key] = 0;
        head[key] = next[item];
        more = take(item);
        if (head[key] !== -1) list(key);
      }
      keys = [...visited.slice(at), ...keys];
    },
  };
}
