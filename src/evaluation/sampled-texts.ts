import { createRandom, shuffle } from "../math/random.js";
import type { Matrix } from "../math/tensor.js";
import type { Embed, Evaluation, Evaluator, RowDetails, SampledText, Side } from "./metric.js";

/** Texts whose vectors are kept of an evaluation. */
export const MOST_SAMPLED = 2000;

/** Vectors of a side that are held back until the rows are known: of more texts none of the side is sampled. */
const MOST_HELD = 50_000;

/**
 * The same evaluator, whose evaluations also have a sample of the vectors that they were made of: nothing is embedded for it. The same texts
 * are drawn every time, at most 2,000.
 */
export function sampledEvaluator(evaluator: Evaluator, seed: number): Evaluator {
  let chosen: Wanted | undefined;
  return {
    ...evaluator,
    run: async (embed, teacher) => {
      const held = openHeld(chosen);
      const evaluation = await evaluator.run(held.recording(embed), teacher);
      const { details } = evaluation;
      if (details === undefined) return evaluation;
      chosen ??= wantedTexts(details, seed, held.vectorOf);
      return withSample(evaluation, chosen, held.vectorOf);
    },
  };
}

/** The texts of the sample, and what they are by side. */
interface Wanted {
  readonly texts: readonly (SampledText & { readonly text: string })[];
  readonly bySide: Readonly<Record<Side, ReadonlySet<string>>>;
}

type VectorOf = (side: Side, text: string) => Float32Array | undefined;

/** Vectors that pass by: of the wanted texts, or while these are not known of all. */
function openHeld(wanted: Wanted | undefined) {
  const held: Record<Side, Map<string, Float32Array>> = { query: new Map(), document: new Map() };
  const passed: Record<Side, number> = { query: 0, document: 0 };
  const keep = (side: Side, texts: readonly string[], { cols, data }: Matrix): void => {
    passed[side] += texts.length;
    if (wanted === undefined && passed[side] > MOST_HELD) {
      held[side].clear();
      return;
    }
    texts.forEach((text, i) => {
      if (wanted !== undefined && !wanted.bySide[side].has(text)) return;
      // A copy, so that a block of vectors is not kept alive for one of them.
      held[side].set(text, data.slice(i * cols, (i + 1) * cols));
    });
  };
  const recording =
    (embed: Embed): Embed =>
    async (texts, side) => {
      const vectors = await embed(texts, side);
      keep(side, texts, vectors);
      return vectors;
    };
  const vectorOf: VectorOf = (side, text) => held[side].get(text);
  return { recording, vectorOf };
}

/** Rows in random order, with those of their texts that were embedded and not drawn before, until there are enough; then in file order. */
function wantedTexts(details: RowDetails, seed: number, vectorOf: VectorOf): Wanted {
  const { texts, others } = details;
  const bySide = { query: new Set<string>(), document: new Set<string>() };
  const drawn: (SampledText & { readonly text: string })[] = [];
  const order = shuffle([...texts.keys()], createRandom(seed, "sample"));
  for (const row of order) {
    if (drawn.length + 2 > MOST_SAMPLED) break;
    const parts: [Side, string | undefined][] = [
      ["query", texts[row]],
      ["document", others?.[row]],
    ];
    for (const [side, text] of parts) {
      if (text === undefined || bySide[side].has(text)) continue;
      if (vectorOf(side, text) === undefined) continue;
      bySide[side].add(text);
      drawn.push({ row, side, text });
    }
  }
  return { texts: drawn.sort((a, b) => a.row - b.row), bySide };
}

function withSample(evaluation: Evaluation, { texts }: Wanted, vectorOf: VectorOf): Evaluation {
  const found = texts.map(({ side, text }) => vectorOf(side, text));
  const cols = found[0]?.length ?? 0;
  if (found.some((vector) => vector === undefined)) return evaluation;
  const data = new Float32Array(texts.length * cols);
  found.forEach((vector, i) => {
    if (vector !== undefined) data.set(vector, i * cols);
  });
  const vectors = { rows: texts.length, cols, data };
  return {
    ...evaluation,
    sample: { texts: texts.map(({ row, side }) => ({ row, side })), vectors },
  };
}
