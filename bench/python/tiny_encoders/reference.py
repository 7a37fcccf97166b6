"""PyTorch's numbers for a fixture, in float64: outputs, embeddings, a toy loss and its gradient."""

import copy

import numpy
import torch
from torch.nn import functional

TEMPERATURE, TARGETS = 0.05, 5
DIGITS = 12


def exact(model, half):
    """A float64 copy; of half-precision files, with the weights as they are in the file."""
    model = copy.deepcopy(model)
    model.config._attn_implementation = "eager"
    return (model.half() if half else model).double()


def pool(hidden, mask, mode):
    """Token vectors [B,T,H] → text vectors [B,H]."""
    if mode == "cls":
        return hidden[:, 0]
    if mode == "lasttoken":
        return hidden[torch.arange(len(hidden)), mask.sum(1) - 1]
    weights = mask.unsqueeze(-1).to(hidden.dtype)
    return (hidden * weights).sum(1) / weights.sum(1)


def normalize(vectors):
    return vectors / torch.sqrt((vectors * vectors).sum(-1, keepdim=True) + 1e-12)


def targets(rows, size):
    """Fixed target vectors [N,H] of 3 decimals; row i is the positive of text i, the others its negatives."""
    random = torch.Generator().manual_seed(20)
    return (torch.randn(rows, size, generator=random, dtype=torch.float64) * 1000).round() / 1000


def forward(model, inputs, pooling):
    """last_hidden_state [B,T,H], embeddings [B,H] and the loss: InfoNCE of embeddings against the targets."""
    hidden = model(**inputs).last_hidden_state
    embeddings = normalize(pool(hidden, inputs["attention_mask"], pooling))
    candidates = normalize(targets(TARGETS, hidden.shape[-1]).to(hidden.dtype))
    logits = embeddings @ candidates.T / TEMPERATURE
    loss = functional.cross_entropy(logits, torch.arange(len(logits)))
    return hidden, embeddings, loss


def gradients(model, inputs, pooling):
    """Outputs and the gradient of every parameter that takes part."""
    model.zero_grad()
    hidden, embeddings, loss = forward(model, inputs, pooling)
    loss.backward()
    grads = {name: p.grad.detach() for name, p in model.named_parameters() if p.grad is not None}
    return hidden.detach(), embeddings.detach(), loss.item(), grads


def number(value):
    return float(f"{float(value):.{DIGITS}g}")


def tensor(value):
    """The JSON form of an array: shape and row-major data."""
    array = numpy.asarray(value)
    flat = array.reshape(-1)
    data = flat.tolist() if array.dtype.kind in "iu" else [number(x) for x in flat]
    return {"shape": list(array.shape), "data": data}


def projection(gradient):
    """Σ_k g_k·cos(k), k the row-major index: unlike the norm, it tells a transposed gradient from a right one."""
    flat = gradient.double().reshape(-1)
    return (flat * torch.cos(torch.arange(len(flat), dtype=torch.float64))).sum()


def find(parameter, initializers):
    """Name of the initializer that holds these values, and whether transposed."""
    values = parameter.detach().numpy()
    found = []
    for name, array in initializers.items():
        if array.shape == values.shape and numpy.array_equal(array, values.astype(array.dtype)):
            found.append((name, False))
        elif values.ndim == 2 and array.shape == values.T.shape and numpy.array_equal(array, values.T.astype(array.dtype)):
            found.append((name, True))
    assert len(found) <= 1, found
    return found[0] if found else (None, False)


def full(name, gradient):
    """Whether the whole gradient is written: vectors, and one matrix that is not symmetric in its axes."""
    return gradient.ndim == 1 or name.endswith(("0.attention.self.query.weight", "0.attention.q_lin.weight"))


def parameter_entry(name, parameter, gradient, initializers):
    onnx_name, transposed = find(parameter, initializers)
    entry = {"shape": list(gradient.shape), "onnx": onnx_name, "transposed": transposed}
    entry |= {"gradientNorm": number(gradient.norm()), "gradientProjection": number(projection(gradient))}
    return entry | ({"gradient": tensor(gradient)["data"]} if full(name, gradient) else {})


def shared_entries(entries, grads):
    """Initializers that stand for several parameters: the sum of their gradients."""
    by_name = {}
    for name, entry in entries.items():
        if entry["onnx"] is not None:
            by_name.setdefault(entry["onnx"], []).append(name)
    shared = {onnx_name: names for onnx_name, names in by_name.items() if len(names) > 1}
    return {
        onnx_name: {"parameters": names, "gradientNorm": number(sum(grads[name] for name in names).norm())}
        for onnx_name, names in shared.items()
    }


def float32_error(grads, single):
    """Largest ‖g32 − g64‖ / (‖g64‖ + 1e-3·‖all g64‖) over the parameters, of PyTorch's own float32."""
    total = torch.sqrt(sum((g * g).sum() for g in grads.values()))
    return max(((single[n].double() - g).norm() / (g.norm() + 1e-3 * total)).item() for n, g in grads.items())


def reference(fixture, model, inputs, initializers):
    """The numbers of reference.json."""
    half = fixture.form.startswith("float16")
    double = exact(model, half)
    hidden, embeddings, loss, grads = gradients(double, inputs, fixture.pooling)
    single = gradients(exact(model, half).float(), inputs, fixture.pooling)[3]
    parameters = dict(model.named_parameters())
    entries = {n: parameter_entry(n, parameters[n], g, initializers) for n, g in grads.items()}
    total = torch.sqrt(sum((g * g).sum() for g in grads.values()))
    return {
        "lastHiddenState": tensor(hidden),
        "embeddings": tensor(embeddings),
        "targets": tensor(targets(TARGETS, hidden.shape[-1])),
        "temperature": TEMPERATURE,
        "loss": number(loss),
        "gradientNorm": number(total),
        "float32GradientError": float(f"{float32_error(grads, single):.1e}"),
        "parameters": entries,
        "shared": shared_entries(entries, grads),
    }
