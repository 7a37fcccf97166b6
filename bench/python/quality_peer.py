"""sentence-transformers' side of bench/quality: trains on the batches that run.js dumped, then embeds the task's texts.

--folder holds batches.jsonl, a step a line with the texts of each role ({anchors, positives, negatives?}, {sentence1, sentence2,
scores} or {embeddings, labels}), and texts.json; peer.f32, the vectors [texts, D] as raw float32, is written there. Losses:
MultipleNegativesRankingLoss for infonce, CoSENTLoss for cosent, and SupCon below, which the library does not have. Dropout off,
AdamW with decay on everything but biases and LayerNorm, linear warm-up and decay, gradients clipped.

Run: python bench/python/quality_peer.py --folder DIR --objective infonce|cosent|supcon --scale 20 --lr 2e-5 --warmup 5
     [--max-length 128] [--weight-decay 0.01] [--max-grad-norm 1] [--threads 2] [--json]
"""

import json
import time
from pathlib import Path

import peer
import torch
from sentence_transformers.losses import CoSENTLoss, MultipleNegativesRankingLoss

COLUMNS = ("anchors", "positives", "negatives", "sentence1", "sentence2", "embeddings")


class SupConLoss(torch.nn.Module):
    """Mean over the anchors with a positive of −1/M Σ_pos log( exp(cos·scale) / Σ_{k≠i} exp(cos·scale) )."""

    def __init__(self, model, scale):
        super().__init__()
        self.model, self.scale = model, scale

    def forward(self, features, labels):
        vectors = torch.nn.functional.normalize(self.model(features[0])["sentence_embedding"], dim=1)
        own = torch.eye(len(vectors), dtype=torch.bool)
        logits = (vectors @ vectors.T * self.scale).masked_fill(own, -torch.inf)
        log_share = (logits - logits.logsumexp(1, keepdim=True)).masked_fill(own, 0.0)
        positive = (labels[:, None] == labels[None, :]) & ~own
        count = positive.sum(1)
        return -((log_share * positive).sum(1) / count.clamp(min=1))[count > 0].mean()


LOSSES = {"infonce": MultipleNegativesRankingLoss, "cosent": CoSENTLoss, "supcon": SupConLoss}


def optimizer_of(model, options):
    plain = [p for name, p in model.named_parameters() if name.endswith("bias") or "LayerNorm" in name]
    decayed = [p for name, p in model.named_parameters() if not (name.endswith("bias") or "LayerNorm" in name)]
    groups = [{"params": decayed, "weight_decay": options.weight_decay}, {"params": plain, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=options.lr, eps=1e-8)


def rate_at(t, steps, options):
    """Update t = 1..n at lr·t/w up to w, then lr·(n − t)/(n − w)."""
    if t <= options.warmup:
        return options.lr * t / options.warmup
    return options.lr * (steps - t) / (steps - options.warmup)


def train(model, batches, options):
    """The loss of each step, before its update."""
    model.train()
    loss_of = LOSSES[options.objective](model, scale=options.scale)
    optimizer = optimizer_of(model, options)
    losses = []
    for t, batch in enumerate(batches, start=1):
        features = [model.preprocess(batch[name]) for name in COLUMNS if name in batch]
        target = batch.get("scores") or batch.get("labels")
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(features, None if target is None else torch.tensor(target))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), options.max_grad_norm)
        for group in optimizer.param_groups:
            group["lr"] = rate_at(t, len(batches), options)
        optimizer.step()
        losses.append(loss.item())
    return losses


def main():
    settings = {"folder": ".", "objective": "infonce", "scale": 20.0, "lr": 2e-5, "warmup": 1, "max_length": 128}
    options = peer.options(__doc__, **settings, weight_decay=0.01, max_grad_norm=1.0)
    torch.set_num_threads(options.threads)
    folder = Path(options.folder)
    batches = [json.loads(line) for line in (folder / "batches.jsonl").read_text("utf-8").splitlines()]
    model = peer.sentence_transformer(options.model, options.max_length)
    start = time.perf_counter()
    losses = train(model, batches, options)
    seconds = time.perf_counter() - start
    vectors = model.eval().encode(json.loads((folder / "texts.json").read_text("utf-8")), show_progress_bar=False)
    vectors.astype("<f4").tofile(folder / "peer.f32")
    peer.report({"seconds": seconds, "losses": losses, "versions": peer.versions()}, options.json)


if __name__ == "__main__":
    main()
