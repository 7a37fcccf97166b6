import { modelPrompts } from "../../encoder/load.js";
import type { Prompts } from "../../encoder/prompts.js";
import {
  type ComparisonControl,
  compareRuns,
  type PlannedVariant,
  planComparison,
  type Variant,
} from "../../jobs/compare.js";
import { formatComparison } from "../../report/comparison.js";
import { formatDataSummary } from "../../report/data-summary.js";
import { formatTrainingData } from "../../report/plan-data.js";
import { formatPlan, planRecord } from "../../report/plan-summary.js";
import { interruptSignal } from "../interrupt.js";
import type { Terminal } from "../terminal.js";
import { shownRun, trainProgress } from "../train-progress.js";

/** `embtune train` with several objectives or a sweep: one table at the end. */
export async function runComparison(
  variants: readonly Variant[],
  flags: {
    readonly out: string;
    readonly sameSteps: boolean;
    readonly overwrite: boolean;
    readonly dryRun: boolean;
  },
  terminal: Terminal,
): Promise<void> {
  const { out, overwrite, sameSteps } = flags;
  const planned = await planComparison(variants, out, { sameSteps });
  const prompts = await modelPrompts(planned[0]?.plan.settings ?? {});
  showPlans(planned, prompts, terminal);
  if (flags.dryRun) {
    terminal.result(
      terminal.json
        ? JSON.stringify(
            planned.map(({ plan }) => planRecord(plan, { prompts })),
            null,
            2,
          )
        : planned.map(({ name, plan }) => `${name}\n${formatPlan(plan, { prompts })}`).join("\n\n"),
    );
    return;
  }
  const progress = comparisonProgress(planned, terminal);
  const report = await compareRuns(planned, out, {
    overwrite,
    signal: interruptSignal(() => true),
    onEvent: progress.onEvent,
  }).finally(progress.stop);
  terminal.result(
    terminal.json ? JSON.stringify(report, null, 2) : formatComparison(report, terminal.width),
  );
  terminal.note(`runs and comparison.json in ${out}`);
}

function showPlans(planned: readonly PlannedVariant[], prompts: Prompts, terminal: Terminal): void {
  const shown = new Set<string>();
  for (const { name, plan } of planned) {
    for (const summary of formatTrainingData(plan, prompts)) {
      if (!shown.has(summary)) terminal.note(summary);
      shown.add(summary);
    }
    for (const note of plan.notes) terminal.note(`note: ${name}: ${note}`);
  }
  const [first] = planned;
  if (first?.plan.evalData !== undefined) terminal.note(formatDataSummary(first.plan.evalData, []));
}

/** A heading and a progress display for each run. */
function comparisonProgress(
  planned: readonly PlannedVariant[],
  terminal: Terminal,
): { readonly onEvent: ComparisonControl["onEvent"]; readonly stop: () => void } {
  let current: { readonly name: string; readonly progress: ReturnType<typeof trainProgress> };
  const begin = (name: string) => {
    const number = planned.findIndex((one) => one.name === name);
    if (number >= 0) terminal.note(`${name} (${number + 1} of ${planned.length})`);
    const plan = planned[number]?.plan;
    const run = plan === undefined ? { steps: 0 } : shownRun(plan);
    return { name, progress: trainProgress(terminal, run) };
  };
  current = begin("");
  return {
    onEvent: (name, event) => {
      if (name !== current.name) {
        current.progress.stop();
        current = begin(name);
      }
      current.progress.onEvent(event);
    },
    stop: () => current.progress.stop(),
  };
}
