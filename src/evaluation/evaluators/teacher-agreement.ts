import { invariant } from "../../errors/internal.js";
import { pairedCosine } from "../cosine.js";
import type { Evaluator } from "../metric.js";
import { stsEvaluator } from "./similarity.js";

/** Other texts that each text is compared with. */
const NEIGHBOURS = 5;

/**
 * How far a student finds the same texts alike as its teacher: correlation of the student's cosines with the teacher's over pairs of
 * the texts, each paired with the 5 that follow it (circularly; give the texts in random order). Student and teacher may differ in
 * dimension.
 */
export function teacherAgreementEvaluator(texts: readonly string[]): Evaluator {
  const pairs = neighbourPairs(texts);
  const { primary, keys } = stsEvaluator([]);
  return {
    task: "sts",
    primary,
    keys,
    rows: pairs.length,
    run: async (embed, teacher) => {
      invariant(teacher !== undefined, "agreement with a teacher is measured without the teacher");
      const first = await teacher(
        pairs.map(([text]) => text),
        "query",
      );
      const second = await teacher(
        pairs.map(([, other]) => other),
        "document",
      );
      const scores = pairedCosine(first, second);
      const scored = pairs.map(([sentence1, sentence2], i) => ({
        sentence1,
        sentence2,
        score: scores[i],
      }));
      return stsEvaluator(scored).run(embed);
    },
  };
}

function neighbourPairs(texts: readonly string[]): (readonly [string, string])[] {
  const reach = Math.min(NEIGHBOURS, Math.floor((texts.length - 1) / 2));
  return texts.flatMap((text, i) =>
    Array.from({ length: reach }, (_, k) => [text, texts[(i + k + 1) % texts.length]] as const),
  );
}
