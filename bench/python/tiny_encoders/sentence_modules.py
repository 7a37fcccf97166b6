"""modules.json and its companions as sentence-transformers writes them, in its classic and its present form."""

from .tokenizers_of import MAX_LENGTH

CLASSIC = "sentence_transformers.models."
PRESENT = {
    "Transformer": "sentence_transformers.base.modules.transformer.Transformer",
    "Pooling": "sentence_transformers.sentence_transformer.modules.pooling.Pooling",
    "Normalize": "sentence_transformers.base.modules.normalize.Normalize",
}
FLAGS = {"cls": "cls_token", "mean": "mean_tokens", "max": "max_tokens", "mean_sqrt_len": "mean_sqrt_len_tokens"}
FLAGS |= {"weightedmean": "weightedmean_tokens", "lasttoken": "lasttoken"}


def modules(present):
    kinds = [("Transformer", ""), ("Pooling", "1_Pooling"), ("Normalize", "2_Normalize")]
    return [
        {"idx": i, "name": str(i), "path": path, "type": PRESENT[kind] if present else CLASSIC + kind}
        for i, (kind, path) in enumerate(kinds)
    ]


def pooling(mode, size, present):
    if present:
        return {"embedding_dimension": size, "pooling_mode": mode, "include_prompt": True}
    flags = {f"pooling_mode_{flag}": mode == name for name, flag in FLAGS.items()}
    return {"word_embedding_dimension": size, **flags, "include_prompt": True}


def write(fixture, folder, config, write_json):
    """The classic form for files of transformers 4, that of sentence-transformers 6 for those of transformers 5."""
    present = fixture.library == 5
    write_json(folder / "modules.json", modules(present), indent=2)
    (folder / "1_Pooling").mkdir()
    write_json(folder / "1_Pooling/config.json", pooling(fixture.pooling, config.hidden_size, present), indent=4)
    transformer = {"max_seq_length": MAX_LENGTH, "do_lower_case": False}
    if present:
        text = {"method": "forward", "method_output_name": "last_hidden_state"}
        transformer = {"transformer_task": "feature-extraction", "modality_config": {"text": text}}
        transformer |= {"module_output_name": "token_embeddings"}
    write_json(folder / "sentence_bert_config.json", transformer, indent=4)
