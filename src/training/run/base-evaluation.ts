import type { Evaluation, Evaluator } from "../../evaluation/metric.js";
import { openHead } from "../model/open-head.js";
import type { RunContext } from "../model/run-context.js";

/** The base model measured by an evaluator of the plan: the encoder, behind its own modules where it has some. */
export async function baseEvaluation(
  context: RunContext,
  evaluator: Evaluator,
): Promise<Evaluation> {
  const { encoder, encode, head, runtime } = context;
  const { modules } = encoder.info;
  if (modules === undefined) return evaluator.run((texts) => encode(texts));
  const open = await openHead(runtime, head);
  try {
    return await evaluator.run(async (texts) =>
      open.apply(await encode(texts), modules.parameters),
    );
  } finally {
    await open.release();
  }
}
