import { invariant } from "../errors/internal.js";
import { createRandom } from "../math/random.js";
import { type Kernel, loadKernel } from "./kernel/load.js";

/** What a mask is a function of, besides its rate. */
export interface MaskKey {
  readonly seed: number;
  /** The update, 1, 2, …: the same step gives the same mask, also after a resume. */
  readonly step: number;
  /** Name of the place in the model. */
  readonly site: string;
}

/** One run of consecutive elements of a mask. */
export interface MaskRun {
  /** Where it begins in the target. */
  readonly target: number;
  /** The place of its first element, which with the key decides what is dropped; modulo 2³². */
  readonly place: number;
  readonly length: number;
}

/** Fills dropout masks. Holds a WebAssembly memory as large as the largest mask so far. */
export interface MaskFiller {
  /**
   * A mask of `length` elements: 0 or 1/(1 − rate) within the runs, 0 elsewhere. The result is a fresh array with a buffer
   * of its own, which may be given away.
   */
  fill(key: MaskKey, rate: number, mask: { length: number; runs: Iterable<MaskRun> }): Float32Array;
}

/**
 * A source of dropout masks from a counter-based generator: which elements are dropped depends on (seed, step, site, place)
 * alone, not on what was drawn before (Salmon 2011, "Parallel random numbers: as easy as 1, 2, 3").
 */
export function createMaskFiller(): MaskFiller {
  let kernel: Kernel | undefined;
  const room = (length: number): Kernel => {
    const bytes = length * 4;
    if (kernel === undefined || kernel.memory.buffer.byteLength < bytes) kernel = loadKernel(bytes);
    return kernel;
  };
  return {
    fill: (key, rate, { length, runs }) => {
      invariant(rate >= 0 && rate < 1, `a dropout rate must be in [0, 1), got ${rate}`);
      const { memory, dropoutMask } = room(length);
      const random = createRandom(key.seed, `dropout/${key.site}/${key.step}`);
      const [key0, key1] = [random.uint32(), random.uint32()];
      const threshold = Math.round(rate * 2 ** 32);
      const scale = 1 / (1 - rate);
      const mask = new Float32Array(memory.buffer, 0, length);
      mask.fill(0);
      for (const run of runs) {
        dropoutMask(run.target * 4, run.length, run.place, key0, key1, threshold, scale);
      }
      return mask.slice();
    },
  };
}
