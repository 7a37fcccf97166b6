import { createRandom, shuffle } from "../../math/random.js";
import { mean } from "../../math/statistics.js";
import type { Matrix } from "../../math/tensor.js";
import { normalizedRows } from "../cosine.js";
import {
  type Embed,
  type Evaluator,
  type Glance,
  type RowDetails,
  type Side,
  unmeasured,
} from "../metric.js";
import { alignment, evenness, normsOf, participationRatio } from "./geometry.js";

/** Texts whose pairs are all compared, and positive pairs: few, since this is done at every evaluation. */
const TEXTS = 256;
const PAIRS = 1000;
/** Vectors beyond so many are not held until the end of an evaluation. */
const HELD = 50_000;

/** The evaluator with a glance at the vectors that it has embedded in any case; the same texts at every evaluation. */
export function withGlance(evaluator: Evaluator, seed: number): Evaluator {
  return {
    ...evaluator,
    run: async (embed, teacher) => {
      const seen: Seen[] = [];
      const evaluation = await evaluator.run(holding(embed, seen), teacher);
      const { details } = evaluation;
      if (details === undefined) return evaluation;
      return { ...evaluation, glance: await glanceAt(details, seen, seed) };
    },
  };
}

/** Measures nothing of texts that have no answer, and glances at how some of them lie. */
export function glanceOnly(texts: readonly string[], seed: number): Evaluator {
  const drawn = drawnTexts(texts, seed);
  return {
    ...unmeasured,
    run: async (embed) => {
      const glance = await glanceOn(await embed(drawn, "query"));
      return { task: unmeasured.task, rows: 0, metrics: [], glance };
    },
  };
}

function drawnTexts(texts: readonly string[], seed: number): string[] {
  return shuffle([...new Set(texts)], createRandom(seed, "analysis")).slice(0, TEXTS);
}

async function glanceOn(sample: Matrix): Promise<Glance | undefined> {
  if (sample.rows < 3) return undefined;
  return {
    texts: sample.rows,
    ...(await evenness(normalizedRows(sample))),
    effectiveRank: participationRatio(normalizedRows(sample)),
    meanNorm: normsOf(sample).mean,
  };
}

interface Seen {
  readonly texts: readonly string[];
  readonly side: Side;
  readonly vectors: Matrix;
}

function holding(embed: Embed, seen: Seen[]): Embed {
  let held = 0;
  return async (texts, side) => {
    const vectors = await embed(texts, side);
    held += texts.length;
    if (held <= HELD) seen.push({ texts, side, vectors });
    return vectors;
  };
}

async function glanceAt(
  details: RowDetails,
  seen: readonly Seen[],
  seed: number,
): Promise<Glance | undefined> {
  const { texts, others } = details;
  const pairs = others === undefined ? [] : drawnPairs(details, others, seed);
  const drawn = drawnTexts(texts, seed);
  const asked = vectorsOf([...drawn, ...pairs.map(([text]) => text)], "query", seen);
  const answers = vectorsOf(
    pairs.map(([, other]) => other),
    "document",
    seen,
  );
  const sample = rowsOf(drawn.flatMap((text) => asked.get(text) ?? []));
  const glance = sample && (await glanceOn(sample));
  if (glance === undefined) return undefined;
  const both = pairs.flatMap(([text, other]) => {
    const [x, y] = [asked.get(text), answers.get(other)];
    return x === undefined || y === undefined ? [] : [[x, y]];
  });
  const [left, right] = [rowsOf(both.map(([x]) => x)), rowsOf(both.map(([, y]) => y))];
  return {
    ...glance,
    alignment: left && right && alignment(normalizedRows(left), normalizedRows(right)),
    meanMargin: meanOf(details.figures.margin),
  };
}

/** Texts that belong together. */
function drawnPairs({ texts, positive }: RowDetails, others: readonly string[], seed: number) {
  const rows = texts.flatMap((_, i) => (positive === undefined || positive[i] === 1 ? [i] : []));
  return shuffle(rows, createRandom(seed, "alignment"))
    .slice(0, PAIRS)
    .map((i) => [texts[i], others[i]] as const);
}

/** The vectors of texts as they were embedded on a side. */
function vectorsOf(
  wanted: readonly string[],
  side: Side,
  seen: readonly Seen[],
): ReadonlyMap<string, Float32Array> {
  const missing = new Set(wanted);
  const found = new Map<string, Float32Array>();
  for (const { texts, vectors, side: own } of seen) {
    if (own !== side) continue;
    const { cols, data } = vectors;
    texts.forEach((text, i) => {
      if (missing.delete(text)) found.set(text, data.subarray(i * cols, (i + 1) * cols));
    });
  }
  return found;
}

function rowsOf(vectors: readonly Float32Array[]): Matrix | undefined {
  if (vectors.length === 0) return undefined;
  const cols = vectors[0].length;
  const data = new Float32Array(vectors.length * cols);
  vectors.forEach((vector, i) => {
    data.set(vector, i * cols);
  });
  return { rows: vectors.length, cols, data };
}

function meanOf(values: ArrayLike<number> | undefined): number | undefined {
  const known = Float64Array.from(values ?? []).filter(Number.isFinite);
  return known.length === 0 ? undefined : mean(known);
}
