import { UserError } from "../../errors/user-error.js";

/** Name → shape of every weight that the Hugging Face class of an encoder has, its pooler left out. */
export type WeightShapes = ReadonlyMap<string, readonly number[]>;

/** Numbers of config.json. */
export type ModelConfig = Readonly<Record<string, unknown>>;

type Entries = (readonly [string, readonly number[]])[];

const linear = (name: string, out: number, input: number): Entries => [
  [`${name}.weight`, [out, input]],
  [`${name}.bias`, [out]],
];

const norm = (name: string, size: number): Entries => [
  [`${name}.weight`, [size]],
  [`${name}.bias`, [size]],
];

const table = (name: string, rows: number, size: number): Entries => [
  [`${name}.weight`, [rows, size]],
];

const layers = (count: number, layer: (i: number) => Entries): Entries =>
  Array.from({ length: count }, (_, i) => layer(i)).flat();

/** A whole number of the configuration, which must be there. */
function size(config: ModelConfig, name: string): number {
  const value = config[name];
  if (typeof value === "number" && Number.isInteger(value) && value > 0) return value;
  throw new UserError(
    "bad-config",
    `config.json must give ${name} as a whole number, got ${JSON.stringify(value)}`,
  );
}

function bert(config: ModelConfig): Entries {
  const H = size(config, "hidden_size");
  const I = size(config, "intermediate_size");
  const E = typeof config.embedding_size === "number" ? config.embedding_size : H;
  return [
    ...embeddings(config, E),
    ...(E === H ? [] : linear("embeddings_project", H, E)),
    ...layers(size(config, "num_hidden_layers"), (i) => {
      const at = `encoder.layer.${i}`;
      return [
        ...["query", "key", "value"].flatMap((n) => linear(`${at}.attention.self.${n}`, H, H)),
        ...linear(`${at}.attention.output.dense`, H, H),
        ...norm(`${at}.attention.output.LayerNorm`, H),
        ...linear(`${at}.intermediate.dense`, I, H),
        ...linear(`${at}.output.dense`, H, I),
        ...norm(`${at}.output.LayerNorm`, H),
      ];
    }),
  ];
}

function embeddings(config: ModelConfig, E: number): Entries {
  return [
    ...table("embeddings.word_embeddings", size(config, "vocab_size"), E),
    ...table("embeddings.position_embeddings", size(config, "max_position_embeddings"), E),
    ...table("embeddings.token_type_embeddings", size(config, "type_vocab_size"), E),
    ...norm("embeddings.LayerNorm", E),
  ];
}

function mpnet(config: ModelConfig): Entries {
  const H = size(config, "hidden_size");
  const I = size(config, "intermediate_size");
  const buckets = size(config, "relative_attention_num_buckets");
  return [
    ...table("embeddings.word_embeddings", size(config, "vocab_size"), H),
    ...table("embeddings.position_embeddings", size(config, "max_position_embeddings"), H),
    ...norm("embeddings.LayerNorm", H),
    ...table("encoder.relative_attention_bias", buckets, size(config, "num_attention_heads")),
    ...layers(size(config, "num_hidden_layers"), (i) => {
      const at = `encoder.layer.${i}`;
      return [
        ...["q", "k", "v", "o"].flatMap((n) => linear(`${at}.attention.attn.${n}`, H, H)),
        ...norm(`${at}.attention.LayerNorm`, H),
        ...linear(`${at}.intermediate.dense`, I, H),
        ...linear(`${at}.output.dense`, H, I),
        ...norm(`${at}.output.LayerNorm`, H),
      ];
    }),
  ];
}

function distilbert(config: ModelConfig): Entries {
  const H = size(config, "dim");
  const I = size(config, "hidden_dim");
  return [
    ...table("embeddings.word_embeddings", size(config, "vocab_size"), H),
    ...table("embeddings.position_embeddings", size(config, "max_position_embeddings"), H),
    ...norm("embeddings.LayerNorm", H),
    ...layers(size(config, "n_layers"), (i) => {
      const at = `transformer.layer.${i}`;
      return [
        ...["q", "k", "v", "out"].flatMap((n) => linear(`${at}.attention.${n}_lin`, H, H)),
        ...norm(`${at}.sa_layer_norm`, H),
        ...linear(`${at}.ffn.lin1`, I, H),
        ...linear(`${at}.ffn.lin2`, H, I),
        ...norm(`${at}.output_layer_norm`, H),
      ];
    }),
  ];
}

function albert(config: ModelConfig): Entries {
  const H = size(config, "hidden_size");
  const I = size(config, "intermediate_size");
  const E = size(config, "embedding_size");
  const inner = typeof config.inner_group_num === "number" ? config.inner_group_num : 1;
  const groups = typeof config.num_hidden_groups === "number" ? config.num_hidden_groups : 1;
  return [
    ...embeddings(config, E),
    ...linear("encoder.embedding_hidden_mapping_in", H, E),
    ...layers(groups * inner, (i) => {
      const at = `encoder.albert_layer_groups.${Math.floor(i / inner)}.albert_layers.${i % inner}`;
      return [
        ...["query", "key", "value", "dense"].flatMap((n) => linear(`${at}.attention.${n}`, H, H)),
        ...norm(`${at}.attention.LayerNorm`, H),
        ...linear(`${at}.ffn`, I, H),
        ...linear(`${at}.ffn_output`, H, I),
        ...norm(`${at}.full_layer_layer_norm`, H),
      ];
    }),
  ];
}

const architectures: Readonly<Record<string, (config: ModelConfig) => Entries>> = {
  bert,
  electra: bert,
  roberta: bert,
  "xlm-roberta": bert,
  camembert: bert,
  mpnet,
  distilbert,
  albert,
};

/** The weights of the architecture that config.json names; one that is not known is a UserError. */
export function weightShapes(config: ModelConfig): WeightShapes {
  const type = String(config.model_type);
  const entries = architectures[type];
  if (entries !== undefined) return new Map(entries(config));
  throw new UserError(
    "unknown-architecture",
    `the weights of model_type "${type}" cannot be named as Hugging Face names them`,
    {
      hint: `use --format transformersjs; sentence-transformers works for ${Object.keys(architectures).join(", ")}`,
    },
  );
}
