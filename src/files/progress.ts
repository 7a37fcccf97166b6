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

let listener: ((wait: Wait) => void) | undefined;

/**
 * Tells `told` of each wait in this process: files that are read, hashed or written. Gives what ends that. One listens at a time, the
 * program at its terminal; reading happens below nearly every function there is, which need not hand on who listens.
 */
export function watchWaits(told: (wait: Wait) => void): () => void {
  listener = told;
  return () => {
    if (listener === told) listener = undefined;
  };
}

/** Tells whoever watches (`watchWaits`) how far something has come; nobody may. */
export function reportWait(
  title: string,
  unit: ProgressUnit,
  total: number | undefined,
): ProgressReport {
  let done = 0;
  let ended = false;
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
