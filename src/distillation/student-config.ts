/** Sizes of a BERT-type student. */
interface StudentSizes {
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly intermediate: number;
  readonly vocabulary: number;
  /** Tokens that a text may have. */
  readonly maxLength: number;
}

/** config.json of the student: an ordinary BertModel. */
export function studentConfig(sizes: StudentSizes): Readonly<Record<string, unknown>> {
  return {
    model_type: "bert",
    architectures: ["BertModel"],
    vocab_size: sizes.vocabulary,
    hidden_size: sizes.hidden,
    num_hidden_layers: sizes.layers,
    num_attention_heads: sizes.heads,
    intermediate_size: sizes.intermediate,
    max_position_embeddings: sizes.maxLength,
    type_vocab_size: 2,
    layer_norm_eps: 1e-12,
    hidden_act: "gelu",
    initializer_range: 0.02,
    pad_token_id: 0,
    hidden_dropout_prob: 0.1,
    attention_probs_dropout_prob: 0.1,
    position_embedding_type: "absolute",
  };
}

/** Numbers of a student: tables, layers and norms. */
export function parameterCount(shapes: ReadonlyMap<string, readonly number[]>): number {
  return [...shapes.values()].reduce(
    (sum, shape) => sum + shape.reduce((product, size) => product * size, 1),
    0,
  );
}
