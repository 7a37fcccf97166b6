/**
 * The standard deviation that a row's figure under one model less that under another is taken to have before anything is measured (metrics
 * 0–1). Of the differences in bench/quality/README.md it is 0.07 to 0.25, of the small files in docs/getting-started.md 0.3 to 0.6.
 */
const ROW_DEVIATION = 0.3;
/** Of a normal distribution: so many standard errors to each side are its middle 95 %. */
const SIDES = 1.96;

/** About the smallest difference of two models' means that n rows can show: half of its 95 % interval, 1.96 · 0.3/√n. */
export function smallestDifference(rows: number): number {
  return (SIDES * ROW_DEVIATION) / Math.sqrt(rows);
}

/** About how many rows show a difference: (1.96 · 0.3/difference)². */
export function rowsToShow(difference: number): number {
  return Math.ceil(((SIDES * ROW_DEVIATION) / difference) ** 2);
}
