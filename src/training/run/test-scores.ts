import type { Embed, Evaluation } from "../../evaluation/metric.js";
import { type ScoreReport, scoreReport } from "../../evaluation/score-report.js";
import type { RunContext } from "../model/run-context.js";
import { openLog } from "../run-folder/log.js";
import { runPaths } from "../run-folder/run-folder.js";
import { baseEvaluation } from "./base-evaluation.js";
import { valuesOf } from "./loop.js";

/** The base on what --test-part has set aside. */
export async function baseOnTest(context: RunContext): Promise<Evaluation | undefined> {
  const { test } = context.plan;
  return test && baseEvaluation(context, test.evaluator);
}

/**
 * Measures the chosen model on the test part, beside the base: nothing was trained or selected on these rows, so there is a verdict. The
 * figures of both go into the log. `embed` is undefined where the base itself goes out.
 */
export async function scoreTest(
  { plan, encoder }: RunContext,
  base: Evaluation | undefined,
  embed: Embed | undefined,
): Promise<ScoreReport | undefined> {
  const { test, settings } = plan;
  if (test === undefined || base === undefined) return undefined;
  const tuned = embed === undefined ? base : await test.evaluator.run(embed);
  const log = openLog(runPaths(settings.out).log);
  log.append({ test: { base: valuesOf(base), tuned: valuesOf(tuned) } });
  log.close();
  return scoreReport({
    file: test.name,
    primary: test.metric,
    model: { name: "tuned", evaluation: tuned },
    base: { name: encoder.info.name, evaluation: base },
    selected: false,
    seed: settings.seed,
  });
}
