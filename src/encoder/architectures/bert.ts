import type { Value } from "../../graph/ir.js";
import { add, gather } from "../../graph/ops/index.js";
import { activation } from "./activations.js";
import { type Blueprint, linear } from "./declare.js";
import { attentionMask } from "./masks.js";
import { layerNorm } from "./norms.js";
import { paddedPositions } from "./padded-positions.js";
import { type PostNormModules, postNormLayer, within } from "./post-norm.js";
import {
  constantRow,
  positionRows,
  type TextInputs,
  textInputs,
  tokenTypes,
} from "./text-inputs.js";

/** A layer's modules, as BertModel, RobertaModel, XLMRobertaModel, CamembertModel and ElectraModel name them. */
const LAYER: PostNormModules = {
  query: "attention.self.query",
  key: "attention.self.key",
  value: "attention.self.value",
  attentionOutput: "attention.output.dense",
  attentionNorm: "attention.output.LayerNorm",
  first: "intermediate.dense",
  second: "output.dense",
  outputNorm: "output.LayerNorm",
};

/** BERT (Devlin 2018) and ELECTRA (Clark 2020), whose embeddings may be narrower than its layers: token vectors [B, T, H]. */
export function bert(print: Blueprint): Value {
  const { b } = print;
  const text = textInputs(b);
  return layers(print, text, embeddings(print, text, "absolute"));
}

/** RoBERTa (Liu 2019), XLM-RoBERTa and CamemBERT: BERT whose positions are numbered from the padding id on. */
export function roberta(print: Blueprint): Value {
  const text = textInputs(print.b);
  return layers(print, text, embeddings(print, text, "padded"));
}

/** norm(word + position + token type), of size E: [B, T, E]. */
export function embeddings(
  { b, weights, config }: Blueprint,
  text: TextInputs,
  positions: "absolute" | "padded",
): Value {
  refuseVariants({ config });
  const size = config.size("embedding_size", config.size("hidden_size"));
  const module = (name: string) => `embeddings.${name}`;
  const words = weights.table(module("word_embeddings"), config.size("vocab_size"), size);
  const places = weights.table(
    module("position_embeddings"),
    config.size("max_position_embeddings"),
    size,
  );
  const kinds = config.size("type_vocab_size", 2);
  const types = weights.table(module("token_type_embeddings"), kinds, size);
  const typed =
    positions === "absolute" ? gather(b, types, tokenTypes(b)) : constantRow(b, types, 0);
  const placed =
    positions === "absolute"
      ? positionRows(b, places, text)
      : gather(b, places, paddedPositions(b, text, config.number("pad_token_id", 1)));
  const sum = add(b, add(b, gather(b, words, text.ids), typed), placed);
  const epsilon = config.number("layer_norm_eps", 1e-12);
  return layerNorm({ b, weights, config }, module("LayerNorm"), sum, { epsilon });
}

/** What would make it another encoder. */
function refuseVariants({ config }: Pick<Blueprint, "config">): void {
  config.only("position_embedding_type", "absolute");
  config.only("is_decoder", false);
  config.only("add_cross_attention", false);
}

function layers(print: Blueprint, text: TextInputs, embedded: Value): Value {
  const { b, config } = print;
  const width = config.size("hidden_size");
  const narrow = Number(embedded.shape.at(-1));
  const form = {
    width,
    inner: config.size("intermediate_size"),
    heads: config.size("num_attention_heads"),
    epsilon: config.number("layer_norm_eps", 1e-12),
    activation: activation(config, "hidden_act", "gelu"),
    mask: attentionMask(b, text),
  };
  let x =
    narrow === width
      ? embedded
      : linear(print, "embeddings_project", embedded, { input: narrow, output: width });
  for (let i = 0; i < config.size("num_hidden_layers"); i++)
    x = postNormLayer(print, within(`encoder.layer.${i}`, LAYER), x, form);
  return x;
}
