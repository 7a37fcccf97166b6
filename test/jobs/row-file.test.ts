import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Evaluation } from "../../src/evaluation/metric.js";
import { writeRowFile } from "../../src/jobs/row-file.js";
import { freshFolder } from "../support/cli.js";

const found = (ndcg: readonly number[], first: readonly string[]): Evaluation => ({
  task: "retrieval",
  rows: 2,
  metrics: [],
  details: {
    lines: [2, 3],
    ids: ["q7", "q,8"],
    texts: ["which battery", "when open"],
    main: "cosine_ndcg@10",
    figures: { "cosine_ndcg@10": ndcg },
    ranked: first.map((text) => [{ id: text, text, score: 1, right: true }]),
  },
});

it("has line and id of every query, its figures under both models and what changed", async () => {
  const file = join(freshFolder(), "rows.jsonl");
  await writeRowFile(file, found([1, 0.5], ["AA", "ten"]), found([0.5, 0.5], ["AAA", "ten"]));
  const rows = readFileSync(file, "utf8").trim().split("\n");
  expect(rows.map((row) => JSON.parse(row))).toMatchObject([
    {
      line: 2,
      query_id: "q7",
      text: "which battery",
      "tuned_cosine_ndcg@10": 1,
      "base_cosine_ndcg@10": 0.5,
      "change_cosine_ndcg@10": 0.5,
      tuned_nearest_1: "AA",
      base_nearest_1: "AAA",
    },
    { line: 3, query_id: "q,8", "change_cosine_ndcg@10": 0 },
  ]);
});
