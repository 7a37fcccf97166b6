"""Golden values of hardness weighting and of NT-Xent with a guide: float64, written from the formulas of docs/objectives.md, gradients by
automatic differentiation and confirmed by central differences.

    pip install jax numpy
    python bench/python/hardness_golden.py test/golden
"""
import json
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_enable_x64", True)
B, K, D, G = 5, 2, 6, 4
REMOVED = -1e30


def unit(x):
    return x / jnp.sqrt(jnp.sum(x * x, axis=-1, keepdims=True) + 1e-12)


def cos(x, y):
    return unit(x) @ unit(y).T


def candidates(v):
    parts = [v["positives"]]
    if "negatives" in v:
        parts.append(v["negatives"].reshape(-1, v["negatives"].shape[-1]))
    return jnp.concatenate(parts)


def explicit_of(n, k):
    """[B,N], true at an anchor's own explicit negatives."""
    owner = np.concatenate([np.full(n, -1), np.repeat(np.arange(n), k)])
    return owner[None, :] == np.arange(n)[:, None]


def logits_of(v, o, k):
    c = cos(v["anchors"], candidates(v))
    n = c.shape[0]
    own = np.eye(n, c.shape[1], dtype=bool)
    explicit = explicit_of(n, k)
    where = {"explicit": explicit, "in-batch": ~(own | explicit), "all": ~own}[o.get("hardnessOn", "all")]
    added = o.get("hardness", 0) * jax.lax.stop_gradient(c)
    return c / o["temperature"] + jnp.where(where, added, 0.0), own


def infonce(v, o, k):
    s, _ = logits_of(v, o, k)
    return jnp.mean(jax.nn.logsumexp(s, axis=1) - jnp.diagonal(s))


def symmetric(v, o, k):
    swapped = {"anchors": v["positives"], "positives": v["anchors"]}
    return (infonce(v, o, k) + infonce(swapped, o, 0)) / 2


def dcl(v, o, k):
    s, own = logits_of(v, o, k)
    return jnp.mean(jax.nn.logsumexp(jnp.where(own, REMOVED, s), axis=1) - jnp.diagonal(s))


def corrected(s, o, mean):
    rho, n = o["rho"], s.shape[1] - 1
    e = jnp.exp(jnp.diagonal(s))
    g = jnp.maximum((mean - rho * e) / (1 - rho), jnp.exp(-1 / o["temperature"]))
    return jnp.mean(jnp.log(e + n * g) - jnp.diagonal(s))


def debiased(v, o, k):
    s, own = logits_of(v, o, k)
    mean = jnp.sum(jnp.where(own, 0.0, jnp.exp(s)), axis=1) / (s.shape[1] - 1)
    return corrected(s, o, mean)


def hard_reweighted(v, o, k):
    """The weights are of the logits with what hardness adds to them."""
    s, own = logits_of(v, o, k)
    weights = jnp.where(own, 0.0, jnp.exp(o["beta"] * jax.lax.stop_gradient(s)))
    weights = weights / jnp.sum(weights, axis=1, keepdims=True)
    return corrected(s, o, jnp.sum(weights * jnp.exp(s), axis=1))


def limit_of(own, margin):
    """What a candidate's cosine may not exceed: s - m, or s - |s|*p of a share ("5%")."""
    if isinstance(margin, str):
        return own - jnp.abs(own) * (float(margin[:-1]) / 100)
    return own - margin


def nt_xent_guided(v, o, _):
    """Views z = [a; p]; a view or negative w is removed for z_i where cos(gz_i, gw) > limit_of(cos(ga_i, gp_i))."""
    z = jnp.concatenate([v["anchors"], v["positives"]])
    negatives = v["negatives"].reshape(-1, D) if "negatives" in v else jnp.zeros((0, D))
    s = cos(z, jnp.concatenate([z, negatives])) / o["temperature"]
    gz = jnp.concatenate([v["guideAnchors"], v["guidePositives"]])
    gn = v["guideNegatives"].reshape(-1, G) if "guideNegatives" in v else jnp.zeros((0, G))
    limit = limit_of(jnp.diagonal(cos(v["guideAnchors"], v["guidePositives"])), o.get("guideMargin", 0))
    removed = cos(gz, jnp.concatenate([gz, gn])) > jnp.concatenate([limit, limit])[:, None]
    n = z.shape[0]
    partner = (np.arange(n) + n // 2) % n
    positive = np.arange(s.shape[1])[None, :] == partner[:, None]
    self_ = np.eye(n, s.shape[1], dtype=bool)
    kept = ~self_ & (positive | ~removed)
    lse = jax.nn.logsumexp(jnp.where(kept, s, REMOVED), axis=1)
    return jnp.mean(lse - jnp.sum(jnp.where(positive, s, 0.0), axis=1))


def tensors(rng, names):
    shapes = {"anchors": (B, D), "positives": (B, D), "negatives": (B, K, D), "guideAnchors": (B, G),
              "guidePositives": (B, G), "guideNegatives": (B, K, G)}
    made = {}
    for name in names:
        made[name] = np.round(rng.normal(size=shapes[name]), 4)
    for p, a in [("positives", "anchors"), ("guidePositives", "guideAnchors")]:
        if p in made:
            made[p] = np.round(made[a] + 0.8 * made[p], 4)
    return made


def check(loss, v, trained, gradients):
    for name in trained:
        flat = v[name].reshape(-1)
        for i in range(0, flat.size, 7):
            up, down = flat.copy(), flat.copy()
            up[i] += 1e-6
            down[i] -= 1e-6
            at = lambda x: float(loss({**v, name: jnp.asarray(x.reshape(v[name].shape))}))
            slope = (at(up) - at(down)) / 2e-6
            assert abs(slope - float(gradients[name].reshape(-1)[i])) < 1e-6 * (1 + abs(slope)), (name, i)


def case(name, objective, fn, names, options, seed, differences=True):
    rng = np.random.default_rng(seed)
    v = tensors(rng, names)
    k = K if "negatives" in v else 0
    trained = [n for n in names if not n.startswith("guide")]
    loss = lambda x: fn(x, options, k)
    of = lambda t: loss({**{n: jnp.asarray(a) for n, a in v.items()}, **t})
    value, gradients = jax.value_and_grad(of)({n: jnp.asarray(v[n]) for n in trained})
    if differences:
        check(loss, v, trained, gradients)
    tensor = lambda a: {"shape": list(a.shape), "data": [float(f"{x:.12g}") for x in np.asarray(a).reshape(-1)]}
    return {
        "name": name,
        "options": {"objective": objective, **options},
        "inputs": {n: tensor(a) for n, a in v.items()},
        "loss": float(f"{float(value):.12g}"),
        "gradients": {n: tensor(g) for n, g in gradients.items()},
        "crosscheck": None,
    }


def write(folder, name, objective, cases):
    lines = ",\n".join(json.dumps(c) for c in cases)
    (folder / name).write_text(f'{{"objective":{json.dumps(objective)},"cases":[\n{lines}\n]}}\n')


def main(folder):
    pairs, triples = ["anchors", "positives"], ["anchors", "positives", "negatives"]
    guided = pairs + ["guideAnchors", "guidePositives"]
    # The weights carry no gradient, so that central differences of the whole loss are no check of these gradients.
    weighed = dict(differences=False)
    tau = {"temperature": 0.1}
    write(folder, "hardness.json", "hardness", [
        case("infonce-all", "infonce", infonce, triples, {**tau, "hardness": 2.0}, 1, **weighed),
        case("infonce-explicit", "infonce", infonce, triples, {**tau, "hardness": 3.0, "hardnessOn": "explicit"}, 2, **weighed),
        case("infonce-in-batch", "infonce", infonce, triples, {**tau, "hardness": 1.5, "hardnessOn": "in-batch"}, 3, **weighed),
        case("infonce-symmetric", "infonce", symmetric, pairs, {**tau, "hardness": 2.0, "symmetric": True}, 4, **weighed),
        case("dcl", "dcl", dcl, triples, {**tau, "hardness": 2.0}, 5, **weighed),
        case("debiased", "debiased", debiased, triples, {"temperature": 0.5, "rho": 0.1, "hardness": 2.0}, 6, **weighed),
        case("hard-reweighted", "hard-reweighted", hard_reweighted, triples,
             {"temperature": 0.5, "rho": 0.1, "beta": 1.5, "hardness": 2.0}, 7, **weighed),
    ])
    write(folder, "guide-nt-xent.json", "guide", [
        case("nt-xent", "nt-xent", nt_xent_guided, guided, tau, 11),
        case("nt-xent-negatives", "nt-xent", nt_xent_guided,
             triples + ["guideAnchors", "guidePositives", "guideNegatives"], tau, 12),
        case("nt-xent-margin", "nt-xent", nt_xent_guided, guided, {**tau, "guideMargin": 0.2}, 13),
        # One of the own cosines is negative, and s - |s|*p, s*(1 - p) and s - p leave different candidates.
        case("nt-xent-margin-share", "nt-xent", nt_xent_guided, guided, {**tau, "guideMargin": "5%"}, 558),
    ])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
