"""Encodes sentences again and again with one of the fast ways there are in Python; bench/encode-peers.js drives it.

    python encode_peers.py --kind KIND --model FOLDER --texts texts.json [--threads 2]

KIND: st (sentence-transformers, float32), st-bf16 (its weights in bfloat16), onnx-int8 (ONNX Runtime, quantize_dynamic a channel),
openvino, openvino-bf16, openvino-int8 (NNCF, calibrated on 300 of the texts), fastembed (its own tokenising and pooling, on the folder's
onnx/model.onnx). Prints "ready"; for every line on standard input it encodes
all texts and prints the seconds and those of processor time; at "vectors PATH" it writes the vectors' numbers (float32) there. Batches of 64 in the order of
length, mean pooling, unit length; sentences are tokenised within the time.
"""

import argparse
import json
import os
import sys
import tempfile
import time

import numpy as np

BATCH = 64
CALIBRATION = 300


def tokenized(folder, texts):
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
    tokenizer.enable_truncation(256)
    tokenizer.enable_padding()
    for start in range(0, len(texts), BATCH):
        encoded = tokenizer.encode_batch(texts[start : start + BATCH])
        ids = np.array([e.ids for e in encoded], dtype=np.int64)
        mask = np.array([e.attention_mask for e in encoded], dtype=np.int64)
        yield {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}


def in_order_of_length(embed):
    """texts -> vectors, from embed(texts, the shortest first) -> parts of their vectors."""

    def encode(texts):
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        vectors = np.concatenate(list(embed([texts[i] for i in order])))
        out = np.empty_like(vectors)
        out[order] = vectors
        return out

    return encode


def by_tokens(folder, run):
    """texts -> unit vectors, from run(feeds) -> token vectors."""

    def embed(texts):
        for feeds in tokenized(folder, texts):
            mask = feeds["attention_mask"][..., None].astype(np.float32)
            pooled = (run(feeds) * mask).sum(1) / mask.sum(1)
            yield pooled / np.linalg.norm(pooled, axis=1, keepdims=True)

    return in_order_of_length(embed)


def sentence_transformers(folder, threads, bfloat16):
    import pathlib

    import peer
    import torch

    torch.set_num_threads(threads)
    model = peer.sentence_transformer(pathlib.Path(folder), 256).eval()
    if bfloat16:
        model = model.to(torch.bfloat16)
    options = {"batch_size": BATCH, "normalize_embeddings": True, "convert_to_tensor": True}
    return lambda texts: np.asarray(model.encode(texts, **options).float())


def onnx_int8(folder, threads):
    import onnxruntime
    from onnxruntime.quantization import QuantType, quantize_dynamic

    path = os.path.join(tempfile.mkdtemp(), "int8.onnx")
    source = os.path.join(folder, "onnx", "model.onnx")
    quantize_dynamic(source, path, per_channel=True, weight_type=QuantType.QInt8, reduce_range=True)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return by_tokens(folder, lambda feeds: session.run(None, feeds)[0])


def openvino(folder, threads, kind, texts):
    import openvino as ov

    core = ov.Core()
    model = core.read_model(os.path.join(folder, "onnx", "model.onnx"))
    if kind == "openvino-int8":
        import nncf

        feeds = list(tokenized(folder, texts[:CALIBRATION]))
        single = [{k: v[i : i + 1] for k, v in one.items()} for one in feeds for i in range(len(one["input_ids"]))]
        model = nncf.quantize(model, nncf.Dataset(single), model_type=nncf.ModelType.TRANSFORMER, subset_size=CALIBRATION)
    precision = "bf16" if kind == "openvino-bf16" else "f32"
    config = {"INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": precision}
    compiled = core.compile_model(model, "CPU", config)
    return by_tokens(folder, lambda feeds: compiled(feeds)[0])


def fastembed(folder, threads):
    from fastembed import TextEmbedding
    from fastembed.common.model_description import ModelSource, PoolingType

    # The source is only looked at where there is no local folder.
    with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
        size = json.load(file)["hidden_size"]
    source = ModelSource(hf="local")
    TextEmbedding.add_custom_model("local", pooling=PoolingType.MEAN, normalization=True, sources=source, dim=size)
    model = TextEmbedding("local", specific_model_path=folder, threads=threads)
    return in_order_of_length(lambda texts: [np.stack(list(model.embed(texts, batch_size=BATCH)))])


def encoder(kind, folder, threads, texts):
    if kind == "fastembed":
        return fastembed(folder, threads)
    if kind in ("st", "st-bf16"):
        return sentence_transformers(folder, threads, kind == "st-bf16")
    if kind == "onnx-int8":
        return onnx_int8(folder, threads)
    return openvino(folder, threads, kind, texts)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kind", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--texts", required=True)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    with open(args.texts, encoding="utf-8") as file:
        texts = json.load(file)
    encode = encoder(args.kind, args.model, args.threads, texts)
    encode(texts[:256])
    print("ready", flush=True)
    vectors = None
    for line in sys.stdin:
        if line.startswith("vectors "):
            vectors.astype(np.float32).tofile(line[len("vectors ") :].strip())
            print("written", flush=True)
            continue
        start, processor = time.perf_counter(), time.process_time()
        vectors = encode(texts)
        print(time.perf_counter() - start, time.process_time() - processor, flush=True)


main()
