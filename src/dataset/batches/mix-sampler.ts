import { usageError } from "../../errors/user-error.js";
import { createRandom, shuffle } from "../../math/random.js";
import { type EpochPlan, plannedOnce, type Sampler, stepsPerEpoch } from "./sampler.js";

/**
 * In which proportions the batches of several files come: `proportional` each as many as it has; `round-robin` by turns; `temperature` T as
 * many as (its batches)^T, so that 1 is proportional and 0 is equal shares (Conneau & Lample 2019, section 3.1).
 */
type Mix =
  | { readonly kind: "proportional" }
  | { readonly kind: "round-robin" }
  | { readonly kind: "temperature"; readonly temperature: number };

/** Reads `proportional`, `round-robin` or `temperature:0.5`. UserError (exit 2): bad-mix. */
export function parseMix(text: string): Mix {
  const [kind, amount = ""] = text.split(":");
  if (text === "proportional" || text === "round-robin") return { kind: text };
  const temperature = amount.trim() === "" ? Number.NaN : Number(amount);
  if (kind === "temperature" && temperature >= 0 && temperature <= 1) return { kind, temperature };
  throw usageError(
    "bad-mix",
    `--mix must be proportional, round-robin or temperature:T with T from 0 to 1, got "${text}"`,
    "for example --mix temperature:0.5",
  );
}

/** The sampler of one file's rows, which stand from `first` on among all rows. */
interface MixedPart {
  readonly sampler: Sampler;
  readonly first: number;
}

/**
 * Batches of several files, each batch from one of them. An epoch has as many batches as all files together; a file that comes more often than
 * it has batches begins its next epoch, one that comes less often goes on in the next epoch where it stopped.
 */
export function mixSampler(parts: readonly MixedPart[], mix: Mix, seed: number): Sampler {
  const sizes = parts.map(({ sampler }) => stepsPerEpoch(sampler));
  const counts = batchCounts(sizes, mix);
  const streams = parts.map(batchStream);
  return plannedOnce((epoch) => planEpoch(epoch), neverEmpty);

  function planEpoch(epoch: number): EpochPlan {
    const order = fileOrder(counts, mix, () => createRandom(seed, `mix/${epoch}`));
    const taken = counts.map((count) => epoch * count);
    const batches = order.map((file) => {
      const place = taken[file];
      taken[file] = place + 1;
      return streams[file](place);
    });
    const unused = parts.flatMap(({ sampler, first }) =>
      Array.from(sampler.plan(epoch).unused, (row) => row + first),
    );
    return { batches, unused: Int32Array.from(unused) };
  }
}

/** The batch of a file that is number `place` since the beginning, over its own epochs. */
function batchStream({ sampler, first }: MixedPart): (place: number) => Int32Array {
  // Epochs may differ by a few batches, so that their ends are found by walking.
  const ends: number[] = [];
  return (place) => {
    while ((ends.at(-1) ?? 0) <= place)
      ends.push((ends.at(-1) ?? 0) + sampler.plan(ends.length).batches.length);
    const epoch = ends.findIndex((end) => end > place);
    const start = epoch === 0 ? 0 : ends[epoch - 1];
    const batch = sampler.plan(epoch).batches[place - start];
    return batch.map((row) => row + first);
  };
}

/** Batches of each file in an epoch; their sum is that of all files' batches. */
function batchCounts(sizes: readonly number[], mix: Mix): readonly number[] {
  if (mix.kind === "proportional") return sizes;
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const weights = sizes.map((size) => (mix.kind === "temperature" ? size ** mix.temperature : 1));
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  let before = 0;
  return weights.map((weight) => {
    const from = Math.round((total * before) / all);
    before += weight;
    return Math.max(1, Math.round((total * before) / all) - from);
  });
}

function fileOrder(
  counts: readonly number[],
  mix: Mix,
  random: () => ReturnType<typeof createRandom>,
): number[] {
  const all = counts.flatMap((count, file) => Array.from({ length: count }, () => file));
  if (mix.kind !== "round-robin") return shuffle(all, random());
  const left = [...counts];
  const order: number[] = [];
  while (order.length < all.length) {
    for (const [file, count] of left.entries()) {
      if (count === 0) continue;
      left[file] = count - 1;
      order.push(file);
    }
  }
  return order;
}

function neverEmpty() {
  return usageError("no-legal-batch", "no file has a batch");
}
