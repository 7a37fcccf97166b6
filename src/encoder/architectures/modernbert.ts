import type { Value } from "../../graph/ir.js";
import { add, gather, mul } from "../../graph/ops/index.js";
import { type Activation, activation } from "./activations.js";
import { attention } from "./attention.js";
import type { ConfigFields } from "./config-fields.js";
import { type Blueprint, linear, linears } from "./declare.js";
import { type LayerKind, layerKinds } from "./layer-kinds.js";
import { attentionMask } from "./masks.js";
import { layerNorm } from "./norms.js";
import { type Rotation, rotation } from "./rotary.js";
import { turnsOf } from "./rotary-turns.js";
import { type TextInputs, textInputs } from "./text-inputs.js";

interface Form {
  readonly width: number;
  readonly inner: number;
  readonly heads: number;
  readonly epsilon: number;
  readonly activation: Activation;
  readonly normBias: boolean;
  readonly attentionBias: boolean;
  readonly mlpBias: boolean;
}

/** What a layer attends with. */
interface View {
  readonly mask: Value;
  readonly rotation: Rotation;
}

/**
 * ModernBERT (Warner 2024): normalisation before each part, rotary positions, gated feed-forward, and attention to everything only in
 * every third layer. Token vectors [B, T, H].
 */
export function modernbert(print: Blueprint): Value {
  const { b, weights, config } = print;
  const text = textInputs(b);
  const form = formOf(config);
  const { width, epsilon, normBias: bias } = form;
  const words = weights.table("embeddings.tok_embeddings", config.size("vocab_size"), width);
  config.size("max_position_embeddings", 8192);
  // Fields of the models that have been published which their class does not read.
  config.only("position_embedding_type", "absolute", "sans_pos", "rope");
  config.optional("layer_norm_eps");
  const depth = config.size("num_hidden_layers");
  const every = config.size("global_attn_every_n_layers", 3);
  const kinds = layerKinds(config, depth, (i) => i % every === 0);
  const views = viewsOf(print, text, width / form.heads);
  let x = layerNorm(print, "embeddings.norm", gather(b, words, text.ids), { epsilon, bias });
  for (const [i, kind] of kinds.entries()) x = layer(print, i, x, { ...form, ...views[kind] });
  return layerNorm(print, "final_norm", x, { epsilon, bias });
}

function formOf(config: ConfigFields): Form {
  return {
    width: config.size("hidden_size"),
    inner: config.size("intermediate_size"),
    heads: config.size("num_attention_heads"),
    epsilon: config.number("norm_eps", 1e-5),
    activation: activation(config, "hidden_activation", "gelu"),
    normBias: config.flag("norm_bias", false),
    attentionBias: config.flag("attention_bias", false),
    mlpBias: config.flag("mlp_bias", false),
  };
}

function viewsOf(
  { b, config }: Blueprint,
  text: TextInputs,
  headSize: number,
): Record<LayerKind, View> {
  const window = Math.floor(config.size("local_attention", 128) / 2) + 1;
  const full = { layerType: "full_attention", base: ["global_rope_theta"], fallback: 160_000 };
  const near = { layerType: "sliding_attention", base: ["local_rope_theta"], fallback: 10_000 };
  const turns = (at: typeof full) => rotation(b, text, turnsOf(config, headSize, at));
  return {
    full_attention: { mask: attentionMask(b, text), rotation: turns(full) },
    sliding_attention: { mask: attentionMask(b, text, { window }), rotation: turns(near) },
  };
}

function layer(print: Blueprint, i: number, x: Value, form: Form & View): Value {
  const { b } = print;
  const { width, inner, heads, epsilon, normBias: bias, mask, rotation } = form;
  const at = `layers.${i}`;
  // The embeddings are normalised already where the first layer begins.
  const attended = i === 0 ? x : layerNorm(print, `${at}.attn_norm`, x, { epsilon, bias });
  const thirds = ["query", "key", "value"].map((name) => ({ name, size: width }));
  const [query, key, value] = linears(print, `${at}.attn.Wqkv`, attended, {
    input: width,
    parts: thirds,
    bias: form.attentionBias,
  });
  const context = attention(
    b,
    { query, key, value },
    { heads, headSize: width / heads, mask, rotation },
  );
  const square = { input: width, output: width, bias: form.attentionBias };
  const y = add(b, x, linear(print, `${at}.attn.Wo`, context, square));
  const halves = ["input", "gate"].map((name) => ({ name, size: inner }));
  const [active, gate] = linears(
    print,
    `${at}.mlp.Wi`,
    layerNorm(print, `${at}.mlp_norm`, y, { epsilon, bias }),
    {
      input: width,
      parts: halves,
      bias: form.mlpBias,
    },
  );
  const gated = mul(b, form.activation(b, active), gate);
  return add(
    b,
    y,
    linear(print, `${at}.mlp.Wo`, gated, { input: inner, output: width, bias: form.mlpBias }),
  );
}
