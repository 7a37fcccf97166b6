"""Training speed of a distilled student in PyTorch: 1 - cosine to given vectors, the rows of a file in order.

A step is tokenization, loss, backward, clipping to norm 1 and AdamW; dropout is off. Steps are timed after the warm-up.

Run: python bench/python/distill_loop.py --model STUDENT --texts texts.jsonl --vectors targets.npy [--autocast 1] [--json]
"""

import contextlib
import json
import time
from pathlib import Path

import numpy as np
import peer
import torch
from st_loop import optimizer_of


def main():
    options = peer.options(
        __doc__, texts=Path(), vectors=Path(), steps=24, warmup=4, batch_size=128, max_length=128, autocast=0
    )
    torch.set_num_threads(options.threads)
    with open(options.texts, encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in lines]
    targets = torch.from_numpy(np.load(options.vectors))
    model = peer.sentence_transformer(options.model, options.max_length).train()
    optimizer = optimizer_of(model)
    narrow = torch.autocast("cpu", dtype=torch.bfloat16) if options.autocast else contextlib.nullcontext()
    times, losses, tokens, padded, processor = [], [], [], [], 0.0
    for step in range(options.warmup + options.steps):
        if step == options.warmup:
            processor = time.process_time()
        rows = slice(step * options.batch_size, (step + 1) * options.batch_size)
        started = time.perf_counter()
        features = model.preprocess(texts[rows])
        tokens.append(int(features["attention_mask"].sum()))
        padded.append(features["attention_mask"].numel())
        optimizer.zero_grad(set_to_none=True)
        with narrow:
            vectors = model(features)["sentence_embedding"]
        loss = (1 - torch.nn.functional.cosine_similarity(vectors.float(), targets[rows])).mean()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.item())
        times.append(time.perf_counter() - started)
    timed = slice(options.warmup, None)
    figures = {
        "tokensPerSecond": sum(tokens[timed]) / sum(times[timed]),
        "processorSecondsPerStep": (time.process_time() - processor) / options.steps,
        "realTokensPerStep": sum(tokens[timed]) / options.steps,
        "placesPerStep": sum(padded[timed]) / options.steps,
        "losses": losses,
        "peakRssMB": peer.peak_rss_mb(),
        "threads": options.threads,
        "versions": peer.versions(),
    }
    peer.report(figures, options.json)


if __name__ == "__main__":
    main()
