"""Training speed of sentence-transformers: MultipleNegativesRankingLoss on SNLI triplets.

Triplets: rows of peer.snli_rows with their first negative, consecutive, in file order. A step is tokenization, loss
(scale 20), backward, clipping to norm 1 and AdamW; dropout is off. Steps are timed after the warm-up steps.

Run: python bench/python/st_loop.py [--steps 10] [--warmup 2] [--batch-size 64] [--max-length 128] [--threads 2] [--json]
"""

import time

import peer
import torch
from sentence_transformers.losses import MultipleNegativesRankingLoss


def optimizer_of(model):
    """Decoupled weight decay on everything but biases and LayerNorm."""
    plain = [p for name, p in model.named_parameters() if name.endswith("bias") or "LayerNorm" in name]
    decayed = [p for name, p in model.named_parameters() if not (name.endswith("bias") or "LayerNorm" in name)]
    groups = [{"params": decayed, "weight_decay": 0.01}, {"params": plain, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=2e-5, eps=1e-8)


def triplets(step, batch_size):
    """Three columns of texts; after the last whole batch the first follows again."""
    rows = peer.snli_rows()
    start = step % (len(rows) // batch_size) * batch_size
    return list(zip(*((a, p, negatives[0]) for a, p, negatives in rows[start : start + batch_size])))


class Loop:
    def __init__(self, options):
        self.model = peer.sentence_transformer(options.model, options.max_length).train()
        self.loss = MultipleNegativesRankingLoss(self.model, scale=20)
        self.optimizer = optimizer_of(self.model)
        self.real = self.padded = 0

    def step(self, columns):
        features = [self.model.preprocess(list(column)) for column in columns]
        self.real += sum(int(f["attention_mask"].sum()) for f in features)
        self.padded += sum(f["attention_mask"].numel() for f in features)
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.loss(features, None)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        return loss.item()


def main():
    options = peer.options(__doc__, steps=10, warmup=2, batch_size=64, max_length=128)
    torch.set_num_threads(options.threads)
    batches = [triplets(step, options.batch_size) for step in range(options.warmup + options.steps)]
    loop = Loop(options)
    times, losses, processor = [], [], 0.0
    for step, columns in enumerate(batches):
        if step == options.warmup:
            processor = time.process_time()
        start = time.perf_counter()
        losses.append(loop.step(columns))
        times.append(time.perf_counter() - start)
    timed = times[options.warmup :]
    figures = {
        "peer": "sentence-transformers MultipleNegativesRankingLoss",
        "model": options.model.name,
        "steps": options.steps,
        "stepsPerSecond": options.steps / sum(timed),
        "processorSecondsPerStep": (time.process_time() - processor) / options.steps,
        "secondsPerStep": timed,
        "realTokensPerStep": loop.real / len(batches),
        "paddedTokensPerStep": loop.padded / len(batches),
        "peakRssMB": peer.peak_rss_mb(),
        "firstLoss": losses[0],
        "lastLoss": losses[-1],
        "threads": options.threads,
        "versions": peer.versions(),
    }
    peer.report(figures, options.json)


if __name__ == "__main__":
    main()
