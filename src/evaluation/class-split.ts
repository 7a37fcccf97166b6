import { UserError } from "../errors/user-error.js";
import { createRandom, shuffle } from "../math/random.js";

/** A text and its class. */
export interface ClassedText {
  readonly text: string;
  readonly label: string;
  readonly line?: number;
}

interface ClassSplitOptions {
  /** Share of the texts to test on, in (0, 1). Default 0.2. */
  readonly share?: number | undefined;
  readonly seed?: number | undefined;
}

/**
 * Splits one classed file into training texts and test texts, stratified: a share of each class, drawn at random by
 * the seed (42), goes to the test set; rounding is carried from class to class, so that the whole test set has the
 * share too. Every class keeps a training text. Rows of the same text stay together. File order is kept on both sides.
 * UserError `cannot-split` when no class has texts to spare.
 */
export function stratifiedSplit<T extends ClassedText>(
  rows: readonly T[],
  options: ClassSplitOptions = {},
): { readonly train: readonly T[]; readonly test: readonly T[] } {
  const { share = 0.2, seed = 42 } = options;
  const random = createRandom(seed, "class-split");
  const chosen = new Set<string>();
  let seen = 0;
  for (const texts of textsByClass(rows)) {
    seen += texts.length;
    const wanted = Math.round(share * seen) - chosen.size;
    const count = Math.min(wanted, texts.length - 1);
    for (const text of shuffle([...texts], random).slice(0, Math.max(0, count))) chosen.add(text);
  }
  if (chosen.size === 0) throw cannotSplit(seen, share);
  return {
    train: rows.filter((row) => !chosen.has(row.text)),
    test: rows.filter((row) => chosen.has(row.text)),
  };
}

/** The distinct texts of each class, classes by name; a text of several classes stands with the first. */
export function textsByClass(rows: readonly ClassedText[]): string[][] {
  const classOf = new Map<string, string>();
  for (const { text, label } of rows) if (!classOf.has(text)) classOf.set(text, label);
  const groups = new Map<string, string[]>();
  for (const [text, label] of classOf) {
    const group = groups.get(label);
    if (group === undefined) groups.set(label, [text]);
    else group.push(text);
  }
  return [...groups.keys()].sort().map((label) => groups.get(label)!);
}

function cannotSplit(texts: number, share: number): UserError {
  return new UserError(
    "cannot-split",
    `${texts} different classed texts are too few to hold out a share of ${share}: every class keeps one to learn from`,
    { hint: "evaluate with separate training and test files" },
  );
}
