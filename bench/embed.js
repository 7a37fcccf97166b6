// Texts a second of `embtune embed` beside sentence-transformers' encode, on the same 8,000 sentences, one after the other in each round.
//
//   npm run build && node bench/embed.js [--model FOLDER] [--sentences 8000] [--rounds 3] [--python python3]
//
// embtune's figures are those of the whole command: start, reading, model, vectors, file. The peer's (python/st_encode.py) are those of
// encode alone, after a warm-up. q8: the same model with the 8-bit weights of `embtune export --dtype q8`. --many: a file of so many
// texts, for the memory. Writes bench/results/embed.json.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { machine } from "./machine.js";
import { measureCommand } from "./measure-command.js";
import { readSentences } from "./sentences.js";

const here = dirname(fileURLToPath(import.meta.url));
const shared = join(here, "../../shared");
const { values: options } = parseArgs({
  options: {
    model: { type: "string", default: join(shared, "models/all-MiniLM-L6-v2") },
    sentences: { type: "string", default: "8000" },
    rounds: { type: "string", default: "3" },
    python: { type: "string", default: "python3" },
    many: { type: "string", default: "200000" },
  },
});
const work = mkdtempSync(join(tmpdir(), "embtune bench "));

const sentences = readSentences(shared, Number(options.sentences));
const list = join(work, "texts.json");
writeFileSync(list, JSON.stringify(sentences));
const file = join(work, "texts.jsonl");
writeFileSync(file, sentences.map((text) => `${JSON.stringify({ text })}\n`).join(""));

function embed(data, ...args) {
  const out = join(work, "vectors.npy");
  return measureCommand(["embed", data, "--out", out, "--overwrite", "--quiet", ...args]);
}

function peer() {
  const script = join(here, "python/st_encode.py");
  const args = [script, "--texts", list, "--model", options.model, "--json"];
  const { status, stdout } = spawnSync(options.python, args, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (status !== 0) process.exit(status ?? 1);
  return JSON.parse(stdout.trim().split("\n").at(-1));
}

const quantized = join(work, "q8");
measureCommand(["export", options.model, "--to", quantized, "--dtype", "q8", "--quiet"]);
const rounds = [];
for (let round = 0; round < Number(options.rounds); round++) {
  const float = embed(file, "--model", options.model);
  const encode = peer();
  const q8 = embed(file, "--model", quantized, "--model-dtype", "q8");
  const rate = ({ seconds }) => sentences.length / seconds;
  rounds.push({
    embtune: rate(float),
    peer: encode.textsPerSecond,
    q8: rate(q8),
    megabytes: {
      embtune: float.peakMegabytes,
      peer: Math.round(encode.peakRssMB),
      q8: q8.peakMegabytes,
    },
  });
  console.log(rounds.at(-1));
}
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const ratio = {
  embtune: median(rounds.map(({ embtune, peer: beside }) => embtune / beside)),
  q8: median(rounds.map(({ q8, peer: beside }) => q8 / beside)),
};
const many = join(work, "many.jsonl");
const lines = Array.from({ length: Number(options.many) }, (_, i) => {
  return `${JSON.stringify({ text: `${i} ${sentences[i % sentences.length]}`.slice(0, 40) })}\n`;
});
writeFileSync(many, lines.join(""));
const large = { texts: lines.length, ...embed(many) };
const result = {
  machine: machine(),
  sentences: sentences.length,
  unit: "texts a second",
  rounds,
  ratio,
  large,
};
mkdirSync(join(here, "results"), { recursive: true });
writeFileSync(join(here, "results/embed.json"), `${JSON.stringify(result, null, 2)}\n`);
console.log(ratio, large);
rmSync(work, { recursive: true });
