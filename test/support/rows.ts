import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const animals = ["cat", "dog", "horse", "cow", "sheep", "goat", "duck", "hen", "pig", "fox"];
const places = ["barn", "field", "house", "river"];

/** Forty sentences about ten animals in four places, and their paraphrases. */
const scenes = animals.flatMap((animal) =>
  places.map((place) => ({
    animal,
    place,
    text: `the ${animal} sleeps in the ${place}`,
    paraphrase: `a ${animal} is resting at the ${place}`,
    unlike: `the ${animal} never sleeps in the ${place}`,
  })),
);

/** Small files of every row kind, as lines of CSV. */
const tables = {
  pair: ["anchor,positive", ...scenes.map((s) => `${s.text},${s.paraphrase}`)],
  triplet: [
    "anchor,positive,negative",
    ...scenes.map((s) => `${s.text},${s.paraphrase},${s.unlike}`),
  ],
  margin: [
    "anchor,positive,negative,margin",
    ...scenes.map((s, i) => `${s.text},${s.paraphrase},${s.unlike},${(i % 5) / 10}`),
  ],
  "labelled-pair": [
    "sentence1,sentence2,label",
    ...scenes.map((s, i) => `${s.text},${i % 2 === 0 ? s.paraphrase : s.unlike},${(i + 1) % 2}`),
  ],
  "scored-pair": [
    "sentence1,sentence2,score",
    ...scenes.map((s, i) => `${s.text},${i % 2 === 0 ? s.paraphrase : s.unlike},${i % 6}`),
  ],
  classed: [
    "text,label",
    ...scenes.flatMap((s) => [`${s.text},${s.animal}`, `${s.paraphrase},${s.animal}`]),
  ],
  nli: [
    "premise,hypothesis,label",
    ...scenes.flatMap((s) => [
      `${s.text},${s.paraphrase},entailment`,
      `${s.text},the ${s.animal} at the ${s.place} is tired,neutral`,
      `${s.text},${s.unlike},contradiction`,
    ]),
  ],
  text: ["text", ...scenes.flatMap((s) => [s.text, s.paraphrase])],
} as const;

export type Table = keyof typeof tables;

/** A fresh folder. */
export function temporary(): string {
  return mkdtempSync(join(tmpdir(), "embtune rows "));
}

/** Writes a table, or these lines, to a CSV file of its own and returns its path. */
export function csvOf(table: Table | readonly string[]): string {
  const lines = typeof table === "string" ? tables[table] : table;
  const file = join(temporary(), "rows.csv");
  writeFileSync(file, `${lines.join("\n")}\n`);
  return file;
}
