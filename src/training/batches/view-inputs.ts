import { augmentText } from "../../dataset/augment/augment-text.js";
import type { Augmentation } from "../../dataset/augment/augmentation.js";
import type { PairRow } from "../../dataset/rows/row-types.js";
import { createRandom } from "../../math/random.js";
import type { BatchMaker, BatchMakerOptions } from "./batch-inputs.js";
import { pairBatches } from "./pair-inputs.js";

export interface ViewOptions extends BatchMakerOptions {
  readonly augmentations: readonly Augmentation[];
  /** V: views of each text. */
  readonly views: number;
}

/** Batches of texts beside themselves, each side another view. */
export interface ViewBatches extends BatchMaker {
  /** The rows as an epoch sees them. */
  readonly rowsIn: (epoch: number) => readonly PairRow[];
}

/**
 * Makes V views of each text before training, so that a frozen encoder embeds each once: in epoch e (from 0) the anchor is view 2e mod V and the
 * positive view 2e + 1 mod V. Rows of one text still count as connected. View v of the text depends on the seed, the text and v alone.
 */
export function viewBatches(rows: readonly PairRow[], options: ViewOptions): ViewBatches {
  const { views: V, seed, augmentations } = options;
  const base = pairBatches(rows, options);
  const numbers = new Map<string, number>();
  const owners: number[] = [];
  const table = new Int32Array(base.texts.length * V);
  base.texts.forEach((text, owner) => {
    for (let v = 0; v < V; v++) {
      const random = createRandom(seed, `view/${v}/${text}`);
      const view = augmentText(text, augmentations, random);
      const number = numbers.get(view) ?? numbers.size;
      if (number === numbers.size) owners.push(owner);
      numbers.set(view, number);
      table[owner * V + v] = number;
    }
  });
  const texts = [...numbers.keys()];
  const viewOf = (owner: number, epoch: number, side: 0 | 1): number =>
    table[owner * V + ((2 * epoch + side) % V)];
  const ownerOfRow = new Map(base.texts.map((text, owner) => [text, owner]));
  return {
    ...base,
    texts,
    make: (planned) => {
      const batch = base.make(planned);
      const own = batch.texts.anchors ?? new Int32Array(0);
      return {
        ...batch,
        texts: {
          anchors: own.map((owner) => viewOf(owner, planned.epoch, 0)),
          positives: own.map((owner) => viewOf(owner, planned.epoch, 1)),
        },
      };
    },
    falseNegatives:
      base.falseNegatives === undefined
        ? undefined
        : (which, viewNumbers) =>
            base.falseNegatives!(
              which,
              viewNumbers.map((view) => owners[view]),
            ),
    rowsIn: (epoch) =>
      rows.map((row) => {
        const owner = ownerOfRow.get(row.anchor) as number;
        return {
          ...row,
          anchor: texts[viewOf(owner, epoch, 0)],
          positive: texts[viewOf(owner, epoch, 1)],
        };
      }),
  };
}
