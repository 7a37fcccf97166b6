"""The weights of an exported BERT, back in PyTorch.

A TorchScript export keeps most parameters under their own names, behind a prefix (m.encoder.layer.0…bias), but the
weights of linear layers become constants called onnx::MatMul_123, transposed. The MatMul's own name still says which
layer it is: /m/encoder/layer.0/attention/self/query/MatMul. A model of `embtune distill` keeps the names of these too, transposed.

Run: python bench/python/load_onnx_bert.py MODEL OUT
writes OUT, a sentence-transformers folder with model.safetensors, and fails unless its vectors equal the ONNX file's to 1e-5.
"""

import shutil
import sys
from pathlib import Path

import numpy
import onnx
import onnxruntime
import torch
from transformers import BertConfig, BertModel

FIRST = "embeddings.word_embeddings.weight"
TOLERANCE = 1e-5


def state_of(model):
    """Parameters by their Hugging Face names, from an ONNX model."""
    arrays = {item.name: onnx.numpy_helper.to_array(item) for item in model.graph.initializer}
    word_embeddings = next(name for name in arrays if name.endswith(FIRST))
    prefix = word_embeddings.removesuffix(FIRST)
    named = (f"{prefix}embeddings.", f"{prefix}encoder.")
    state = {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(named)}
    for node in model.graph.node:
        if node.op_type == "MatMul" and node.input[1] in arrays:
            weight = node.input[1]
            layer = node.name.strip("/").replace("/", ".").removesuffix(".MatMul")
            name = weight if weight.startswith(named) else f"{layer}.weight"
            state[name.removeprefix(prefix)] = arrays[weight].T
    return {name: torch.from_numpy(array.copy()) for name, array in state.items()}


def load(folder):
    """BertModel of a transformers.js folder: float32, PyTorch's own attention kernel, no dropout, no pooler."""
    config = BertConfig.from_pretrained(folder, attn_implementation="sdpa")
    config.hidden_dropout_prob = config.attention_probs_dropout_prob = 0.0
    model = BertModel(config, add_pooling_layer=False)
    state = state_of(onnx.load(Path(folder) / "onnx/model.onnx"))
    missing, unexpected = model.load_state_dict(state, strict=False)
    assert not missing and not unexpected, (missing, unexpected)
    return model.eval()


def sample(vocabulary, rows=4, width=24):
    """Random token ids with padding of different lengths."""
    random = torch.Generator().manual_seed(3)
    ids = torch.randint(1000, vocabulary, (rows, width), generator=random)
    mask = (torch.arange(width) < torch.tensor([[width], [width - 1], [9], [2]])).long()
    return {"input_ids": ids * mask, "attention_mask": mask, "token_type_ids": torch.zeros_like(ids)}


def difference(folder, model):
    """Largest difference of last_hidden_state at real tokens between ONNX Runtime and PyTorch."""
    inputs = sample(model.config.vocab_size)
    session = onnxruntime.InferenceSession(Path(folder) / "onnx/model.onnx", providers=["CPUExecutionProvider"])
    (want,) = session.run(["last_hidden_state"], {name: value.numpy() for name, value in inputs.items()})
    with torch.no_grad():
        got = model(**inputs).last_hidden_state.numpy()
    real = inputs["attention_mask"].numpy().astype(bool)
    return float(numpy.abs(got - want)[real].max())


def convert(folder, out):
    """Copies a transformers.js folder to a sentence-transformers folder, its weights as model.safetensors."""
    model = load(folder)
    error = difference(folder, model)
    assert error <= TOLERANCE, f"{folder}: PyTorch differs from the ONNX file by {error}"
    shutil.copytree(folder, out, ignore=shutil.ignore_patterns("onnx"), copy_function=shutil.copyfile, dirs_exist_ok=True)
    for path in [Path(out), *Path(out).rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)  # the original may be read-only
    model.save_pretrained(out)
    return error


if __name__ == "__main__":
    print(f"largest difference {convert(sys.argv[1], sys.argv[2]):.1e}")
