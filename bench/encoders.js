// Encoders of other kinds than BERT, at size: a full step and encoding beside sentence-transformers, random weights, SNLI's lengths.
//
//   npm run build && node bench/encoders.js [--kinds minilm,modernbert] [--what step,encode] [--rounds 3] [--steps 4] [--warmup 1]
//     [--texts 1024] [--threads 2] [--python python3] [--write]
//
// minilm and modernbert: 6 layers, hidden 384. Step: batch 64 of triplets of SNLI dev, AdamW and clipping included, dropout off. Encode: the
// distinct texts of SNLI dev, each program in its default batches. Each case has a process of its own; programs take turns, round
// after round. Ratios are of wall time and of processor time (all threads), the least of the rounds: on a busy machine the second is
// the one to trust, with --threads 1. The peer needs bench/python/requirements.txt. --write stores bench/results/encoders.json.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { loadEncoder } from "../dist/encoder/load.js";
import { openRuntime } from "../dist/runtime/runtime.js";
import { machine } from "./machine.js";
import { writeRandomFolder } from "./random-folder.js";
import { writeRows } from "./rows-file.js";
import { snliTriplets } from "./snli-triplets.js";

const here = dirname(fileURLToPath(import.meta.url));
const shared = join(here, "../../shared");
const { values: options } = parseArgs({
  options: {
    kinds: { type: "string", default: "minilm,modernbert" },
    what: { type: "string", default: "step,encode" },
    rounds: { type: "string", default: "3" },
    steps: { type: "string", default: "4" },
    warmup: { type: "string", default: "1" },
    texts: { type: "string", default: "1024" },
    threads: { type: "string", default: "2" },
    python: { type: "string", default: "python3" },
    write: { type: "boolean", default: false },
    encode: { type: "string" },
  },
});
const threads = Number(options.threads);

const common = { hidden_size: 384, num_hidden_layers: 6, vocab_size: 30_522 };
const configs = {
  minilm: {
    ...{ ...common, model_type: "bert", num_attention_heads: 12, intermediate_size: 1536 },
    ...{ max_position_embeddings: 512, type_vocab_size: 2, hidden_act: "gelu" },
    layer_norm_eps: 1e-12,
  },
  modernbert: {
    ...{ ...common, model_type: "modernbert", num_attention_heads: 6, intermediate_size: 576 },
    ...{ max_position_embeddings: 512, hidden_activation: "gelu", local_attention: 128 },
    ...{ global_attn_every_n_layers: 3, global_rope_theta: 160_000, local_rope_theta: 10_000 },
    ...{ norm_eps: 1e-5, pad_token_id: 0, bos_token_id: 101, eos_token_id: 102 },
    ...{ cls_token_id: 101, sep_token_id: 102 },
  },
};

/** This file as the case of a process: the texts of a JSON file, embedded after a short warm-up. */
async function encodeCase({ model, texts: file }) {
  const texts = JSON.parse(readFileSync(file, "utf8"));
  const runtime = await openRuntime({ threads });
  const encoder = await loadEncoder({ model, runtime, maxLength: 128 });
  await encoder.encode(texts.slice(0, 200));
  const [start, used] = [performance.now(), process.cpuUsage()];
  await encoder.encode(texts);
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(used);
  process.stdout.write(`${JSON.stringify({ seconds, processorSeconds: (user + system) / 1e6 })}\n`);
  await encoder.release();
  await runtime.close();
}

function json(command, args) {
  const { status, stdout } = spawnSync(command, args, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${status}`);
  return JSON.parse(stdout.trim().split("\n").at(-1));
}

const python = (script, ...args) =>
  json(options.python, [join(here, "python", script), ...args, "--json"]);

/** Wall and processor seconds of one case of either program. */
const cases = {
  step: {
    embtune: ({ model, triplets, work }) => {
      const settings = {
        ...{ data: triplets, model, eval: join(shared, "data/stsb/dev.csv"), pooling: "mean" },
        ...{ out: join(work, "run"), shuffle: false, batchSize: 64, maxLength: 128, threads },
        tune: "full",
      };
      const request = { settings, steps: Number(options.steps), warmup: Number(options.warmup) };
      return json(process.execPath, [join(here, "training-case.js"), JSON.stringify(request)]);
    },
    peer: ({ model }) =>
      python(
        "st_loop.py",
        ...["--model", model, "--steps", options.steps, "--warmup", options.warmup],
        ...["--threads", options.threads],
      ),
    figures: ({ secondsPerStep, processorSecondsPerStep }) => ({
      seconds: Math.min(...secondsPerStep),
      processorSeconds: processorSecondsPerStep,
    }),
  },
  encode: {
    embtune: ({ model, texts }) =>
      json(process.execPath, [
        ...[fileURLToPath(import.meta.url), "--encode", JSON.stringify({ model, texts })],
        ...["--threads", options.threads],
      ]),
    peer: ({ model, texts }) =>
      python(
        "st_encode.py",
        ...["--model", model, "--texts", texts, "--max-length", "128"],
        ...["--threads", options.threads],
      ),
    figures: ({ seconds, processorSeconds }) => ({ seconds, processorSeconds }),
  },
};

const least = (rounds, name, key) => Math.min(...rounds.map((round) => round[name][key]));

function compare(what, place) {
  const { figures, ...programs } = cases[what];
  const rounds = Array.from({ length: Number(options.rounds) }, () =>
    Object.fromEntries(["embtune", "peer"].map((name) => [name, figures(programs[name](place))])),
  );
  const ratio = (key) => least(rounds, "peer", key) / least(rounds, "embtune", key);
  return { rounds, wall: ratio("seconds"), processor: ratio("processorSeconds") };
}

async function main() {
  const work = mkdtempSync(join(tmpdir(), "embtune bench "));
  const rows = snliTriplets(join(shared, "data/snli/dev.csv"));
  const triplets = writeRows(
    join(work, "triplets.jsonl"),
    rows.map(([anchor, positive, [negative]]) => ({ anchor, positive, negative })),
  );
  const texts = join(work, "texts.json");
  const distinct = [...new Set(rows.flatMap((row) => row.slice(0, 2)))];
  writeFileSync(texts, JSON.stringify(distinct.slice(0, Number(options.texts))));
  const results = {};
  try {
    for (const kind of options.kinds.split(",")) {
      const model = join(work, kind);
      await writeRandomFolder(model, configs[kind]);
      for (const what of options.what.split(",")) {
        const result = compare(what, { model, triplets, texts, work });
        results[`${kind} ${what}`] = result;
        const shown = [result.wall, result.processor].map((x) => x.toFixed(2));
        console.log(`${kind} ${what}: ${shown[0]}x by the clock, ${shown[1]}x by processor time`);
      }
    }
  } finally {
    rmSync(work, { recursive: true });
  }
  const report = { machine: machine(), threads, steps: Number(options.steps), results };
  if (options.write)
    writeFileSync(join(here, "results/encoders.json"), `${JSON.stringify(report, null, 2)}\n`);
  else console.log(JSON.stringify(report));
}

if (options.encode === undefined) await main();
else await encodeCase(JSON.parse(options.encode));
