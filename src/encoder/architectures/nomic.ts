import type { Value } from "../../graph/ir.js";
import { add, gather } from "../../graph/ops/index.js";
import { type Activation, activation } from "./activations.js";
import { attention } from "./attention.js";
import type { ConfigFields } from "./config-fields.js";
import { type Blueprint, linear, linears } from "./declare.js";
import { gatedFeedForward } from "./feed-forward.js";
import { attentionMask } from "./masks.js";
import { layerNorm } from "./norms.js";
import { type Rotation, rotation } from "./rotary.js";
import { turnsOf } from "./rotary-turns.js";
import { textInputs, tokenTypes } from "./text-inputs.js";

interface Form {
  readonly width: number;
  readonly inner: number;
  readonly heads: number;
  readonly headSize: number;
  readonly epsilon: number;
  readonly activation: Activation;
  readonly attentionBias: boolean;
  readonly bias: boolean;
  readonly mask: Value;
  readonly rotation: Rotation;
}

/**
 * Nomic's BERT (Nussbaum 2024): BERT with rotary positions and a gated feed-forward part, by the field names of transformers or by those
 * of GPT-2 that its own code used. Token vectors [B, T, H].
 */
export function nomic(print: Blueprint): Value {
  const { b, weights, config } = print;
  refuseVariants(config);
  const text = textInputs(b);
  const width = config.size(["hidden_size", "n_embd"]);
  const heads = config.size(["num_attention_heads", "n_head"]);
  const words = weights.table("embeddings.word_embeddings", config.size("vocab_size"), width);
  const kinds = config.size("type_vocab_size", 2);
  const types = weights.table("embeddings.token_type_embeddings", kinds, width);
  const sum = add(b, gather(b, words, text.ids), gather(b, types, tokenTypes(b)));
  const headSize = config.size("head_dim", width / heads);
  const base = ["rope_theta", "rotary_emb_base"];
  const epsilon = config.number(["layer_norm_eps", "layer_norm_epsilon"], 1e-12);
  const form: Form = {
    ...{ width, heads, headSize, epsilon },
    inner: config.size(["intermediate_size", "n_inner"]),
    activation: activation(config, ["hidden_act", "activation_function"], "silu"),
    attentionBias: config.flag("qkv_proj_bias", false),
    bias: config.flag("mlp_fc1_bias", false),
    mask: attentionMask(b, text),
    rotation: rotation(b, text, turnsOf(config, headSize, { base, fallback: 1000 })),
  };
  let x = layerNorm(print, "emb_ln", sum, { epsilon });
  for (let i = 0; i < config.size(["num_hidden_layers", "n_layer"]); i++)
    x = layer(print, `encoder.layers.${i}`, x, form);
  return x;
}

/** Switches of its own code that would make it another encoder, and lengths that it only was trained with. */
function refuseVariants(config: ConfigFields): void {
  for (const name of [
    "prenorm",
    "parallel_block",
    "parallel_block_tied_norm",
    "use_rms_norm",
    "causal",
  ])
    config.only(name, false);
  for (const name of ["rotary_emb_interleaved", "scale_attn_by_inverse_layer_idx"])
    config.only(name, false);
  config.only("scale_attn_weights", true);
  config.only("rotary_emb_fraction", 1);
  config.only("rotary_emb_scale_base");
  config.only("rotary_scaling_factor");
  config.only("mlp_fc2_bias", config.flag("mlp_fc1_bias", false));
  for (const name of ["max_position_embeddings", "n_positions", "max_trained_positions"])
    config.optional(name);
  config.raw("reorder_and_upcast_attn");
}

function layer(print: Blueprint, at: string, x: Value, form: Form): Value {
  const { b } = print;
  const { width, heads, headSize, epsilon, attentionBias, mask, rotation } = form;
  const inner = heads * headSize;
  const parts = ["query", "key", "value"].map((name) => ({ name, size: inner }));
  const [query, key, value] = linears(print, `${at}.attn.Wqkv`, x, {
    input: width,
    parts,
    bias: attentionBias,
  });
  const context = attention(b, { query, key, value }, { heads, headSize, mask, rotation });
  const sizes = { input: inner, output: width, bias: attentionBias };
  const attended = linear(print, `${at}.attn.out_proj`, context, sizes);
  const y = layerNorm(print, `${at}.norm1`, add(b, attended, x), { epsilon });
  const modules = { gate: `${at}.mlp.fc12`, up: `${at}.mlp.fc11`, down: `${at}.mlp.fc2` };
  const fed = gatedFeedForward(print, modules, y, form);
  return layerNorm(print, `${at}.norm2`, add(b, fed, y), { epsilon });
}
