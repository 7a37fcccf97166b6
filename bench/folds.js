// Would cross-validation choose better than one held-out part, for a head on few rows? Three ways from the same rows:
//   one part   what `embtune train` does: a tenth is held out, and chooses the point between base and tuned of the run on the rest
//   folds      five runs, each with a fifth held out; the point that is best in their mean (by the same rule) goes out of a run on all rows
//   all rows   the run on all rows at the point that the one part chose: what the rows themselves bring
// measured on texts or pairs that none of them saw.
// Run: npm run build && node bench/folds.js [--seeds 42,43,44] [--write]. Needs ../shared/data; --write stores results/folds.json.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { train } from "../dist/index.js";
import { createRandom, shuffle } from "../dist/math/random.js";
import { machine } from "./machine.js";
import { perClass, table } from "./shared-data.js";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "42,43,44" },
    write: { type: "boolean", default: false },
  },
});
const FOLDS = 5;
const TEST = 1000;
const folder = mkdtempSync(join(tmpdir(), "embtune-folds-"));

const classed = (count) => (random) => {
  const rows = shuffle(table("banking77/train.csv"), random);
  return { test: rows.slice(0, TEST), rows: perClass(rows.slice(TEST), count) };
};
const scored = (count) => (random) => ({
  test: table("stsb/dev.csv"),
  rows: shuffle(table("stsb/train.csv"), random).slice(0, count),
});
/** Rows of each seed: few, and those that measure. */
const sets = {
  "banking77, 3 a class": classed(3),
  "banking77, 10 a class": classed(10),
  "STS-B, 100 pairs": scored(100),
  "STS-B, 400 pairs": scored(400),
};

const csv = (name, rows) => {
  const file = join(folder, name);
  const columns = Object.keys(rows[0]);
  const cell = (text) => `"${String(text).replaceAll('"', '""')}"`;
  const lines = rows.map((row) => columns.map((column) => cell(row[column])).join(","));
  writeFileSync(file, [columns.join(","), ...lines, ""].join("\n"));
  return file;
};

let runs = 0;
async function trained(options) {
  const out = join(folder, `run-${runs++}`);
  await train({ tune: "head", ...options, out });
  const { result } = JSON.parse(readFileSync(join(out, "run.json"), "utf8"));
  rmSync(out, { recursive: true });
  return { chosen: result.interpolation.alpha, curve: result.interpolation.curve };
}

const at = (curve, alpha) => curve.find((point) => point.alpha === alpha).value;
const mean = (numbers) => numbers.reduce((sum, x) => sum + x, 0) / numbers.length;

/** The rule of a run on the mean of several curves: of points within half a standard error of the best, the nearest to ½. */
function chosenBy(curves) {
  const alphas = curves[0].map(({ alpha }) => alpha);
  const means = alphas.map((alpha) => mean(curves.map((curve) => at(curve, alpha))));
  const best = means.indexOf(Math.max(...means));
  if (best === 0) return 0;
  const near = alphas.filter((alpha, i) => {
    const gaps = curves.map((curve) => at(curve, alphas[best]) - at(curve, alpha));
    const spread = Math.sqrt(mean(gaps.map((gap) => (gap - mean(gaps)) ** 2)));
    return means[i] > means[0] && mean(gaps) <= (0.5 * spread) / Math.sqrt(curves.length - 1);
  });
  return near.reduce((a, b) => (Math.abs(b - 0.5) < Math.abs(a - 0.5) ? b : a), alphas[best]);
}

const results = [];
for (const [set, make] of Object.entries(sets))
  for (const seed of values.seeds.split(",").map(Number)) {
    const random = createRandom(seed, "folds");
    const { rows, test } = make(random);
    const [data, unseen] = [csv("rows.csv", rows), csv("test.csv", test)];
    const order = shuffle([...rows], random);
    const without = (first, step) => ({
      data: csv(
        `rest-${first}-${step}.csv`,
        order.filter((_, i) => i % step !== first),
      ),
      eval: csv(
        `held-${first}-${step}.csv`,
        order.filter((_, i) => i % step === first),
      ),
      seed,
    });
    const one = without(0, 10);
    const part = await trained(one);
    const curves = [];
    for (let fold = 0; fold < FOLDS; fold++)
      curves.push((await trained(without(fold, FOLDS))).curve);
    // The test part measures every point and chooses none.
    const rest = (await trained({ ...one, eval: unseen })).curve;
    const whole = (await trained({ data, eval: unseen, seed })).curve;
    const folds = chosenBy(curves);
    const found = {
      base: at(whole, 0),
      part: at(rest, part.chosen),
      folds: at(whole, folds),
      all: at(whole, part.chosen),
      bestOfAll: Math.max(...whole.map(({ value }) => value)),
    };
    results.push({ set, seed, partAlpha: part.chosen, foldsAlpha: folds, ...found });
    const shown = Object.entries(found).map(([key, value]) => `${key} ${(100 * value).toFixed(2)}`);
    process.stdout.write(
      `${set.padEnd(22)} ${seed} α ${part.chosen} ${folds}  ${shown.join("  ")}\n`,
    );
  }

const kinds = ["base", "part", "folds", "all", "bestOfAll"];
for (const set of Object.keys(sets)) {
  const own = results.filter((one) => one.set === set);
  const shown = kinds.map(
    (kind) => `${kind} ${(100 * mean(own.map((one) => one[kind]))).toFixed(2)}`,
  );
  process.stdout.write(`${set.padEnd(22)} mean  ${shown.join("  ")}\n`);
}
if (values.write) {
  const path = join(import.meta.dirname, "results", "folds.json");
  writeFileSync(path, `${JSON.stringify({ machine: machine(), results }, null, 2)}\n`);
}
rmSync(folder, { recursive: true });
