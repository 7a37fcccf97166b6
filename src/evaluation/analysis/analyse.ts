import { createRandom, shuffle } from "../../math/random.js";
import { mean, quantile } from "../../math/statistics.js";
import type { Matrix } from "../../math/tensor.js";
import { normalizedRows } from "../cosine.js";
import type { Embed, RowDetails, Side } from "../metric.js";
import { alignment, type Geometry, geometry, normsOf, QUANTILES } from "./geometry.js";
import { hubness, neighborsOf } from "./neighbors.js";

/** Texts whose pairs are all compared; of more so many are drawn. */
const MOST_TEXTS = 2000;
/** Suspected false negatives that are told. */
const TOLD = 10;

/** How one model lays out the texts of a file. */
export interface Analysis extends Geometry {
  /** Distinct texts that were looked at, and that there are. */
  readonly texts: number;
  readonly of: number;
  /** Absent where no two texts belong together. */
  readonly alignment?: number | undefined;
  readonly norms: ReturnType<typeof normsOf>;
  readonly hubness: number;
  /** Of the best right candidate over the best wrong one, where rows have candidates. */
  readonly margins?: Margins | undefined;
  /** Candidates that no row calls right but that come before a right one: mistakes of the model or of the labels. */
  readonly falseNegatives: readonly FalseNegative[];
}

interface Margins {
  readonly mean: number;
  readonly quantiles: readonly number[];
  /** Share of rows whose best wrong candidate comes before all right ones. */
  readonly negative: number;
}

interface FalseNegative {
  readonly line: number;
  readonly text: string;
  readonly candidate: string;
  readonly candidateLine?: number | undefined;
  readonly score: number;
}

/** An analysis, and the neighbours that another model's are compared with. */
export interface Look {
  readonly analysis: Analysis;
  readonly neighbors: readonly Int32Array[];
}

/**
 * Looks at the vectors of a file's texts. The same texts are drawn for every model. `embed` puts the prompts before texts. Undefined for fewer
 * than three distinct texts.
 */
export async function analyse(
  details: RowDetails,
  embed: Embed,
  seed = 42,
): Promise<Look | undefined> {
  const all = distinctTexts(details);
  if (all.length < 3) return undefined;
  const drawn = shuffle([...all], createRandom(seed, "analysis")).slice(0, MOST_TEXTS);
  const vectors = await embedSides(drawn, embed);
  const unit = normalizedRows(vectors);
  const neighbors = await neighborsOf(unit);
  const analysis: Analysis = {
    texts: drawn.length,
    of: all.length,
    alignment: await alignmentOf(details, embed),
    ...(await geometry(unit)),
    norms: normsOf(vectors),
    hubness: hubness(neighbors),
    margins: marginsOf(details),
    falseNegatives: falseNegatives(details),
  };
  return { analysis, neighbors };
}

interface SidedText {
  readonly text: string;
  readonly side: Side;
}

/** Each text once, on the side where it stands first. */
function distinctTexts({ texts, others = [] }: RowDetails): SidedText[] {
  const sides = new Map<string, Side>();
  for (const text of texts) sides.set(text, "query");
  for (const text of others) if (!sides.has(text)) sides.set(text, "document");
  return Array.from(sides, ([text, side]) => ({ text, side }));
}

async function embedSides(drawn: readonly SidedText[], embed: Embed): Promise<Matrix> {
  const parts = await Promise.all(
    (["query", "document"] as const).map(async (side) => {
      const rows = drawn.flatMap((one, i) => (one.side === side ? [i] : []));
      if (rows.length === 0) return undefined;
      return {
        rows,
        vectors: await embed(
          rows.map((i) => drawn[i].text),
          side,
        ),
      };
    }),
  );
  const found = parts.filter((part) => part !== undefined);
  const { cols } = found[0].vectors;
  const data = new Float32Array(drawn.length * cols);
  for (const { rows, vectors } of found)
    rows.forEach((row, i) => {
      data.set(vectors.data.subarray(i * cols, (i + 1) * cols), row * cols);
    });
  return { rows: drawn.length, cols, data };
}

async function alignmentOf(details: RowDetails, embed: Embed): Promise<number | undefined> {
  const { texts, others, positive } = details;
  if (others === undefined) return undefined;
  const rows = texts.flatMap((_, i) => (positive === undefined || positive[i] === 1 ? [i] : []));
  if (rows.length === 0) return undefined;
  const x = await embed(
    rows.map((i) => texts[i]),
    "query",
  );
  const y = await embed(
    rows.map((i) => others[i]),
    "document",
  );
  return alignment(normalizedRows(x), normalizedRows(y));
}

function marginsOf({ figures: { margin } }: RowDetails): Margins | undefined {
  const known = Float64Array.from(margin ?? [])
    .filter(Number.isFinite)
    .sort();
  if (known.length === 0) return undefined;
  return {
    mean: mean(known),
    quantiles: QUANTILES.map((q) => quantile(known, q)),
    negative: known.filter((value) => value <= 0).length / known.length,
  };
}

/** The wrong candidates of highest score among those that come before all right ones. */
function falseNegatives({ ranked = [], lines, texts }: RowDetails): FalseNegative[] {
  return ranked
    .flatMap((list, i) => {
      const right = list.findIndex((one) => one.right);
      const before = list.slice(0, right < 0 ? list.length : right);
      return before.map(({ text, line, score }) => ({
        line: lines[i],
        text: texts[i],
        candidate: text,
        candidateLine: line,
        score,
      }));
    })
    .sort((a, b) => b.score - a.score)
    .slice(0, TOLD);
}
