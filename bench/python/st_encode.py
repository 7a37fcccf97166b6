"""Encoding speed of sentence-transformers: texts/s of model.encode on sentences of STS Benchmark and SICK.

The sentences: distinct ones of the four files, in file order, evenly spaced down to the wanted number; or those of --texts,
a JSON list, for the same sentences as another program's.

Run: python bench/python/st_encode.py [--sentences 8000] [--texts FILE] [--batch-size 32] [--max-length 256] [--threads 2] [--json]
"""

import csv
import json
import time

import peer
import torch

FILES = ["stsb/dev.csv", "stsb/train.csv", "sick/train.csv", "sick/trial.csv"]


def sentences(count):
    texts = []
    for file in FILES:
        with open(peer.SHARED / "data" / file, encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                texts += [row["sentence1"], row["sentence2"]]
    texts = peer.distinct(texts)
    assert len(texts) >= count, f"only {len(texts)} distinct sentences"
    return [texts[i * len(texts) // count] for i in range(count)]


def texts_of(options):
    if options.texts == "":
        return sentences(options.sentences)
    with open(options.texts, encoding="utf-8") as file:
        return json.load(file)


def main():
    options = peer.options(__doc__, sentences=8000, texts="", batch_size=32, max_length=256)
    torch.set_num_threads(options.threads)
    texts = texts_of(options)
    model = peer.sentence_transformer(options.model, options.max_length).eval()
    model.encode(texts[:200], batch_size=options.batch_size)
    start, processor = time.perf_counter(), time.process_time()
    vectors = model.encode(texts, batch_size=options.batch_size, normalize_embeddings=True)
    seconds, used = time.perf_counter() - start, time.process_time() - processor
    figures = {
        "peer": "sentence-transformers encode",
        "model": options.model.name,
        "sentences": len(vectors),
        "textsPerSecond": len(vectors) / seconds,
        "seconds": seconds,
        "processorSeconds": used,
        "peakRssMB": peer.peak_rss_mb(),
        "threads": options.threads,
        "versions": peer.versions(),
    }
    peer.report(figures, options.json)


if __name__ == "__main__":
    main()
