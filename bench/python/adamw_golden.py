"""Writes test/fixtures/adamw.json and test/fixtures/schedule.json, the golden numbers of test/optim.

AdamW: 20 updates of torch.optim.AdamW (one tensor at a time) on fixed gradients, in float32 and float64, with weight
decay on one tensor and none on the other, clipping of the global norm, and a linear schedule with warm-up.
Schedules: learning rates from torch.optim.lr_scheduler.

Run: python bench/python/adamw_golden.py
"""

import json
import pathlib

import torch
from torch.optim import lr_scheduler

FIXTURES = pathlib.Path(__file__).parents[2] / "test/fixtures"
STEPS, WARMUP, RATE, DECAY, MAX_NORM = 20, 4, 1e-2, 0.1, 1.0
SHAPES = {"weight": [3, 7], "bias": [5]}


def schedule(optimizer, name, warmup, steps):
    """The schedule whose k-th value (k = 0, 1, ...) is the rate of update t = k + 1."""
    after = {
        "linear": lambda: lr_scheduler.LinearLR(optimizer, 1, 0, steps - warmup),
        "cosine": lambda: lr_scheduler.CosineAnnealingLR(optimizer, steps - warmup),
        "constant": lambda: lr_scheduler.ConstantLR(optimizer, 1, 1),
    }[name]()
    if warmup < 2:
        return after
    ramp = lr_scheduler.LinearLR(optimizer, 1 / warmup, 1, warmup - 1)
    return lr_scheduler.SequentialLR(optimizer, [ramp, after], [warmup - 1])


def rates(name, warmup, steps, count):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=RATE)
    scheduler = schedule(optimizer, name, warmup, steps)
    values = []
    for _ in range(count):
        values.append(float(optimizer.param_groups[0]["lr"]))
        optimizer.step()
        scheduler.step()
    return values


def run(dtype, start, gradients, learning_rates):
    tensors = {name: torch.tensor(v, dtype=torch.float32).to(dtype) for name, v in start.items()}
    for tensor in tensors.values():
        tensor.requires_grad_()
    groups = [
        {"params": [tensors["weight"]], "weight_decay": DECAY},
        {"params": [tensors["bias"]], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=RATE, foreach=False, fused=False)
    norms = []
    for step, rate in enumerate(learning_rates):
        for name, tensor in tensors.items():
            tensor.grad = torch.tensor(gradients[step][name], dtype=torch.float32).to(dtype)
        norms.append(float(torch.nn.utils.clip_grad_norm_(tensors.values(), MAX_NORM)))
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.step()
    flat = lambda values: {name: value.detach().flatten().tolist() for name, value in values.items()}
    moments = lambda key: flat({name: optimizer.state[t][key] for name, t in tensors.items()})
    return {
        "norms": norms,
        "parameters": flat(tensors),
        "firstMoments": moments("exp_avg"),
        "secondMoments": moments("exp_avg_sq"),
    }


def adamw():
    torch.manual_seed(5)
    draw = lambda scale: {n: (torch.randn(s) * scale).tolist() for n, s in SHAPES.items()}
    start = draw(1.0)
    # Norms on both sides of the limit, and four orders of magnitude between the elements' sizes.
    gradients = [draw(0.02 if step % 3 == 0 else 0.6) for step in range(STEPS)]
    for step in range(STEPS):
        gradients[step]["weight"][0] = [value * 1e-4 for value in gradients[step]["weight"][0]]
    learning_rates = rates("linear", WARMUP, STEPS, STEPS)
    return {
        "torch": torch.__version__.split("+")[0],
        "shapes": SHAPES,
        "weightDecay": DECAY,
        "maxGradNorm": MAX_NORM,
        "rate": RATE,
        "warmup": WARMUP,
        "start": {name: torch.tensor(v).flatten().tolist() for name, v in start.items()},
        "gradients": [
            {name: torch.tensor(v).flatten().tolist() for name, v in step.items()} for step in gradients
        ],
        "learningRates": learning_rates,
        "float32": run(torch.float32, start, gradients, learning_rates),
        "float64": run(torch.float64, start, gradients, learning_rates),
    }


def schedules():
    cases = [("linear", 4, 20), ("linear", 0, 7), ("cosine", 4, 20), ("cosine", 0, 7), ("cosine", 5, 11)]
    cases += [("linear", 1, 9), ("constant", 3, 10), ("constant", 0, 3)]
    return [
        {"schedule": n, "rate": RATE, "warmup": w, "steps": s, "rates": shifted(n, w, s)} for n, w, s in cases
    ]


def shifted(name, warmup, steps):
    """Without warm-up update 1 already decays: r (n - 1) / n, the second value of PyTorch's schedule."""
    return rates(name, warmup, steps, steps + 1)[1:] if warmup == 0 else rates(name, warmup, steps, steps)


if __name__ == "__main__":
    for file, content in {"adamw.json": adamw(), "schedule.json": schedules()}.items():
        (FIXTURES / file).write_text(json.dumps(content) + "\n")
