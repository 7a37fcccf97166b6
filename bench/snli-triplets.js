import { readFileSync } from "node:fs";
import { parse } from "csv-parse/sync";

/**
 * [anchor, positive, negatives] of an SNLI file: one row an entailment hypothesis, in file order, with the distinct contradictions
 * of its premise; rows that repeat or have no contradiction are left out. The same rows as bench/python/peer.py's snli_rows.
 */
export function snliTriplets(file) {
  const table = parse(readFileSync(file, "utf8"), { columns: true });
  const contradictions = new Map();
  for (const { premise, hypothesis, label } of table) {
    if (label !== "contradiction") continue;
    contradictions.set(premise, (contradictions.get(premise) ?? new Set()).add(hypothesis));
  }
  const seen = new Set();
  const rows = [];
  for (const { premise, hypothesis, label } of table) {
    const key = `${premise}\0${hypothesis}`;
    if (label !== "entailment" || seen.has(key)) continue;
    seen.add(key);
    const all = [...(contradictions.get(premise) ?? [])];
    const negatives = all.filter((text) => text !== premise && text !== hypothesis);
    if (negatives.length > 0) rows.push([premise, hypothesis, negatives]);
  }
  return rows;
}
