import type { Random } from "../math/random.js";

/** How far below its positive's score a negative's must be: by a difference, or by a share of the positive's score. */
export interface Margin {
  readonly kind: "absolute" | "relative";
  readonly value: number;
}

export interface SelectionRules {
  /** Candidates by falling score, from this rank on and before that one; ranks count from 0 and leave out a row's own texts. */
  readonly rangeMin: number;
  readonly rangeMax: number;
  /** Higher scores are too likely false negatives. */
  readonly maxScore?: number | undefined;
  readonly margin?: Margin | undefined;
  readonly sampling: "top" | "random";
  readonly count: number;
}

/** How many candidates each rule removed, over all rows. */
export interface RuleCounts {
  /** Own anchors and positives, and texts equal to them but for case and punctuation. */
  own: number;
  /** Nearer than --range-min. */
  tooNear: number;
  aboveMaxScore: number;
  withinMargin: number;
  /** Explicit negatives that the row has already. */
  known: number;
  /** Passed all rules and were not needed. */
  notNeeded: number;
  chosen: number;
}

/** Nothing removed yet. */
export function noCounts(): RuleCounts {
  return {
    own: 0,
    tooNear: 0,
    aboveMaxScore: 0,
    withinMargin: 0,
    known: 0,
    notNeeded: 0,
    chosen: 0,
  };
}

/** A candidate of one row. */
export interface Scored {
  readonly candidate: number;
  readonly score: number;
}

/** Candidates of a row in the wanted range: what is found nearest, without the row's own texts. */
export function inRange(
  found: Iterable<Scored>,
  own: ReadonlySet<number>,
  rules: SelectionRules,
  counts: RuleCounts,
): Scored[] {
  const kept: Scored[] = [];
  let rank = 0;
  for (const scored of found) {
    if (own.has(scored.candidate)) {
      counts.own += 1;
      continue;
    }
    if (rank < rules.rangeMin) counts.tooNear += 1;
    else kept.push(scored);
    rank += 1;
    if (rank === rules.rangeMax) break;
  }
  return kept;
}

/**
 * The negatives of one row: candidates whose score is at most `maxScore` and below the positive's by the margin (absolute: s ≤ s⁺ − m;
 * relative: s ≤ s⁺ − |s⁺|·m, for s⁺ ≥ 0 NV-Retriever's TopK-PercPos, Moreira 2024, section 4), the nearest ones or some at random.
 */
export function selectNegatives(
  candidates: readonly Scored[],
  row: {
    readonly positiveScore: number;
    readonly isKnown: (candidate: number) => boolean;
    readonly random: Random;
  },
  rules: SelectionRules,
  counts: RuleCounts,
): Scored[] {
  const limit = scoreLimit(row.positiveScore, rules.margin);
  const passed = candidates.filter(({ candidate, score }) => {
    if (row.isKnown(candidate)) counts.known += 1;
    else if (score > (rules.maxScore ?? Number.POSITIVE_INFINITY)) counts.aboveMaxScore += 1;
    else if (score > limit) counts.withinMargin += 1;
    else return true;
    return false;
  });
  const chosen =
    rules.sampling === "top"
      ? passed.slice(0, rules.count)
      : drawn(passed, rules.count, row.random);
  counts.chosen += chosen.length;
  counts.notNeeded += passed.length - chosen.length;
  return chosen;
}

function scoreLimit(positive: number, margin: Margin | undefined): number {
  if (margin === undefined) return Number.POSITIVE_INFINITY;
  return margin.kind === "absolute"
    ? positive - margin.value
    : positive - Math.abs(positive) * margin.value;
}

/** Some of the candidates at random, in their order. */
function drawn(candidates: readonly Scored[], count: number, random: Random): Scored[] {
  const places = Array.from(candidates.keys());
  for (let i = 0; i < Math.min(count, places.length); i++) {
    const other = i + random.below(places.length - i);
    [places[i], places[other]] = [places[other], places[i]];
  }
  return places
    .slice(0, count)
    .sort((a, b) => a - b)
    .map((place) => candidates[place]);
}
