import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { createRandom, shuffle } from "../dist/math/random.js";

/** So many distinct sentences of STS Benchmark and SICK, from the shared folder, in a seeded order. */
export function readSentences(shared, count) {
  const distinct = new Set();
  for (const file of ["stsb/dev.csv", "stsb/train.csv", "sick/train.csv", "sick/trial.csv"]) {
    const rows = parse(readFileSync(join(shared, "data", file), "utf8"), { columns: true });
    for (const { sentence1, sentence2 } of rows) distinct.add(sentence1).add(sentence2);
  }
  return shuffle([...distinct], createRandom(42)).slice(0, count);
}
