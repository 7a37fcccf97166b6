import type { Value } from "../../graph/ir.js";
import { add, gather, mul, scalar } from "../../graph/ops/index.js";
import { type Activation, activation } from "./activations.js";
import { attention } from "./attention.js";
import type { ConfigFields } from "./config-fields.js";
import { type Blueprint, linear } from "./declare.js";
import { gatedModules } from "./decoder.js";
import { gatedFeedForward } from "./feed-forward.js";
import { type LayerKind, layerKinds } from "./layer-kinds.js";
import { attentionMask } from "./masks.js";
import { rmsNorm } from "./norms.js";
import { type Rotation, rotation } from "./rotary.js";
import { turnsOf } from "./rotary-turns.js";
import { type TextInputs, textInputs } from "./text-inputs.js";

interface Form {
  readonly width: number;
  readonly inner: number;
  readonly heads: number;
  readonly keyHeads: number;
  readonly headSize: number;
  readonly scale: number;
  readonly epsilon: number;
  readonly activation: Activation;
  readonly bias: false;
  readonly attentionBias: boolean;
}

interface View {
  readonly mask: Value;
  readonly rotation: Rotation;
}

/**
 * Gemma 3 as an encoder (EmbeddingGemma, Vera 2025): scaled embeddings, normalised heads, normalisation before and behind each part,
 * attention nearby in most layers, to both sides where the configuration says so. Token vectors [B, T, H].
 */
export function gemma(print: Blueprint): Value {
  const { b, weights, config } = print;
  const text = textInputs(b);
  const form = formOf(config);
  const words = weights.table("embed_tokens", config.size("vocab_size"), form.width);
  config.optional("max_position_embeddings");
  config.only("attn_logit_softcapping");
  const depth = config.size("num_hidden_layers");
  const every =
    config.optional("sliding_window_pattern") ?? config.optional("_sliding_window_pattern") ?? 6;
  const kinds = layerKinds(config, depth, (i) => (i + 1) % every === 0);
  const views = viewsOf(print, text, form.headSize);
  let x = mul(b, gather(b, words, text.ids), scalar(b, Math.sqrt(form.width), "float32"));
  for (const [i, kind] of kinds.entries())
    x = layer(print, `layers.${i}`, x, { ...form, ...views[kind] });
  return rmsNorm(print, "norm", x, { epsilon: form.epsilon, around: "one" });
}

function formOf(config: ConfigFields): Form {
  const headSize = config.size("head_dim", 256);
  return {
    width: config.size("hidden_size"),
    inner: config.size("intermediate_size"),
    heads: config.size("num_attention_heads"),
    keyHeads: config.size("num_key_value_heads"),
    headSize,
    scale: config.number("query_pre_attn_scalar", headSize) ** -0.5,
    epsilon: config.number("rms_norm_eps", 1e-6),
    activation: activation(config, "hidden_activation", "gelu_pytorch_tanh"),
    bias: false,
    attentionBias: config.flag("attention_bias", false),
  };
}

function viewsOf(
  { b, config }: Blueprint,
  text: TextInputs,
  headSize: number,
): Record<LayerKind, View> {
  const causal = !config.flag("use_bidirectional_attention", false);
  const size = config.size("sliding_window", 4096);
  // Half to each side where both are looked at.
  const window = causal ? size : Math.floor(size / 2) + 1;
  const full = { layerType: "full_attention", base: ["rope_theta"], fallback: 1_000_000 };
  const near = {
    ...{ layerType: "sliding_attention", base: ["rope_local_base_freq"], fallback: 10_000 },
    unscaled: true,
  };
  const turns = (at: typeof full) => rotation(b, text, turnsOf(config, headSize, at));
  return {
    full_attention: { mask: attentionMask(b, text, { causal }), rotation: turns(full) },
    sliding_attention: { mask: attentionMask(b, text, { causal, window }), rotation: turns(near) },
  };
}

function layer(print: Blueprint, at: string, x: Value, form: Form & View): Value {
  const { b } = print;
  const { width, heads, keyHeads, headSize, attentionBias: bias } = form;
  const norm = (name: string, value: Value) =>
    rmsNorm(print, `${at}.${name}`, value, { epsilon: form.epsilon, around: "one" });
  const normal = norm("input_layernorm", x);
  const projected = (name: string, count: number) =>
    linear(print, `${at}.self_attn.${name}_proj`, normal, {
      input: width,
      output: count * headSize,
      bias,
    });
  const parts = {
    query: projected("q", heads),
    key: projected("k", keyHeads),
    value: projected("v", keyHeads),
  };
  const context = attention(b, parts, {
    ...{ heads, keyHeads, headSize, scale: form.scale, mask: form.mask, rotation: form.rotation },
    normalize: (own, of) => norm(`self_attn.${of === "query" ? "q" : "k"}_norm`, own),
  });
  const sizes = { input: heads * headSize, output: width, bias };
  const attended = linear(print, `${at}.self_attn.o_proj`, context, sizes);
  const y = add(b, x, norm("post_attention_layernorm", attended));
  const fed = gatedFeedForward(
    print,
    gatedModules(`${at}.mlp`),
    norm("pre_feedforward_layernorm", y),
    form,
  );
  return add(b, y, norm("post_feedforward_layernorm", fed));
}
