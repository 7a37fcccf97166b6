import { AsyncLocalStorage } from "node:async_hooks";

/** What `done` and `total` of a `Wait` count. */
export type ProgressUnit = "bytes" | "texts" | "rows";

/** Something that may take long, and how far it has come. */
export interface Wait {
  /** What is done, and with which file: `reading pairs.csv`. */
  readonly title: string;
  readonly unit: ProgressUnit;
  readonly done: number;
  /** Undefined where nobody knows: of standard input and pipes. */
  readonly total: number | undefined;
  readonly ended: boolean;
}

/** A wait under way. */
export interface ProgressReport {
  /** `count` more are done. */
  readonly add: (count: number) => void;
  /** Nothing more comes. May be called twice. */
  readonly end: () => void;
}

const listeners = new AsyncLocalStorage<(wait: Wait) => void>();

/**
 * Runs `work`; `listener` is told of each wait inside it: files that are read, hashed or written. What waits need not be handed who
 * listens, since reading happens below nearly every function there is.
 */
export function watchWaits<T>(listener: (wait: Wait) => void, work: () => Promise<T>): Promise<T> {
  return listeners.run(listener, work);
}

/** Tells whoever watches (`watchWaits`) how far something has come; nobody may. */
export function reportWait(
  title: string,
  unit: ProgressUnit,
  total: number | undefined,
): ProgressReport {
  const listener = listeners.getStore();
  let done = 0;
  let ended = listener === undefined;
  const tell = (): void => listener?.({ title, unit, done, total, ended });
  return {
    add: (count) => {
      if (ended) return;
      done += count;
      tell();
    },
    end: () => {
      if (ended) return;
      ended = true;
      tell();
    },
  };
}
