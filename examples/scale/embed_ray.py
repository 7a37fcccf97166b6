"""Embeds a file of texts, one a line, on Ray: python embed_ray.py texts.txt FOLDER vectors.parquet WORKERS

pip install "ray[data]" onnxruntime tokenizers numpy on all machines. FOLDER: embtune export MODEL --format fastembed --to FOLDER, on a path that
all machines read. WORKERS: fewer than the cores of the cluster, since reading and writing want one too.
"""

import sys
from pathlib import Path

import ray
from onnx_encoder import OnnxEncoder


class Embed:
    def __init__(self, model):
        self.encode = OnnxEncoder(model)

    def __call__(self, batch):
        return {"text": batch["text"], "embedding": self.encode(list(batch["text"]))}


def main(texts, model, out, workers):
    ray.init(runtime_env={"py_modules": [str(Path(__file__).with_name("onnx_encoder.py"))]})
    cores = int(ray.cluster_resources()["CPU"])
    if int(workers) >= cores:
        raise SystemExit(f"{workers} workers on {cores} cores leave none for reading: give {cores - 1} at most")
    lines = ray.data.read_text(texts).repartition(4 * int(workers))
    pool = ray.data.ActorPoolStrategy(size=int(workers))
    lines.map_batches(Embed, fn_constructor_args=(model,), batch_size=1024, compute=pool, num_cpus=1).write_parquet(out)


if __name__ == "__main__":
    main(*sys.argv[1:])
