"""PyTorch's side of the loss curve: full fine-tuning of a BERT on fixed batches, float32, no dropout.

InfoNCE with explicit negatives (cosine, temperature 0.05): candidates are the batch's positives, then all its negatives;
a missing negative (null) is no candidate. Vectors are means over real tokens; norms are sqrt(Σx² + 1e-12). AdamW with
decoupled decay 0.01 on everything but biases and LayerNorm, eps 1e-8 outside the root; gradients clipped to norm 1; update
t = 1..n at lr·t/w up to w = ceil(0.1·n), then lr·(n − t)/(n − w).

Batches: a JSON Lines file of {"anchors": [B], "positives": [B], "negatives": [[K] of text or null]}; without one, the rows of
peer.snli_rows in file order, 64 at a time: consecutive rows, the last batch of a pass shorter (34 rows), then from the start
again. 100 batches are two passes.

Run: python bench/python/loss_curve.py [--batches FILE] [--write-batches FILE] [--steps 100] [--out FILE]
     [--batch-size 64] [--max-length 128] [--lr 2e-5] [--threads 2]
"""

import json
import math
import time
from pathlib import Path

import peer
import torch
from load_onnx_bert import load
from tokenizers import Tokenizer

TEMPERATURE, DECAY, WARMUP, MAX_NORM = 0.05, 0.01, 0.1, 1.0
CHUNK = 32
OUT = Path(__file__).parents[1] / "results/loss-curve-pytorch.json"


def snli_batches(size, count):
    rows = peer.snli_rows()
    batches = []
    while len(batches) < count:
        for start in range(0, len(rows), size):
            part = rows[start : start + size]
            width = max(len(negatives) for _, _, negatives in part)
            padded = [negatives + [None] * (width - len(negatives)) for _, _, negatives in part]
            batches.append({"anchors": [a for a, _, _ in part], "positives": [p for _, p, _ in part], "negatives": padded})
    return batches[:count]


def batches_of(options):
    if options.batches == "":
        return snli_batches(options.batch_size, options.steps)
    with open(options.batches, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines][: options.steps]


def tokenizer_of(folder, max_length):
    """The folder's tokenizer, with the given truncation (special tokens included) in place of its own."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(max_length)
    tokenizer.enable_padding(pad_id=0)
    return tokenizer


def embed(model, tokenizer, texts):
    """Texts → [len(texts), H], normalised, and the number of real tokens. Texts of like length share a forward pass."""
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    chunks = [order[i : i + CHUNK] for i in range(0, len(order), CHUNK)]
    vectors, tokens = zip(*(embed_padded(model, tokenizer, [texts[i] for i in chunk]) for chunk in chunks))
    return torch.cat(vectors)[torch.tensor(order).argsort()], sum(tokens)


def embed_padded(model, tokenizer, texts):
    rows = tokenizer.encode_batch(texts)
    ids = torch.tensor([row.ids for row in rows])
    mask = torch.tensor([row.attention_mask for row in rows])
    hidden = model(input_ids=ids, attention_mask=mask, token_type_ids=torch.zeros_like(ids)).last_hidden_state
    weights = mask.unsqueeze(-1).to(hidden.dtype)
    vectors = (hidden * weights).sum(1) / weights.sum(1)
    return vectors / torch.sqrt((vectors * vectors).sum(1, keepdim=True) + 1e-12), int(mask.sum())


def loss_of(model, tokenizer, batch):
    """Mean over the anchors of the cross-entropy of their own positive among all candidates."""
    anchors, positives = batch["anchors"], batch["positives"]
    negatives = [text for row in batch["negatives"] for text in row if text is not None]
    vectors, tokens = embed(model, tokenizer, [*anchors, *positives, *negatives])
    similarity = vectors[: len(anchors)] @ vectors[len(anchors) :].T
    return torch.nn.functional.cross_entropy(similarity / TEMPERATURE, torch.arange(len(anchors))), tokens


def optimizer_of(model, lr):
    groups = {DECAY: [], 0.0: []}
    for name, parameter in model.named_parameters():
        groups[0.0 if name.endswith("bias") or "LayerNorm" in name else DECAY].append(parameter)
    return torch.optim.AdamW([{"params": p, "weight_decay": d} for d, p in groups.items()], lr=lr, eps=1e-8)


def rate_at(t, n, lr):
    warmup = math.ceil(WARMUP * n)
    return lr * t / warmup if t <= warmup else lr * (n - t) / (n - warmup)


def train(model, tokenizer, batches, lr):
    """Yields one record a step; the loss and the norm are those before the update."""
    optimizer = optimizer_of(model, lr)
    for t, batch in enumerate(batches, start=1):
        start = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        loss, tokens = loss_of(model, tokenizer, batch)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), MAX_NORM)
        rate = rate_at(t, len(batches), lr)
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.step()
        seconds = round(time.perf_counter() - start, 3)
        yield {"step": t, "loss": loss.item(), "gradNorm": norm.item(), "lr": rate, "tokens": tokens, "seconds": seconds}


def main():
    defaults = {"batches": "", "write_batches": "", "steps": 100, "out": str(OUT)}
    options = peer.options(__doc__, **defaults, batch_size=64, max_length=128, lr=2e-5)
    torch.set_num_threads(options.threads)
    batches = batches_of(options)
    if options.write_batches:
        lines = [json.dumps(batch, ensure_ascii=False) + "\n" for batch in batches]
        Path(options.write_batches).write_text("".join(lines), encoding="utf-8")
    tokenizer = tokenizer_of(options.model, options.max_length)
    records = []
    for record in train(load(options.model).train(), tokenizer, batches, options.lr):
        records.append(record)
        print(json.dumps(record) if options.json else f"{record['step']:4} {record['loss']:.6f}", flush=True)
    settings = {"model": options.model.name, "lr": options.lr, "steps": len(batches), "maxLength": options.max_length}
    settings |= {"temperature": TEMPERATURE, "weightDecay": DECAY, "warmup": WARMUP, "maxGradNorm": MAX_NORM}
    result = {"settings": settings, "threads": options.threads, "versions": peer.versions(), "steps": records}
    Path(options.out).write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
