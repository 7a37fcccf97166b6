// Prints the Markdown tables of bench/quality/README.md of the cases in bench/results/selection: how often selection says what the test
// part says, and the regret of the rules that could choose α.
//
//   node bench/quality/selection-table.js [--results DIR]
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { RULES } from "./selection-rules.js";

const here = dirname(fileURLToPath(import.meta.url));
const { values: options } = parseArgs({
  options: { results: { type: "string", default: join(here, "../results/selection") } },
});
const cases = readdirSync(options.results)
  .filter((name) => name.endsWith(".json"))
  .map((name) => JSON.parse(readFileSync(join(options.results, name), "utf8")));

const percent = (value) => (100 * value).toFixed(2);
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const line = (columns) => process.stdout.write(`| ${columns.join(" | ")} |\n`);
const heading = (columns) => {
  line(columns);
  line(columns.map(() => "---"));
};
const of = (count, all) => (all === 0 ? "" : `${count} of ${all}`);

function grouped(key) {
  const groups = new Map();
  for (const one of cases) groups.set(key(one), [...(groups.get(key(one)) ?? []), one]);
  return [...groups.values()];
}

/** The test part at α. */
const tested = ({ test }, alpha) => test.curve[Math.round(10 * alpha)];
const gain = (one, alpha) => tested(one, alpha) - tested(one, 0);
const saidOf = ({ said }, alpha) => said.curve.find((point) => point.alpha === alpha).value;

/** Of runs that say better, those that are; of runs that end on their base, those whose last step is no better. */
function agreement(own) {
  const better = own.filter(({ said }) => said.alpha > 0);
  const base = own.filter(({ said }) => said.alpha === 0);
  return [
    of(better.filter((one) => gain(one, one.said.alpha) > 0).length, better.length),
    of(base.filter((one) => gain(one, 1) <= 0).length, base.length),
  ];
}

heading([
  ...["task", "tune", "runs", "selecting rows: start → chosen", "test: start", "last step"],
  ...["chosen", "best α", "says better, and is", "keeps base, and last is no better"],
]);
for (const own of grouped(({ task, tune }) => `${tune} ${task}`)) {
  const [{ task, tune }] = own;
  const average = (value) => percent(mean(own.map(value)));
  const said = [0, undefined].map((alpha) =>
    average((one) => saidOf(one, alpha ?? one.said.alpha)),
  );
  line([
    ...[task, tune, own.length, said.join(" → "), average((one) => tested(one, 0))],
    ...[average((one) => tested(one, 1)), average((one) => tested(one, one.said.alpha))],
    ...[average(({ test }) => Math.max(...test.curve)), ...agreement(own)],
  ]);
}

const sizes = [...new Set(cases.flatMap(({ rules }) => Object.keys(rules)))];
for (const tune of new Set(cases.map((one) => one.tune))) {
  const own = cases.filter((one) => one.tune === tune);
  process.stdout.write("\n");
  heading([
    `regret, ${tune}, ${own.length} runs`,
    ...sizes.map((size) => `${size} rows`),
    ...sizes.map((size) => `base at ${size}`),
  ]);
  for (const rule of Object.keys(RULES)) {
    const found = sizes.map((size) => own.flatMap(({ rules }) => rules[size]?.[rule] ?? []));
    line([
      rule,
      ...found.map((some) => mean(some.map(({ regret }) => regret)).toFixed(2)),
      ...found.map((some) => `${(100 * mean(some.map(({ base }) => base))).toFixed(0)} %`),
    ]);
  }
}
