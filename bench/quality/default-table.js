// Prints the Markdown table of bench/quality/README.md of the cells in bench/results/default: differences of two sides with 95 % intervals over
// seeds and rows together (seeds drawn anew, and of each the values on one resample of the rows).
//
//   node bench/quality/default-table.js [--results DIR]
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createRandom } from "../../dist/math/random.js";
import { quantile } from "../../dist/math/statistics.js";

const here = dirname(fileURLToPath(import.meta.url));
const { values: options } = parseArgs({
  options: { results: { type: "string", default: join(here, "../results/default") } },
});
const cells = existsSync(options.results)
  ? readdirSync(options.results)
      .filter((name) => name.endsWith(".json"))
      .map((name) => JSON.parse(readFileSync(join(options.results, name), "utf8")))
  : [];
const order = ["banking10", "scifact", "stsb", "banking", "quora", "snli"];

const percent = (value) => (100 * value).toFixed(2);
const signed = (value) => `${value < 0 ? "−" : "+"}${percent(Math.abs(value))}`;
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const line = (columns) => process.stdout.write(`| ${columns.join(" | ")} |\n`);

/** The scores of a side on a set, by seed. */
function bySeed({ task, encoder }, side, set) {
  const own = cells.filter(
    (cell) => cell.task === task && cell.encoder === encoder && cell.side === side,
  );
  return new Map(own.map((cell) => [cell.seed, cell.scores.find((score) => score.set === set)]));
}

/** The mean difference over the seeds that both sides have, and its interval. */
function difference(ours, theirs) {
  const seeds = [...ours.keys()].filter((seed) => theirs.has(seed));
  if (seeds.length === 0) return undefined;
  const pairs = seeds.map((seed) => [ours.get(seed), theirs.get(seed)]);
  const value = mean(pairs.map(([x, y]) => x.value - y.value));
  const random = createRandom(42, "seeds");
  const samples = pairs[0][0].samples.map((_, r) =>
    mean(
      pairs.map(() => {
        const [x, y] = pairs[random.below(pairs.length)];
        return x.samples[r] - y.samples[r];
      }),
    ),
  );
  const sorted = Float64Array.from(samples).sort();
  const [low, high] = [quantile(sorted, 0.025), quantile(sorted, 0.975)];
  return `${signed(value)} [${signed(low)}, ${signed(high)}]`;
}

/** The base stands for every seed. */
function baseFor(base, seeds) {
  const [score] = base.values();
  return score === undefined ? new Map() : new Map([...seeds].map((seed) => [seed, score]));
}

/** Both of the seeds that both have; where they have none in common, as they are. */
function onSameSeeds(...sides) {
  const [first, second] = sides;
  const seeds = [...first.keys()].filter((seed) => second.has(seed));
  if (seeds.length === 0) return sides;
  return sides.map((side) => new Map(seeds.map((seed) => [seed, side.get(seed)])));
}

const average = (scores) =>
  scores.size === 0 ? "" : percent(mean([...scores.values()].map((s) => s.value)));
const secondsOf = (group, side) => {
  const own = cells.filter(
    (cell) => cell.task === group.task && cell.encoder === group.encoder && cell.side === side,
  );
  return own.length === 0 ? "" : mean(own.map(({ seconds }) => seconds)).toFixed(0);
};

const groups = [...new Set(cells.map(({ task, encoder }) => `${task} ${encoder}`))]
  .map((name) => {
    const [task, encoder] = name.split(" ");
    return { task, encoder };
  })
  .sort(
    (x, y) => order.indexOf(x.task) - order.indexOf(y.task) || x.encoder.localeCompare(y.encoder),
  );

function rowsOf(group, side) {
  const sets = cells.find(({ task }) => task === group.task).scores;
  return sets.flatMap(({ set, n, foreign }) => {
    const [base, own, other] = ["base", side, side === "embtune" ? "peer" : "embtune"].map((one) =>
      bySeed(group, one, set),
    );
    if (own.size === 0) return [];
    const [ours, theirs] = onSameSeeds(own, other);
    const label = `${foreign ? "foreign: " : ""}${set} (${n})`;
    const scores = [average(base), average(ours), average(theirs)];
    const gain = difference(ours, baseFor(base, ours.keys())) ?? "";
    const over = difference(ours, theirs) ?? "";
    return [[group.task, group.encoder, label, ours.size, ...scores, gain, over]];
  });
}

function print(titles, rows) {
  if (rows.length === 0) return;
  line(titles);
  line(titles.map(() => "---"));
  for (const row of rows) line(row);
  process.stdout.write("\n");
}

const titles = ["task", "encoder", "set (n)", "seeds", "base"];
print(
  [...titles, "embtune", "peer", "embtune − base", "embtune − peer"],
  groups.flatMap((group) => rowsOf(group, "embtune")),
);
print(
  ["task", "encoder", "seconds embtune", "seconds peer"],
  groups.map((group) => [
    group.task,
    group.encoder,
    secondsOf(group, "embtune"),
    secondsOf(group, "peer"),
  ]),
);
const others = [...new Set(cells.map(({ side }) => side))].filter(
  (side) => !["base", "embtune", "peer"].includes(side),
);
for (const side of others)
  print(
    [...titles, side, "embtune", `${side} − base`, `${side} − embtune`],
    groups.flatMap((group) => rowsOf(group, side)),
  );
