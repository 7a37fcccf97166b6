import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { architectureParameters } from "../dist/encoder/architectures/registry.js";
import { writeTensors } from "../dist/files/tensor-file.js";
import { createRandom } from "../dist/math/random.js";
import { float32 } from "../dist/math/tensor.js";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** A folder with config.json, random weights and the bundled encoder's tokenizer. Returns the bytes of its weights. */
export async function writeRandomFolder(folder, config) {
  mkdirSync(folder, { recursive: true });
  for (const file of ["tokenizer.json", "tokenizer_config.json"])
    copyFileSync(join(root, "models/embtune-mini-en", file), join(folder, file));
  writeFileSync(join(folder, "config.json"), JSON.stringify(config));
  const random = createRandom(1, "bench/random-folder");
  const tensors = new Map();
  let bytes = 0;
  for (const [name, shape] of architectureParameters(config, "config.json")) {
    const size = shape.reduce((a, b) => a * b, 1);
    bytes += 4 * size;
    const plain = name.endsWith("bias") ? 0 : 1;
    const data = Float32Array.from({ length: size }, () =>
      shape.length === 1 ? plain : 0.04 * (random.uniform() - 0.5),
    );
    tensors.set(name, float32(shape, data));
  }
  await writeTensors(join(folder, "model.safetensors"), tensors);
  return bytes;
}
