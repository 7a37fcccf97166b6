"""Writes test/fixtures/vectors.json: vectors by sentence-transformers, for test/encoder/load.test.ts.

The model folders hold ONNX files only, so their weights are first put into a PyTorch BertModel.

Run: python bench/python/encoder_golden.py
"""

import json
import pathlib
import re
import shutil
import tempfile

import numpy
import onnx
import torch
from onnx import numpy_helper
from sentence_transformers import SentenceTransformer
from transformers import BertConfig, BertModel

ROOT = pathlib.Path(__file__).parents[2]
MODELS = {
    "bert-torchscript-14": ROOT / "test" / "fixtures" / "encoders" / "bert-torchscript-14",
    "all-MiniLM-L6-v2": ROOT.parent / "shared" / "models" / "all-MiniLM-L6-v2",
}
POOLINGS = {"mean": "mean", "cls": "cls", "last": "lasttoken"}
TEXTS = [
    "The ferry leaves at six in the morning.",
    "At six o'clock the boat departs.",
    "My invoice shows the wrong address.",
    "",
    "a",
    "Na\u00efve caf\u00e9 owners serve cr\u00e8me br\u00fbl\u00e9e \u2013 at 3 \u20ac!",
    "\u65e5\u672c\u8a9e and \u0440\u0443\u0441\u0441\u043a\u0438\u0439 \U0001f600",
    "  spaces\tand\nnew lines  ",
    " ".join(f"In chapter {i} the clockmaker repairs another of the harbour's bells." for i in range(40)),
]


def torch_weights(path):
    graph = onnx.load(path).graph
    tensors = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    weights = {n[2:]: v for n, v in tensors.items() if n.startswith("m.")}
    for node in graph.node:
        if node.op_type == "MatMul" and node.input[1] in tensors:
            module = re.sub("^/m/|/MatMul$", "", node.name).replace("/", ".")
            weights[module + ".weight"] = tensors[node.input[1]].T
    return {n: torch.from_numpy(numpy.array(v)) for n, v in weights.items()}


def sentence_transformer(folder, pooling, work):
    shutil.copytree(folder, work, ignore=shutil.ignore_patterns("onnx"))
    model = BertModel(BertConfig.from_pretrained(folder), add_pooling_layer=False)
    missing, unexpected = model.load_state_dict(torch_weights(folder / "onnx" / "model.onnx"), strict=False)
    assert not unexpected and all("position_ids" in name for name in missing), (missing, unexpected)
    model.save_pretrained(work)
    config = {"embedding_dimension": model.config.hidden_size, "pooling_mode": POOLINGS[pooling]}
    (work / "1_Pooling" / "config.json").write_text(json.dumps(config))
    return SentenceTransformer(str(work), device="cpu")


def vectors(folder, pooling):
    with tempfile.TemporaryDirectory() as temporary:
        model = sentence_transformer(folder, pooling, pathlib.Path(temporary) / "model")
        encoded = model.encode(TEXTS, batch_size=4)
        return [[float(f"{x:.8g}") for x in row] for row in encoded.tolist()]


golden = {
    "texts": TEXTS,
    "vectors": [
        {"model": model, "pooling": pooling, "vectors": vectors(MODELS[model], pooling)}
        for model, pooling in [
            ("bert-torchscript-14", "mean"),
            ("bert-torchscript-14", "cls"),
            ("bert-torchscript-14", "last"),
            ("all-MiniLM-L6-v2", "mean"),
        ]
    ],
}
(ROOT / "test" / "fixtures" / "vectors.json").write_text(json.dumps(golden) + "\n")
