// Attacks by what the program reads: model folders, data files, option values and paths. It may refuse them or work with them, but
// not hang, abort, call it its own fault or change an input.
import { execFileSync, spawn } from "node:child_process";
import {
  appendFileSync,
  cpSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { extname, join, relative } from "node:path";
import { badEnd, embtune, filesIn, hashOf, root } from "./program.js";
import { encoder } from "./runs.js";

const VALUES = [
  null,
  true,
  -1,
  0,
  0.5,
  1e9,
  1e308,
  "",
  "..",
  "/etc",
  "x".repeat(1e5),
  [],
  {},
  [[]],
];

/** Changes a file so that it is damaged or hostile; each says what it did. */
const damages = {
  "cut short": (file, draw) => truncateSync(file, draw.below(readFileSync(file).length + 1)),
  "with random bytes": (file, draw) => {
    const bytes = readFileSync(file);
    for (let i = 0; i <= draw.below(8) && bytes.length > 0; i++)
      bytes[draw.below(bytes.length)] = draw.below(256);
    writeFileSync(file, bytes);
  },
  "with more at its end": (file, draw) =>
    appendFileSync(file, Buffer.alloc(draw.below(4000), draw.below(256))),
  removed: (file) => rmSync(file),
  "a folder": (file) => {
    rmSync(file);
    mkdirSync(file);
  },
  "a pipe": (file) => {
    renameSync(file, `${file} before`);
    execFileSync("mkfifo", [file]);
    // Somebody writes into it for as long as the command may take to refuse it.
    spawn("timeout", ["20", "sh", "-c", 'cat "$0 before" > "$0"', file], { stdio: "ignore" });
  },
  "a link to a device": (file, draw) => {
    rmSync(file);
    symlinkSync(draw.of(["/dev/zero", "/dev/null", "/dev/urandom"]), file);
  },
  "a link to nowhere": (file) => {
    rmSync(file);
    symlinkSync("nowhere", file);
  },
};

/** Puts a hostile value in the place of a random one of a JSON file. */
function hostileValue(file, draw) {
  const places = [];
  const whole = JSON.parse(readFileSync(file, "utf8"));
  const walk = (value) => {
    if (typeof value !== "object" || value === null || places.length > 5000) return;
    for (const key of Object.keys(value)) {
      places.push([value, key]);
      walk(value[key]);
    }
  };
  walk(whole);
  const [holder, key] = draw.of(places);
  holder[key] = draw.of(VALUES);
  writeFileSync(file, JSON.stringify(whole));
  return key;
}

const uses = [
  (model, _to) => ["evaluate", "data/support/dev.csv", "--model", model],
  (model, to) => [
    "embed",
    "data/support/sentences.txt",
    "--model",
    model,
    "--out",
    join(to, "v.npy"),
  ],
  (model, to) => ["export", model, "--to", join(to, "exported")],
  ...["head", "full", "lora"].map((tune) => (model, to) => [
    ...["train", "data/support/train.csv", "--model", model, "--tune", tune, "--steps", "2"],
    ...["--objective", "infonce", "--batch-size", "8", "--out", join(to, "run")],
  ]),
];

/** A model folder with one file that is damaged or hostile. */
export function modelFolder({ draw, place }) {
  const file = draw.of(filesIn(join(root, encoder)));
  const name = relative(join(root, encoder), file);
  const how =
    name.endsWith(".json") && draw.next() < 0.6 ? "hostile" : draw.of(Object.keys(damages));
  const use = draw.of(uses);
  return {
    name: `${use("MODEL", "TO").slice(0, 1)} with ${name} ${how}`,
    run: async () => {
      const model = join(place, "model");
      cpSync(join(root, encoder), model, { recursive: true });
      if (how === "hostile") hostileValue(join(model, name), draw);
      else damages[how](join(model, name), draw);
      return badEnd(await embtune([...use(model, place), "--threads", "1"]));
    },
  };
}

const data = ["data/support/train.csv", "data/support/dev.csv", "data/support/sentences.txt"];

/** A data file that is damaged. */
export function dataFile({ draw, place, prepared }) {
  const source = draw.of([...data, ...prepared]);
  const how = draw.of(Object.keys(damages));
  const kind = draw.of(["inspect", "train", "embed", "evaluate"]);
  return {
    name: `${kind} of ${source.split("/").at(-1)} ${how}`,
    run: async () => {
      const file = join(place, `data${extname(source)}`);
      cpSync(source.startsWith("/") ? source : join(root, source), file);
      damages[how](file, draw);
      const model = ["--model", encoder, "--threads", "1"];
      const commands = {
        inspect: ["data", "inspect", file],
        train: ["train", file, ...model, "--steps", "2", "--out", join(place, "run")],
        embed: ["embed", file, ...model, "--out", join(place, "v.npy")],
        evaluate: ["evaluate", file, ...model],
      };
      return badEnd(await embtune(commands[kind]));
    },
  };
}

const NUMBERS = ["1e9", "1e300", "-1", "0", "NaN", "9007199254740993", "1e-320", "", "0x10", "2.5"];
const OPTIONS = [
  ...["epochs", "steps", "batch-size", "accumulate", "lora-rank", "lora-alpha", "head-dim"],
  ...["head-hidden", "queue", "lr", "warmup", "patience", "eval-every", "save-every", "keep"],
  ...["max-length", "threads", "seed", "mini-batch-tokens", "per-class", "weight-decay", "dropout"],
  ...["max-grad-norm", "temperature", "hard-negative-weight", "scalar-lr", "matryoshka"],
];

/** A number that is too large, too small or none; without --steps, so that epochs count. */
export function optionValue({ draw, place }) {
  const option = draw.of(OPTIONS);
  const value = draw.of(NUMBERS);
  const needs = /lora/.test(option)
    ? ["--tune", "lora"]
    : /head-/.test(option)
      ? ["--head", "mlp"]
      : [];
  const bounded = ["steps", "epochs"].includes(option) ? [] : ["--steps", "2"];
  return {
    name: `--${option} ${value}`,
    run: async () => {
      const end = await embtune([
        ...["train", "data/support/train.csv", "--model", encoder, "--objective", "infonce"],
        ...[...needs, ...bounded, `--${option}=${value}`, "--out", join(place, "run")],
        ...(bounded.length === 0 ? ["--dry-run"] : []),
      ]);
      return badEnd(end);
    },
  };
}

/** An output that is an input, by name or link, or no file at all. */
export function samePath({ draw, place }) {
  const command = draw.of(["embed", "prepare", "mine", "inspect"]);
  const how = draw.of([
    "the same",
    "a symbolic link",
    "a hard link",
    "a device",
    "a pipe",
    "a folder",
  ]);
  return {
    name: `${command} to ${how}`,
    run: async () => {
      const input = join(place, "input.csv");
      cpSync(join(root, "data/support/faq.csv"), input);
      const out =
        how === "the same" ? input : join(place, command === "embed" ? "out.npy" : "out.csv");
      if (how === "a symbolic link") symlinkSync(input, out);
      if (how === "a hard link") linkSync(input, out);
      if (how === "a device") symlinkSync("/dev/full", out);
      if (how === "a pipe") execFileSync("mkfifo", [out]);
      if (how === "a folder") mkdirSync(out);
      const before = hashOf(input);
      const model = ["--model", encoder, "--threads", "1"];
      const commands = {
        embed: ["embed", input, ...model, "--out", out],
        prepare: ["data", "prepare", input, "--as", "pairs", "--out", out],
        mine: ["mine", input, ...model, "--out", out],
        inspect: ["data", "inspect", input, "--html", out],
      };
      const end = await embtune([...commands[command], "--overwrite"]);
      if (hashOf(input) !== before) return "changed its input";
      return badEnd(end);
    },
  };
}
