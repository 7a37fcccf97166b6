"""Milliseconds of torch.optim.AdamW over 22.7 M parameters on one core, beside bench/optim.js.

Run: python bench/python/adamw.py [--write]      stores the figures in bench/results/optim-torch.json
"""

import json
import pathlib
import statistics
import sys
import time

import torch

H = 384
LAYER = [[H, H], [H]] * 4 + [[H], [H], [4 * H, H], [4 * H], [H, 4 * H], [H], [H], [H]]
SHAPES = [[30522, H], [512, H], [2, H], [H], [H]] + LAYER * 6 + [[H, H], [H]]


def measure(rounds=15, **options):
    parameters = [torch.randn(shape).mul_(0.05).requires_grad_() for shape in SHAPES]
    for parameter in parameters:
        parameter.grad = torch.randn_like(parameter) * 1e-3
    optimizer = torch.optim.AdamW(parameters, lr=2e-5, weight_decay=0.01, **options)
    optimizer.step()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        optimizer.step()
        times.append((time.perf_counter() - start) * 1000)
    return {"least": round(min(times), 2), "median": round(statistics.median(times), 2)}


if __name__ == "__main__":
    torch.manual_seed(1)
    torch.set_num_threads(1)
    result = {
        "command": "python bench/python/adamw.py",
        "torch": torch.__version__.split("+")[0],
        "unit": "milliseconds on one core",
        "default": measure(),
        "foreach": measure(foreach=True),
        "fused": measure(fused=True),
    }
    text = json.dumps(result, indent=2)
    print(text)
    if "--write" in sys.argv:
        results = pathlib.Path(__file__).parents[1] / "results"
        (results / "optim-torch.json").write_text(text + "\n")
