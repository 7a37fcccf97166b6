import type { GraphBuilder } from "../../graph/builder.js";
import type { Value } from "../../graph/ir.js";
import { add, gather, scalar, sub, transpose, unsqueeze } from "../../graph/ops/index.js";
import { int64 } from "../../math/tensor.js";
import { activation } from "./activations.js";
import type { Blueprint } from "./declare.js";
import { attentionMask } from "./masks.js";
import { layerNorm } from "./norms.js";
import { paddedPositions } from "./padded-positions.js";
import { type PostNormModules, postNormLayer, within } from "./post-norm.js";
import { type TextInputs, textInputs } from "./text-inputs.js";

const LAYER: PostNormModules = {
  query: "attention.attn.q",
  key: "attention.attn.k",
  value: "attention.attn.v",
  attentionOutput: "attention.attn.o",
  attentionNorm: "attention.LayerNorm",
  first: "intermediate.dense",
  second: "output.dense",
  outputNorm: "output.LayerNorm",
};

/** From this distance on all are alike (T5's relative_attention_max_distance, which MPNet does not configure). */
const FARTHEST = 128;

/** MPNet (Song 2020): RoBERTa's embeddings without token types, and a bias on the logits by distance. Token vectors [B, T, H]. */
export function mpnet(print: Blueprint): Value {
  const { b, weights, config } = print;
  const text = textInputs(b);
  const width = config.size("hidden_size");
  const heads = config.size("num_attention_heads");
  const positions = config.size("max_position_embeddings");
  const words = weights.table("embeddings.word_embeddings", config.size("vocab_size"), width);
  const places = weights.table("embeddings.position_embeddings", positions, width);
  const numbers = paddedPositions(b, text, config.number("pad_token_id", 1));
  const sum = add(b, gather(b, words, text.ids), gather(b, places, numbers));
  const buckets = config.size("relative_attention_num_buckets", 32);
  const biases = weights.table("encoder.relative_attention_bias", buckets, heads);
  const form = {
    width,
    heads,
    inner: config.size("intermediate_size"),
    epsilon: config.number("layer_norm_eps", 1e-12),
    activation: activation(config, "hidden_act", "gelu"),
    mask: attentionMask(b, text),
    logitBias: distanceBias(b, biases, text, positions),
  };
  let x = layerNorm(print, "embeddings.LayerNorm", sum, form);
  for (let i = 0; i < config.size("num_hidden_layers"); i++)
    x = postNormLayer(print, within(`encoder.layer.${i}`, LAYER), x, form);
  return x;
}

/** The bias of each pair by how far the key is from the query: [1, h, T, T]. */
function distanceBias(
  b: GraphBuilder,
  table: Value,
  { positions }: TextInputs,
  longest: number,
): Value {
  const [buckets] = table.shape as [number];
  const distance = sub(b, unsqueeze(b, positions, [0]), unsqueeze(b, positions, [1]));
  const all = BigInt64Array.from({ length: 2 * longest - 1 }, (_, i) =>
    BigInt(bucketOf(i - longest + 1, buckets)),
  );
  const place = add(b, distance, scalar(b, longest - 1, "int64"));
  const bucket = gather(b, b.constant(int64([all.length], all)), place);
  return unsqueeze(b, transpose(b, gather(b, table, bucket), [2, 0, 1]), [0]);
}

/**
 * The bucket of a distance (key − query): half of them for keys behind the query's place; of each half, the first half holds one
 * distance each, the others grow with its logarithm (Raffel 2020, T5, section 2.1).
 */
function bucketOf(distance: number, buckets: number): number {
  const half = Math.floor(buckets / 2);
  const exact = Math.floor(half / 2);
  const side = distance > 0 ? half : 0;
  const far = Math.abs(distance);
  if (far < exact) return side + far;
  // In float32, as the original: the logarithm decides at the borders of buckets.
  const log = Math.fround(Math.log(Math.fround(far / exact)));
  const grown = Math.fround(
    Math.fround(log / Math.fround(Math.log(FARTHEST / exact))) * (half - exact),
  );
  return side + Math.min(half - 1, exact + Math.trunc(grown));
}
