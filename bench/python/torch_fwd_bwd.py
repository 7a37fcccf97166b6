"""PyTorch's time for forward and backward on a dense batch, beside the machine's MatMul rate in the same run.

64 rows of 32 random tokens, no padding, mean pooling; the loss is InfoNCE of the first half of the rows against the second.
Gradients of all parameters, no optimizer. FLOP a step: 6 · (parameters of the linear layers) · tokens; attention's own
products are not counted. MatMul rate: [2048,384] × [384,1536].

Run: python bench/python/torch_fwd_bwd.py [--rows 64] [--tokens 32] [--steps 10] [--warmup 2] [--threads 2] [--json]
"""

import statistics
import time

import peer
import torch
from load_onnx_bert import load
from torch.nn import functional


def timed(work, count):
    times = []
    for _ in range(count):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return times


def matmul_rate():
    """GFLOP/s, the best of 30."""
    a, b = torch.randn(2048, 384), torch.randn(384, 1536)
    with torch.no_grad():
        best = min(timed(lambda: a @ b, 30))
    return 2 * 2048 * 384 * 1536 / best / 1e9


def step_of(model, rows, tokens):
    ids = torch.randint(1000, model.config.vocab_size, (rows, tokens), generator=torch.Generator().manual_seed(1))
    inputs = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "token_type_ids": torch.zeros_like(ids)}

    def step():
        model.zero_grad(set_to_none=True)
        vectors = functional.normalize(model(**inputs).last_hidden_state.mean(1), dim=-1)
        first, second = vectors.chunk(2)
        functional.cross_entropy(first @ second.T / 0.05, torch.arange(rows // 2)).backward()

    return step


def main():
    options = peer.options(__doc__, rows=64, tokens=32, steps=10, warmup=2)
    torch.set_num_threads(options.threads)
    model = load(options.model)
    step = step_of(model, options.rows, options.tokens)
    timed(step, options.warmup)
    before = matmul_rate()
    times = timed(step, options.steps)
    rate = max(before, matmul_rate())
    linear = sum(p.numel() for name, p in model.named_parameters() if p.ndim == 2 and "embeddings" not in name)
    gflops = 6 * linear * options.rows * options.tokens / statistics.median(times) / 1e9
    figures = {
        "peer": "torch forward and backward",
        "model": options.model.name,
        "tokens": options.rows * options.tokens,
        "medianMs": statistics.median(times) * 1e3,
        "bestMs": min(times) * 1e3,
        "gflops": gflops,
        "matmulGflops": rate,
        "peakRssMB": peer.peak_rss_mb(),
        "threads": options.threads,
        "versions": peer.versions(),
    }
    peer.report(figures, options.json)


if __name__ == "__main__":
    main()
