"""Texts to vectors from a folder of `embtune export MODEL --format fastembed --to FOLDER`, whose ONNX file has pooling, head and length in it.

pip install onnxruntime tokenizers numpy
"""

import json
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

BATCH = 64


class OnnxEncoder:
    """One thread: schedulers start a process a core."""

    def __init__(self, folder):
        self.tokenizer = Tokenizer.from_file(str(Path(folder, "tokenizer.json")))
        settings = json.loads(Path(folder, "sentence_bert_config.json").read_text())
        self.tokenizer.enable_truncation(settings["max_seq_length"])
        self.tokenizer.no_padding()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        path = str(Path(folder, "onnx", "model.onnx"))
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self.inputs = {one.name for one in self.session.get_inputs()}

    def __call__(self, texts):
        """[B, D], float32. White space around a text goes, as in `embtune embed`."""
        tokens = [one.ids for one in self.tokenizer.encode_batch([text.strip() for text in texts])]
        # Texts of like length together: little padding.
        order = sorted(range(len(tokens)), key=lambda i: len(tokens[i]))
        rows = [None] * len(tokens)
        for start in range(0, len(order), BATCH):
            part = order[start : start + BATCH]
            for i, vector in zip(part, self.embed([tokens[i] for i in part])):
                rows[i] = vector
        return np.stack(rows)

    def embed(self, tokens):
        length = max(len(one) for one in tokens)
        ids = np.zeros((len(tokens), length), dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, one in enumerate(tokens):
            ids[row, : len(one)] = one
            mask[row, : len(one)] = 1
        feeds = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        wanted = {name: value for name, value in feeds.items() if name in self.inputs}
        return self.session.run(["sentence_embedding"], wanted)[0]
