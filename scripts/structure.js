// Measures how src/ is built. The AssemblyScript kernel is left out.
//
//     node scripts/structure.js            the figures
//     node scripts/structure.js --list     the places behind them too
//     node scripts/structure.js --json     figures and places as JSON
//     node scripts/structure.js --check    what breaks a limit; exits with 1 where something does
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { conditionalSpreads, voidAssertions } from "./structure/ceremony.js";
import { exportFigures } from "./structure/exports.js";
import { cyclesOf, importsOf } from "./structure/imports.js";
import { namedOnce } from "./structure/named-types.js";
import { fileLines, functionsOf, spreadOf } from "./structure/sizes.js";
import { scriptFiles, withProject } from "./structure/sources.js";
import { optionPlaces } from "./structure/train-options.js";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Most that a figure may be. */
const limits = {
  conditionalSpreads: 5,
  voidAssertions: 0,
  importCycles: 0,
  longFiles: 0,
  longFunctions: 0,
  deadExports: 0,
  deadTypeExports: 0,
  missingImports: 0,
};
const most = { file: 300, function: 50 };

/** Lines of test/<folder> for a line of src/<folder>. */
function testRatios(sizes) {
  const linesUnder = (folder) =>
    sizes
      .filter(({ place }) => place.startsWith(`${folder}/`))
      .reduce((sum, { lines }) => sum + lines, 0);
  const folders = new Set(sizes.flatMap(({ place }) => /^src\/([^/]+)\//.exec(place)?.[1] ?? []));
  const ratio = (name) => [name, linesUnder(`test/${name}`) / linesUnder(`src/${name}`)];
  return {
    all: linesUnder("test") / linesUnder("src"),
    ...Object.fromEntries([...folders].sort().map(ratio)),
  };
}

/** Files in each folder of training/. */
function rooms(src) {
  const count = {};
  for (const { path } of src) {
    const room = /^src\/training\/([^/]+)\//.exec(path)?.[1];
    if (room !== undefined) count[room] = (count[room] ?? 0) + 1;
  }
  return count;
}

function measure({ files, checker }) {
  const src = files.filter(({ path }) => path.startsWith("src/"));
  const sizes = fileLines(src);
  const functions = src.flatMap(functionsOf);
  const over = (list, limit) =>
    list.filter(({ lines }) => lines > limit).map(({ place, lines }) => `${place} ${lines}`);
  const options = optionPlaces(src, checker);
  const scripts = scriptFiles(root, ["scripts", "bench", "bin"]);
  const paths = src.map(({ path }) => path);
  return {
    files: src.length,
    lines: sizes.reduce((sum, { lines }) => sum + lines, 0),
    fileLines: spreadOf(sizes.map(({ lines }) => lines)),
    functions: functions.length,
    functionLines: spreadOf(functions.map(({ lines }) => lines)),
    longFiles: over(sizes, most.file),
    longFunctions: over(functions, most.function),
    conditionalSpreads: src.flatMap(conditionalSpreads),
    voidAssertions: src.flatMap((file) => voidAssertions(file, checker)),
    importCycles: cyclesOf(paths, src.flatMap(importsOf)).map((cycle) => cycle.join(" ↔ ")),
    ...exportFigures(files, scripts),
    typesNamedOnce: namedOnce(src, checker),
    placesOfATrainOption: spreadOf(options.map((one) => one.places.length)),
    trainOptions: options.map((one) => `${one.option}: ${one.places.join(", ")}`),
    testLinesPerSourceLine: testRatios(fileLines(files)),
    filesOfTraining: rooms(src),
  };
}

const titles = {
  files: "files",
  lines: "lines",
  fileLines: "lines of a file",
  functions: "functions with a body in braces",
  functionLines: "lines of a function",
  longFiles: `files over ${most.file} lines`,
  longFunctions: `functions over ${most.function} lines`,
  conditionalSpreads: "conditional spreads",
  voidAssertions: "assertions without effect",
  importCycles: "import cycles, type imports counted",
  deadExports: "exports that no other file imports",
  deadTypeExports: "exported types that no other file imports",
  exportsForTestsAlone: "exports for tests, scripts and bench alone",
  missingImports: "imports of scripts and bench that name nothing",
  typesNamedOnce: "types named once after their declaration",
  placesOfATrainOption: "places where a train option is written",
  trainOptions: "train options",
  testLinesPerSourceLine: "lines of tests for a line of source",
  filesOfTraining: "files of each room of training",
};

function shown(value) {
  if (Array.isArray(value)) return String(value.length);
  if (typeof value === "number") return String(value);
  return Object.entries(value)
    .map(([name, x]) => `${name} ${Number.isInteger(x) ? x : x.toFixed(2)}`)
    .join(", ");
}

function print(figures, withPlaces) {
  for (const [name, value] of Object.entries(figures)) {
    const limit = limits[name] === undefined ? "" : `  (at most ${limits[name]})`;
    console.log(`${titles[name].padEnd(48)} ${shown(value)}${limit}`);
    if (withPlaces && Array.isArray(value)) for (const place of value) console.log(`  ${place}`);
  }
}

/** Prints what breaks a limit, place by place; says whether nothing does. */
function check(figures) {
  const broken = Object.entries(limits).filter(([name, limit]) => figures[name].length > limit);
  for (const [name, limit] of broken) {
    console.log(`${titles[name]}: ${figures[name].length}, at most ${limit}`);
    for (const place of figures[name]) console.log(`  ${place}`);
  }
  if (broken.length === 0) console.log("structure: within its limits");
  return broken.length === 0;
}

const { values } = parseArgs({
  options: {
    json: { type: "boolean" },
    list: { type: "boolean" },
    check: { type: "boolean" },
  },
});
const figures = withProject(root, measure);
if (values.json) console.log(JSON.stringify(figures, undefined, 2));
else if (values.check) process.exitCode = check(figures) ? 0 : 1;
else print(figures, values.list);
