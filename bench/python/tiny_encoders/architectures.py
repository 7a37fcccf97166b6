"""Tiny encoders with random weights that depend on nothing but the parameter's name."""

import zlib

import torch
import transformers as hf

HIDDEN, HEADS, LAYERS, INTERMEDIATE, POSITIONS = 16, 2, 2, 40, 48

CLASSES = {
    "bert": (hf.BertConfig, hf.BertModel),
    "minilm": (hf.BertConfig, hf.BertModel),
    "distilbert": (hf.DistilBertConfig, hf.DistilBertModel),
    "roberta": (hf.RobertaConfig, hf.RobertaModel),
    "xlm-r": (hf.XLMRobertaConfig, hf.XLMRobertaModel),
    "mpnet": (hf.MPNetConfig, hf.MPNetModel),
    "electra": (hf.ElectraConfig, hf.ElectraModel),
    "albert": (hf.AlbertConfig, hf.AlbertModel),
}
TOKEN_TYPES = {"bert", "minilm", "electra", "albert"}


def sizes(architecture, activation):
    if architecture == "distilbert":
        size = {"dim": HIDDEN, "n_heads": HEADS, "n_layers": LAYERS, "hidden_dim": INTERMEDIATE}
        return {**size, "max_position_embeddings": POSITIONS, "activation": activation}
    size = {"hidden_size": HIDDEN, "num_attention_heads": HEADS, "num_hidden_layers": LAYERS}
    size |= {"intermediate_size": INTERMEDIATE, "max_position_embeddings": POSITIONS, "hidden_act": activation}
    if architecture == "minilm":  # 12 heads and the fourfold inner layer of MiniLM
        size |= {"hidden_size": 24, "num_attention_heads": 12, "intermediate_size": 96}
    if architecture in ("roberta", "xlm-r"):
        size |= {"type_vocab_size": 1, "layer_norm_eps": 1e-5}
    if architecture in ("electra", "albert"):  # embeddings narrower than the layers
        size |= {"embedding_size": 12}
    return size


def special_ids(tokenizer, config):
    ids = {f"{role}_token_id": tokenizer.token_to_id(config[f"{role}_token"]) for role in ("pad", "bos", "eos")}
    return ids | {"vocab_size": tokenizer.get_vocab_size()}


def build(fixture, tokenizer, tokenizer_config):
    """The encoder of a fixture, in float32, without dropout."""
    config_class, model_class = CLASSES[fixture.architecture]
    size = sizes(fixture.architecture, fixture.activation)
    config = config_class(**size, **special_ids(tokenizer, tokenizer_config), attn_implementation=fixture.attention)
    takes_pooler = fixture.architecture not in ("distilbert", "electra")
    model = model_class(config, **({"add_pooling_layer": fixture.pooler} if takes_pooler else {}))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(values(name, parameter.shape, fixture.zero_biases))
    return model.eval()


def values(name, shape, zero_biases):
    """Large enough for attention far from uniform; no two parameters alike, unless asked for."""
    random = torch.Generator().manual_seed(zlib.crc32(name.encode()))
    normal = torch.randn(shape, generator=random)
    if "norm" in name.lower() and name.endswith("weight"):
        return 1 + 0.2 * normal
    if name.endswith("bias") and zero_biases:
        return torch.zeros(shape)
    if name.endswith("bias"):
        return 0.2 * normal
    return normal * (0.5 if "embeddings" in name else 1.2 / shape[-1] ** 0.5)


def inputs_of(fixture, batch):
    """The model's own inputs as tensors, by name."""
    names = ["input_ids", "attention_mask"]
    names += ["token_type_ids"] if fixture.architecture in TOKEN_TYPES else []
    return {name: torch.tensor(batch[name]) for name in names}
