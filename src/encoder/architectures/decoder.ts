import type { Value } from "../../graph/ir.js";
import { add, gather } from "../../graph/ops/index.js";
import { type Activation, activation } from "./activations.js";
import { attention } from "./attention.js";
import type { ConfigFields } from "./config-fields.js";
import { type Blueprint, linear } from "./declare.js";
import { gatedFeedForward } from "./feed-forward.js";
import { layerKinds } from "./layer-kinds.js";
import { attentionMask } from "./masks.js";
import { rmsNorm } from "./norms.js";
import { type Rotation, rotation } from "./rotary.js";
import { turnsOf } from "./rotary-turns.js";
import { textInputs } from "./text-inputs.js";

/** In what decoders of the Llama family differ. */
interface DecoderFamily {
  /** Linear maps of attention that have a bias: none or all by `attention_bias`, or always queries, keys and values (Qwen2). */
  readonly bias: "by-config" | "qkv";
  /** Whether the heads of queries and keys are normalised (Qwen3). */
  readonly normalizedHeads?: boolean;
  /** Whether layers attend nearby wherever `sliding_window` is given (Mistral), or where `use_sliding_window` says so. */
  readonly window?: "always" | "switched";
}

interface Form {
  readonly width: number;
  readonly inner: number;
  readonly heads: number;
  readonly keyHeads: number;
  readonly headSize: number;
  readonly epsilon: number;
  readonly activation: Activation;
  readonly qkvBias: boolean;
  readonly outputBias: boolean;
  readonly bias: boolean;
  readonly rotation: Rotation;
}

/** Llama (Touvron 2023), Mistral, Qwen2 and Qwen3 as encoders: token vectors [B, T, H] before the head for words. */
export function decoder(family: DecoderFamily): (print: Blueprint) => Value {
  return (print) => {
    const { b, weights, config } = print;
    const text = textInputs(b);
    const width = config.size("hidden_size");
    const words = weights.table("embed_tokens", config.size("vocab_size"), width);
    config.optional("max_position_embeddings");
    const depth = config.size("num_hidden_layers");
    const heads = config.size("num_attention_heads");
    const headSize = config.size("head_dim", width / heads);
    const turns = turnsOf(config, headSize, { base: ["rope_theta"], fallback: 10_000 });
    const form = {
      ...formOf(config, family),
      width,
      heads,
      headSize,
      rotation: rotation(b, text, turns),
    };
    const causal = isCausal(config);
    const masks = {
      full_attention: attentionMask(b, text, { causal }),
      sliding_attention: attentionMask(b, text, {
        causal,
        window: config.optional("sliding_window"),
      }),
    };
    let x = gather(b, words, text.ids);
    for (const [i, kind] of layerKinds(config, depth, fullLayers(config, family)).entries())
      x = layer(print, `layers.${i}`, x, { ...form, family, mask: masks[kind] });
    return rmsNorm(print, "norm", x, { epsilon: form.epsilon });
  };
}

function formOf(config: ConfigFields, family: DecoderFamily) {
  const attentionBias = config.flag("attention_bias", false);
  return {
    inner: config.size("intermediate_size"),
    keyHeads: config.size("num_key_value_heads", config.size("num_attention_heads")),
    epsilon: config.number("rms_norm_eps", 1e-6),
    activation: activation(config, "hidden_act", "silu"),
    qkvBias: family.bias === "qkv" || attentionBias,
    outputBias: family.bias === "by-config" && attentionBias,
    bias: config.flag("mlp_bias", false),
  };
}

/** Embedders made of decoders say with one of these that tokens attend to what follows as well. */
function isCausal(config: ConfigFields): boolean {
  const both = config.flag("use_bidirectional_attention", false);
  return config.flag("is_causal", !both);
}

/** Where configurations do not list the kinds of layers: which layers attend to everything. */
function fullLayers(config: ConfigFields, { window }: DecoderFamily): (layer: number) => boolean {
  const given = config.optional("sliding_window") !== undefined;
  const switched = config.flag("use_sliding_window", false);
  const first = config.optional("max_window_layers") ?? 28;
  if (window === "always") return () => !given;
  return (i) => !given || !switched || i < first;
}

function layer(
  print: Blueprint,
  at: string,
  x: Value,
  form: Form & { readonly mask: Value; readonly family: DecoderFamily },
): Value {
  const { b } = print;
  const { width, heads, keyHeads, headSize, epsilon, qkvBias, family } = form;
  const normal = rmsNorm(print, `${at}.input_layernorm`, x, { epsilon });
  const projected = (name: string, count: number) =>
    linear(print, `${at}.self_attn.${name}_proj`, normal, {
      input: width,
      output: count * headSize,
      bias: qkvBias,
    });
  const parts = {
    query: projected("q", heads),
    key: projected("k", keyHeads),
    value: projected("v", keyHeads),
  };
  const headNorm = (heads: Value, of: "query" | "key") =>
    rmsNorm(print, `${at}.self_attn.${of === "query" ? "q" : "k"}_norm`, heads, { epsilon });
  const normalize = family.normalizedHeads === true ? headNorm : undefined;
  const { mask, rotation } = form;
  const context = attention(b, parts, { heads, keyHeads, headSize, mask, rotation, normalize });
  const sizes = { input: heads * headSize, output: width, bias: form.outputBias };
  const y = add(b, x, linear(print, `${at}.self_attn.o_proj`, context, sizes));
  const fed = rmsNorm(print, `${at}.post_attention_layernorm`, y, { epsilon });
  return add(b, y, gatedFeedForward(print, gatedModules(`${at}.mlp`), fed, form));
}

/** Modules of the feed-forward part in the Llama family and Gemma. */
export function gatedModules(at: string) {
  return { gate: `${at}.gate_proj`, up: `${at}.up_proj`, down: `${at}.down_proj` };
}
