import { invariant } from "../../errors/internal.js";
import { createRandom, shuffle } from "../../math/random.js";
import { pairedCosine } from "../cosine.js";
import { defineEvaluator } from "../definition.js";
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
  return {
    ...stsEvaluator([], ["cosine"]),
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
      return stsEvaluator(scored, ["cosine"]).run(embed);
    },
  };
}

/** Single texts, in random order by the seed, as a teacher finds them alike. Its task is called sts. */
export const teacherAgreement = defineEvaluator({
  name: "teacher-agreement",
  summary: "whether texts that the teacher finds alike are alike to the model",
  rows: ["text"],
  columns: "`text`",
  metrics: {
    spearman_cosine: "Spearman's correlation of the model's cosine and the teacher's",
    pearson_cosine: "Pearson's correlation of the two",
  },
  options: {},
  sides: "alike",
  resampled: "pairs of texts",
  madeFor: () => false,
  heldOut: [{ kind: "text" }],
  needsTeacher: true,
  build: ({ rows }, _, { seed = 42 }) => {
    const texts = rows.map(({ text }) => text);
    return teacherAgreementEvaluator(shuffle(texts, createRandom(seed, "teacher-agreement")));
  },
});

function neighbourPairs(texts: readonly string[]): (readonly [string, string])[] {
  const reach = Math.min(NEIGHBOURS, Math.floor((texts.length - 1) / 2));
  return texts.flatMap((text, i) =>
    Array.from({ length: reach }, (_, k) => [text, texts[(i + k + 1) % texts.length]] as const),
  );
}
