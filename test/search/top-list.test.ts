import { describe, expect, it } from "vitest";
import { createRandom } from "../../src/math/random.js";
import { createTopList, merge, offer } from "../../src/search/top-list.js";

describe("merge", () => {
  it("leaves the list that offering each document would, ties by number", () => {
    const random = createRandom(3, "merge");
    for (let round = 0; round < 300; round++) {
      const k = 1 + random.below(6);
      const [merged, offered] = [createTopList(2, k), createTopList(2, k)];
      for (let first = 0; first < 30; first += 10) {
        const m = 1 + random.below(8);
        const scores = Float32Array.from({ length: m }, () => random.below(5))
          .sort()
          .reverse();
        const documents = Int32Array.from({ length: m }, (_, i) => i);
        for (let i = m - 1; i > 0; i--) {
          const j = random.below(i + 1);
          [documents[i], documents[j]] = [documents[j], documents[i]];
        }
        merge(merged, 1, { scores, documents, first });
        documents.forEach((document, i) => {
          offer(offered, 1, first + document, scores[i]);
        });
      }
      expect(merged.scores).toEqual(offered.scores);
      // Which of equal scores at the end are left depends on the order in which they are found.
      const last = merged.scores[2 * k - 1];
      const above = merged.scores.findLastIndex((score) => score !== last) + 1;
      expect(merged.documents.subarray(0, above)).toEqual(offered.documents.subarray(0, above));
    }
  });
});
