// What the SHA-256 of a checkpoint costs: weights and both moments written and synchronised as a run does it, which takes the hash while
// the disk is at work, beside the same writes without a hash, in turn. For the bundled encoder and for one of 22.7 million parameters.
//
//     npm run build && node bench/hashes.js [--write]
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { writeTensors } from "../dist/files/tensor-file.js";
import { machine } from "./machine.js";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { values } = parseArgs({ options: { write: { type: "boolean", default: false } } });
const rounds = 9;
const bundled = statSync(join(root, "models/embtune-mini-en/onnx/model.onnx")).size / 4;
const sizes = { "bundled encoder": bundled, "22.7 million parameters": 22_700_000 };

const median = (xs) => [...xs].sort((a, b) => a - b)[Math.floor(xs.length / 2)];
const rounded = (x) => Number(x.toFixed(4));

/** Tensors of 64 KiB numbers, as many as make up the size three times. */
function checkpointTensors(size) {
  const width = 65_536;
  const tensors = new Map();
  for (let i = 0; i * width < 3 * size; i++)
    tensors.set(`w${i}`, {
      dtype: "float32",
      shape: [width],
      data: new Float32Array(width).map((_, k) => Math.sin(i + k)),
    });
  return tensors;
}

async function plainWrite(path, tensors) {
  const file = await open(path, "w");
  for (const { data } of tensors.values()) await file.write(new Uint8Array(data.buffer));
  await file.datasync();
  await file.close();
}

async function timed(action) {
  const started = performance.now();
  await action();
  return (performance.now() - started) / 1000;
}

/** Processor seconds of hashing alone. */
function hashSeconds(tensors) {
  const before = process.cpuUsage();
  const hash = createHash("sha256");
  for (const { data } of tensors.values()) hash.update(new Uint8Array(data.buffer));
  hash.digest("hex");
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

async function measure(size) {
  const folder = mkdtempSync(join(tmpdir(), "embtune-hashes-"));
  const tensors = checkpointTensors(size);
  const times = { hashed: [], plain: [], hashAlone: [] };
  for (let round = 0; round < rounds; round++) {
    times.plain.push(await timed(() => plainWrite(join(folder, "plain"), tensors)));
    times.hashed.push(await timed(() => writeTensors(join(folder, "hashed"), tensors)));
    times.hashAlone.push(hashSeconds(tensors));
  }
  rmSync(folder, { recursive: true });
  const [hashed, plain, alone] = [times.hashed, times.plain, times.hashAlone].map(median);
  return {
    megabytes: Math.round((12 * size) / 1e6),
    secondsWithHash: rounded(hashed),
    secondsWithout: rounded(plain),
    difference: rounded(hashed - plain),
    hashCpuSeconds: rounded(alone),
  };
}

const results = {};
for (const [name, size] of Object.entries(sizes)) {
  results[name] = await measure(size);
  console.log(name, results[name]);
}
if (values.write) {
  const path = join(root, "bench", "results", "hashes.json");
  writeFileSync(path, `${JSON.stringify({ machine: machine(), results }, null, 2)}\n`);
}
