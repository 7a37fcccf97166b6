"""Writes test/fixtures/evaluation.json: what NumPy, SciPy, scikit-learn and pytrec_eval make of small random vectors, for
test/evaluation/evaluation-golden.test.ts. Where no library has a measure, it is written out here from its formula.

Run: python bench/python/evaluation_golden.py (numpy, scipy, scikit-learn, pytrec-eval-terrier)
"""

import itertools
import json
import pathlib

import numpy
import pytrec_eval
import scipy
import sklearn
from scipy.stats import pearsonr, skew, spearmanr
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    adjusted_rand_score,
    average_precision_score,
    f1_score,
    ndcg_score,
    v_measure_score,
)
from sklearn.neighbors import KNeighborsClassifier, NearestCentroid

random = numpy.random.default_rng(13)


def vectors(rows, cols, spread=1.0):
    """Values of three decimals as float32, so that both sides start from the same numbers."""
    return numpy.round(random.normal(size=(rows, cols)) * spread, 3).astype(numpy.float32).astype(numpy.float64)


def unit(x):
    return x / numpy.linalg.norm(x, axis=1, keepdims=True)


def unit32(x):
    """As embtune keeps normalised vectors: float32."""
    return unit(x).astype(numpy.float32).astype(numpy.float64)


def sts_case():
    a, b = vectors(48, 6), vectors(48, 6)
    gold = random.integers(0, 11, 48) / 10
    subset = numpy.repeat(["x", "y", "z"], [10, 16, 22])
    scores = {
        "cosine": (unit(a) * unit(b)).sum(1),
        "dot": (a * b).sum(1),
        "euclidean": -numpy.linalg.norm(a - b, axis=1),
        "manhattan": -numpy.abs(a - b).sum(1),
    }
    metrics = {}
    for name, values in scores.items():
        metrics[f"spearman_{name}"] = spearmanr(values, gold)[0]
        metrics[f"pearson_{name}"] = pearsonr(values, gold)[0]
    parts = {s: spearmanr(scores["cosine"][subset == s], gold[subset == s])[0] for s in "xyz"}
    sizes = [(subset == s).sum() for s in "xyz"]
    metrics["spearman_cosine_mean"] = numpy.mean(list(parts.values()))
    metrics["spearman_cosine_wmean"] = numpy.average(list(parts.values()), weights=sizes)
    for s, value in parts.items():
        metrics[f"{s}_spearman_cosine"] = value
    return {"first": a.tolist(), "second": b.tolist(), "gold": gold.tolist(), "subset": subset.tolist(), "metrics": metrics}


def retrieval_case():
    """A corpus without ties; each query has 1 to 12 relevant documents."""
    corpus, queries = vectors(130, 6), vectors(20, 6)
    scores = unit32(queries) @ unit32(corpus).T
    qrels, run = {}, {}
    for q in range(20):
        near = numpy.argsort(-scores[q])[:25]
        picks = numpy.concatenate([random.choice(near, 2, replace=False), random.integers(0, 130, 10)])
        qrels[f"q{q}"] = {str(i): 1 for i in picks[: random.integers(1, 13)]}
        top = numpy.argsort(-scores[q])[:100]
        run[f"q{q}"] = {str(i): float(scores[q][i]) for i in top}
    wanted = {"ndcg_cut.10", "map_cut.100", "P.1,3,10,20", "recall.1,3,10,20", "success.1,3,10,20", "recip_rank"}
    found = pytrec_eval.RelevanceEvaluator(qrels, wanted).evaluate(run)

    def mean(key):
        return numpy.mean([one[key] for one in found.values()])

    # trec_eval has no cut for the reciprocal rank: below 1/10 counts 0 here.
    reciprocal = [one["recip_rank"] if one["recip_rank"] >= 0.1 else 0 for one in found.values()]
    metrics = {
        "cosine_ndcg@10": mean("ndcg_cut_10"),
        "cosine_map@100": mean("map_cut_100"),
        "cosine_mrr@10": numpy.mean(reciprocal),
    }
    for k in (1, 3, 10, 20):
        metrics[f"cosine_accuracy@{k}"] = mean(f"success_{k}")
        metrics[f"cosine_precision@{k}"] = mean(f"P_{k}")
        metrics[f"cosine_recall@{k}"] = mean(f"recall_{k}")
    return {
        "corpus": corpus.tolist(),
        "queries": queries.tolist(),
        "qrels": [[q, d] for q, documents in qrels.items() for d in documents],
        "at": [1, 3, 10, 20],
        "metrics": metrics,
    }


def rerank_case():
    """Scores in steps of 0.1, so that there are ties; the reciprocal rank takes wrong ones of a tie first."""
    lists = []
    for _ in range(30):
        right, wrong = int(random.integers(1, 5)), int(random.integers(1, 25))
        scores = numpy.round(random.normal(size=right + wrong), 1)
        labels = numpy.array([1] * right + [0] * wrong)
        order = numpy.lexsort((labels, -scores))
        first = int(numpy.argmax(labels[order])) + 1
        lists.append(
            {
                "scores": scores.tolist(),
                "right": right,
                "map": average_precision_score(labels, scores),
                "ndcg": ndcg_score([labels], [scores], k=10),
                "mrr": 1 / first if first <= 10 else 0,
            }
        )
    return lists


def class_case():
    centres = vectors(5, 6)
    y, wanted = random.integers(0, 5, 80), random.integers(0, 5, 50)
    x = (centres[y] + vectors(80, 6, 1.1)).astype(numpy.float32).astype(numpy.float64)
    queries = (centres[wanted] + vectors(50, 6, 1.1)).astype(numpy.float32).astype(numpy.float64)
    a, b = unit32(x), unit32(queries)
    found = {
        "logreg": LogisticRegression(tol=1e-10, max_iter=10_000).fit(a, y).predict(b),
        "knn": KNeighborsClassifier(5, metric="cosine").fit(a, y).predict(b),
        "centroid": NearestCentroid().fit(a, y).predict(b),
    }
    metrics = {}
    for name, predicted in found.items():
        metrics[f"{name}_accuracy"] = numpy.mean(predicted == wanted)
        metrics[f"{name}_f1"] = f1_score(wanted, predicted, average="macro", zero_division=0)
    return {
        "train": {"vectors": x.tolist(), "labels": y.tolist()},
        "test": {"vectors": queries.tolist(), "labels": wanted.tolist()},
        "metrics": metrics,
    }


def cluster_cases():
    scores = []
    for rows, classes, clusters in ((60, 4, 4), (60, 3, 6), (40, 5, 1), (30, 1, 3), (12, 12, 12)):
        truth, found = random.integers(0, classes, rows), random.integers(0, clusters, rows)
        if classes > 1 and clusters > 1:
            found = numpy.where(random.random(rows) < 0.5, truth % clusters, found)
        scores.append(
            {
                "classes": truth.tolist(),
                "clusters": found.tolist(),
                "v": v_measure_score(truth, found),
                "rand": adjusted_rand_score(truth, found),
            }
        )
    centres = vectors(6, 8, 3.0)
    y = numpy.repeat(numpy.arange(6), 20)
    x = (centres[y] + vectors(120, 8, 0.7)).astype(numpy.float32).astype(numpy.float64)
    fitted = KMeans(6, n_init=50, random_state=0, tol=0).fit(unit32(x))
    return {
        "scores": scores,
        "vectors": x.tolist(),
        "labels": y.tolist(),
        "inertia": fitted.inertia_,
        "v": v_measure_score(y, fitted.labels_),
        "rand": adjusted_rand_score(y, fitted.labels_),
    }


def best_f1(scores, right, total):
    """The loop of sentence-transformers' ParaphraseMiningEvaluator."""
    order = numpy.argsort(-scores, kind="stable")
    extracted = correct = before = 0
    best = {"f1": 0, "precision": 0, "recall": 0, "threshold": 0, "average_precision": 0}
    for place, index in enumerate(order):
        extracted += 1
        correct += int(right[index])
        following = scores[order[min(place + 1, len(order) - 1)]]
        if place + 1 < len(order) and following == scores[index]:
            continue
        if correct > before:
            precision, recall = correct / extracted, correct / total
            best["average_precision"] += precision * (correct - before) / total
            f1 = 2 * precision * recall / (precision + recall)
            if f1 > best["f1"]:
                best.update(f1=f1, precision=precision, recall=recall, threshold=(scores[index] + following) / 2)
        before = correct
    return best


def bitext_case():
    x = vectors(40, 5)
    y = (x + vectors(40, 5, 0.8)).astype(numpy.float32).astype(numpy.float64)
    cosines = unit32(x) @ unit32(y).T
    taken = cosines.argmax(1)
    metrics = best_f1(cosines.max(1), taken == numpy.arange(40), 40)
    metrics["src2trg_accuracy"] = numpy.mean(taken == numpy.arange(40))
    metrics["trg2src_accuracy"] = numpy.mean(cosines.argmax(0) == numpy.arange(40))
    metrics["mean_accuracy"] = (metrics["src2trg_accuracy"] + metrics["trg2src_accuracy"]) / 2
    return {"first": x.tolist(), "second": y.tolist(), "metrics": metrics}


def paraphrase_case():
    """Groups of 2 or 3 texts, each group a chain of pairs."""
    sizes = [2] * 20 + [3] * 8
    group = numpy.repeat(numpy.arange(len(sizes)), sizes)
    x = (vectors(len(sizes), 5)[group] + vectors(len(group), 5, 0.6)).astype(numpy.float32).astype(numpy.float64)
    pairs = [[i, i + 1] for i in range(len(group) - 1) if group[i] == group[i + 1]]
    cosines = unit32(x) @ unit32(x).T
    i, j = numpy.triu_indices(len(group), 1)
    right = group[i] == group[j]
    return {"vectors": x.tolist(), "pairs": pairs, "metrics": best_f1(cosines[i, j], right, right.sum())}


def permutation_cases():
    """All 2^n swaps of the rows of two models; p = share of swaps with a difference at least as large."""
    n = 12
    cases = []

    def p_value(statistic, a, b):
        observed = abs(statistic(a) - statistic(b))
        count = 0
        for flips in itertools.product([False, True], repeat=n):
            flips = numpy.array(flips)
            mixed = numpy.where(flips, a, b), numpy.where(flips, b, a)
            count += abs(statistic(mixed[0]) - statistic(mixed[1])) >= observed - 1e-12
        return count / 2**n

    a, b = random.random(n), random.random(n) + 0.3
    cases.append({"kind": "mean", "a": a.tolist(), "b": b.tolist(), "p": p_value(numpy.mean, a, b)})
    gold = random.normal(size=n)
    first, second = gold + random.normal(size=n), gold + 0.2 * random.normal(size=n)
    ranks = lambda x: scipy.stats.rankdata(x)  # noqa: E731
    correlation = lambda x: numpy.corrcoef(x, ranks(gold))[0, 1]  # noqa: E731
    p = p_value(correlation, ranks(first), ranks(second))
    cases.append({"kind": "spearman", "a": first.tolist(), "b": second.tolist(), "gold": gold.tolist(), "p": p})
    labels = (numpy.arange(n) % 3 == 0).astype(int)
    first, second = labels + random.normal(size=n), labels + 0.4 * random.normal(size=n)
    p = p_value(lambda x: average_precision_score(labels, x), ranks(first), ranks(second))
    cases.append({"kind": "ap", "a": first.tolist(), "b": second.tolist(), "labels": labels.tolist(), "p": p})
    return cases


def holm(p):
    order = numpy.argsort(p, kind="stable")
    adjusted = numpy.empty(len(p))
    adjusted[order] = numpy.minimum(1, numpy.maximum.accumulate(p[order] * (len(p) - numpy.arange(len(p)))))
    return adjusted


def analysis_case():
    x = vectors(60, 7) + 0.5
    x = x.astype(numpy.float32).astype(numpy.float64)
    tuned = (x + vectors(60, 7, 0.5)).astype(numpy.float32).astype(numpy.float64)
    first, second = numpy.arange(0, 30), numpy.arange(30, 60)
    u = unit32(x)
    i, j = numpy.triu_indices(60, 1)
    cosines = (u @ u.T)[i, j]
    singular = numpy.linalg.svd(u, compute_uv=False)
    share = singular / singular.sum() + 1e-7
    eigenvalues = numpy.linalg.eigvalsh(numpy.cov(u.T, bias=True))[::-1]

    def neighbours(z):
        near = unit32(z) @ unit32(z).T
        numpy.fill_diagonal(near, -numpy.inf)
        return numpy.argsort(-near, axis=1)[:, :10]

    near, moved = neighbours(x), neighbours(tuned)
    occurrences = numpy.bincount(near.ravel(), minlength=60)
    norms = numpy.linalg.norm(x, axis=1)
    return {
        "vectors": x.tolist(),
        "tuned": tuned.tolist(),
        "pairs": numpy.stack([first, second], 1).tolist(),
        "alignment": numpy.mean(((u[first] - u[second]) ** 2).sum(1)),
        "uniformity": numpy.log(numpy.mean(numpy.exp(-2 * ((u[i] - u[j]) ** 2).sum(1)))),
        "meanCosine": cosines.mean(),
        "quantiles": numpy.quantile(cosines, [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99]).tolist(),
        "rankMe": numpy.exp(-(share * numpy.log(share)).sum()),
        "neSum": (eigenvalues / eigenvalues[0]).sum(),
        "firstShare": eigenvalues[0] / eigenvalues.sum(),
        "norms": [norms.mean(), norms.std(), norms.min(), norms.max()],
        "hubness": skew(occurrences),
        "overlap": numpy.mean([len(set(a) & set(b)) / 10 for a, b in zip(near, moved)]),
    }


p_values = numpy.array([0.01, 0.04, 0.03, 0.005, 0.5])
golden = {
    "versions": {
        "numpy": numpy.__version__,
        "scipy": scipy.__version__,
        "scikit-learn": sklearn.__version__,
        "pytrec_eval": "terrier",
    },
    "sts": sts_case(),
    "retrieval": retrieval_case(),
    "rerank": rerank_case(),
    "class": class_case(),
    "cluster": cluster_cases(),
    "bitext": bitext_case(),
    "paraphrase": paraphrase_case(),
    "permutation": permutation_cases(),
    "holm": {"p": p_values.tolist(), "adjusted": holm(p_values).tolist()},
    "analysis": analysis_case(),
}
target = pathlib.Path(__file__).parents[2] / "test" / "fixtures" / "evaluation.json"
target.write_text(json.dumps(golden, default=float) + "\n")
