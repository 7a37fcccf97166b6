/** Fields of config.json that no encoder computes with: training, generation, other tasks' heads, bookkeeping. */
const NEUTRAL = new Set(
  `architectures auto_map model_type transformers_version torch_dtype dtype name_or_path head matryoshka_dimensions
  initializer_range initializer_factor initializer_cutoff_factor layer_norm_init use_cache gradient_checkpointing
  tie_word_embeddings output_past output_hidden_states output_attentions return_dict torchscript use_bfloat16
  chunk_size_feed_forward tokenizer_class prefix task_specific_params problem_type finetuning_task id2label label2id num_labels
  pruned_heads directionality language model_max_length max_seq_length attn_implementation use_flash_attn
  fused_bias_fc fused_dropout_add_ln use_xentropy pad_vocab_size_multiple deterministic_flash_attn reference_compile
  repad_logits_with_grad pretraining_tp sparse_prediction sparse_pred_ignore_index decoder_bias
  bad_words_ids num_beams num_beam_groups diversity_penalty do_sample early_stopping temperature top_k top_p typical_p
  repetition_penalty length_penalty no_repeat_ngram_size encoder_no_repeat_ngram_size num_return_sequences max_length min_length
  output_scores return_dict_in_generate remove_invalid_values exponential_decay_length_penalty suppress_tokens
  begin_suppress_tokens tf_legacy_loss cross_attention_hidden_size tie_encoder_decoder is_encoder_decoder
  final_logit_softcapping cache_implementation dense_seq_output unpad_inputs
  summary_type summary_use_proj summary_activation summary_proj_to_labels summary_first_dropout summary_last_dropout
  bert_model_type gpt2_model_type embedding_dropout prenorm_dropout name tie_weights_ layerdrop
  net_structure_type gap_size num_memory_blocks down_scale_factor xla_device do_lower_case sentence_transformers`.split(
    /\s+/,
  ),
);

/** Names of whole families of such fields. */
const FAMILIES =
  /^_|_token_ids?$|dropout|_pdrop$|^(classifier|pooler|unsloth_|qa|seq_classif|decoder_start|forced|transformers\.js)/;

/**
 * Whether the field cannot change token vectors, by its name, or because its value switches nothing on (null, false, an empty
 * list or object).
 */
export function changesNothing(name: string, value: unknown): boolean {
  if (NEUTRAL.has(name) || FAMILIES.test(name)) return !isFilled(name, value);
  return isEmpty(value);
}

/** Heads that were cut off are listed in a field that is neutral only while it is empty. */
function isFilled(name: string, value: unknown): boolean {
  return name === "pruned_heads" && !isEmpty(value);
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === false) return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}
