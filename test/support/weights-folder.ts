import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { architectureParameters } from "../../src/encoder/architectures/registry.js";
import { createRandom } from "../../src/math/random.js";
import { encodeSafetensors } from "../../src/math/safetensors.js";
import { float32, sizeOf, type Tensor } from "../../src/math/tensor.js";

type Config = Readonly<Record<string, unknown>>;

const common = {
  hidden_size: 8,
  num_attention_heads: 2,
  num_hidden_layers: 2,
  vocab_size: 11,
  intermediate_size: 12,
};
const absolute = { ...common, max_position_embeddings: 16, type_vocab_size: 2 };

/** A small configuration of every model_type that graphs are written for. */
export const TINY_CONFIGS: Readonly<Record<string, Config>> = {
  bert: absolute,
  electra: { ...absolute, embedding_size: 4 },
  roberta: absolute,
  "xlm-roberta": absolute,
  camembert: absolute,
  distilbert: {
    dim: 8,
    n_heads: 2,
    n_layers: 2,
    hidden_dim: 12,
    vocab_size: 11,
    max_position_embeddings: 16,
  },
  mpnet: { ...common, max_position_embeddings: 16, relative_attention_num_buckets: 8 },
  albert: { ...absolute, embedding_size: 4 },
  modernbert: { ...common, norm_bias: true, attention_bias: true, mlp_bias: true },
  nomic_bert: {
    n_embd: 8,
    n_head: 2,
    n_layer: 2,
    n_inner: 12,
    vocab_size: 11,
    activation_function: "swiglu",
  },
  llama: { ...common, num_key_value_heads: 1, attention_bias: true },
  mistral: { ...common, sliding_window: 4 },
  qwen2: common,
  qwen3: { ...common, head_dim: 6 },
  gemma3_text: { ...common, num_key_value_heads: 1, head_dim: 4, sliding_window: 8 },
};

/** Random parameters of the encoder of a configuration, by their names. */
export function tinyParameters(config: Config): Map<string, Tensor> {
  const random = createRandom(1, "parameters");
  const shapes = architectureParameters(config, "config.json");
  return new Map(
    [...shapes].map(([name, shape]) => {
      const data = Float32Array.from({ length: sizeOf(shape) }, () => random.normal() / 4);
      return [name, float32(shape, data)];
    }),
  );
}

/** The bytes of a safetensors file. */
export function safetensors(tensors: ReadonlyMap<string, Tensor>): Uint8Array {
  return Buffer.concat(encodeSafetensors({ tensors, metadata: {} }));
}

/** Writes files into a new folder. */
export function folderOf(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = mkdtempSync(join(tmpdir(), "embtune-weights-"));
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

/** A folder with config.json and model.safetensors. */
export function weightsFolder(config: Config, tensors = tinyParameters(config)): string {
  return folderOf({
    "config.json": JSON.stringify(config),
    "model.safetensors": safetensors(tensors),
  });
}
