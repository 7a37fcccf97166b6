import { optionRows } from "../objectives/resolve.js";
import type { EvaluatorDefinition } from "./definition.js";
import { tasks } from "./evaluators/registry.js";

/** The tasks of `evaluate` as docs/evaluation.md shows them: a table in Markdown, then the options of those that have some. */
export function tasksDocument(): string {
  const head =
    "| task | rows | metrics, the deciding one first | a resample draws |\n|---|---|---|---|";
  const rows = tasks.map(
    (task) => `| \`${task.name}\` | ${task.columns} | ${metricsOf(task)} | ${task.resampled} |`,
  );
  return `${[head, ...rows].join("\n")}\n\n${optionsTable()}\n`;
}

function metricsOf({ metrics }: EvaluatorDefinition): string {
  return Object.entries(metrics)
    .map(([key, meaning]) => `\`${key}\` ${meaning}`)
    .join("; ");
}

function optionsTable(): string {
  const rows = tasks.flatMap(({ name, options }) =>
    optionRows(options).map(
      (row) =>
        `| ${name} | --${row.flag} | ${row.default} | ${row.expected} | ${row.description} |`,
    ),
  );
  return ["| task | option | default | values | meaning |", "|---|---|---|---|---|", ...rows].join(
    "\n",
  );
}
