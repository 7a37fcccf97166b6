"""Writes test/fixtures/evaluators.json: what scikit-learn and sentence-transformers make of small random vectors,
for test/evaluation/golden.test.ts.

Run: python bench/python/evaluators_golden.py (numpy, scikit-learn, sentence-transformers)
"""

import json
import pathlib
from types import SimpleNamespace

import numpy
import sentence_transformers
import sklearn
import torch
from sentence_transformers.sentence_transformer.evaluation import (
    BinaryClassificationEvaluator,
    InformationRetrievalEvaluator,
    TripletEvaluator,
)
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, matthews_corrcoef
from sklearn.neighbors import KNeighborsClassifier

random = numpy.random.default_rng(11)


def vectors(rows, cols, spread=1.0):
    """Values of three decimals, so that the file holds them exactly enough for float32."""
    return numpy.round(random.normal(size=(rows, cols)) * spread, 3)


def unit(x):
    x = numpy.asarray(x, dtype=numpy.float32).astype(numpy.float64)
    return x / numpy.linalg.norm(x, axis=1, keepdims=True)


def pair_metrics(scores, labels):
    scores = numpy.asarray(scores, dtype=numpy.float64)
    labels = numpy.asarray(labels)
    accuracy, accuracy_threshold = BinaryClassificationEvaluator.find_best_acc_and_threshold(scores, labels, True)
    f1, precision, recall, f1_threshold = BinaryClassificationEvaluator.find_best_f1_and_threshold(scores, labels, True)
    metrics = {
        "cosine_ap": average_precision_score(labels, scores),
        "cosine_accuracy": accuracy,
        "cosine_accuracy_threshold": accuracy_threshold,
        "cosine_f1": f1,
        "cosine_f1_threshold": f1_threshold,
        "cosine_precision": precision,
        "cosine_recall": recall,
        "cosine_mcc": matthews_corrcoef(labels, scores >= f1_threshold),
    }
    return {key: float(value) for key, value in metrics.items()}


def pair_case(name, scores, labels):
    scores = numpy.asarray(scores, dtype=numpy.float64)
    labels = numpy.asarray(labels)
    counts = random.multinomial(len(scores), numpy.full(len(scores), 1 / len(scores)))
    drawn = pair_metrics(numpy.repeat(scores, counts), numpy.repeat(labels, counts))
    return {
        "name": name,
        "scores": scores.tolist(),
        "labels": labels.tolist(),
        "metrics": pair_metrics(scores, labels),
        "counts": counts.tolist(),
        "resampled": drawn,
    }


def pair_cases():
    labels = random.integers(0, 2, 120)
    noisy = labels * 0.4 + random.normal(size=120) * 0.4
    few = (numpy.arange(60) % 12 == 5).astype(int)
    return [
        pair_case("no ties", noisy, labels),
        pair_case("scores in steps of 0.1", numpy.round(noisy, 1), labels),
        pair_case("three distinct scores", random.integers(-1, 2, 90), random.integers(0, 2, 90)),
        pair_case("all scores equal", numpy.zeros(20), numpy.arange(20) % 2),
        pair_case("predicting nothing is the most accurate", -few + 0.01 * random.normal(size=60), few),
        pair_case("separable", labels - 0.5 + 0.1 * random.random(120), labels),
        pair_case("neighbouring doubles", [1, 1 - 2**-53, 1 - 2**-52, 1 - 3 * 2**-53] * 5, [1, 1, 0, 0] * 5),
    ]


class Table:
    """A model that looks its vectors up: text t{i} is row i."""

    similarity_fn_name = "cosine"
    model_card_data = SimpleNamespace(set_evaluation_metrics=lambda *args, **kwargs: None)

    def __init__(self, rows):
        self.rows = numpy.asarray(rows, dtype=numpy.float32)

    def encode(self, texts, convert_to_tensor=False, **_):
        found = self.rows[[int(text[1:]) for text in texts]]
        return torch.tensor(found) if convert_to_tensor else found

    encode_query = encode_document = encode


def triplet_case():
    """Rows with 1 to 3 negatives; some negatives are the positive itself, a tie."""
    rows, table = [], vectors(60, 5)
    for _ in range(40):
        anchor, positive = random.integers(0, 60, 2)
        negatives = random.integers(0, 60, random.integers(1, 4)).tolist()
        if random.random() < 0.2:
            negatives[0] = int(positive)
        rows.append([int(anchor), int(positive), negatives])
    flat = [(a, p, n) for a, p, negatives in rows for n in negatives]
    texts = [[f"t{i}" for i in column] for column in zip(*flat)]
    result = TripletEvaluator(*texts, write_csv=False)(Table(table))
    accuracy = round(result["cosine_accuracy"] * len(flat)) / len(flat)
    return {"vectors": table.tolist(), "rows": rows, "metrics": {"cosine_accuracy": accuracy}}


def class_case(name, classes, spread, neighbors):
    """Gaussian clouds around a centre a class."""
    centres = vectors(classes, 6)
    y = random.integers(0, classes, 90)
    wanted = random.integers(0, classes, 60)
    x = numpy.round(centres[y] + vectors(90, 6, spread), 3)
    queries = numpy.round(centres[wanted] + vectors(60, 6, spread), 3)
    knn = KNeighborsClassifier(neighbors, metric="cosine").fit(unit(x), y)
    fitted = {}
    for form, a, b in (("raw", x, queries), ("unit", unit(x), unit(queries))):
        model = LogisticRegression(tol=1e-10, max_iter=10_000).fit(a, y)
        fitted[form] = {
            "coefficients": model.coef_.tolist(),
            "intercepts": model.intercept_.tolist(),
            "predictions": model.predict(b).tolist(),
        }
    predictions = knn.predict(unit(queries))
    return {
        "name": name,
        "classes": classes,
        "neighbors": neighbors,
        "train": {"vectors": x.tolist(), "labels": y.tolist()},
        "test": {"vectors": queries.tolist(), "labels": wanted.tolist()},
        "logistic": fitted,
        "knn": predictions.tolist(),
        "metrics": {
            "logreg_accuracy": float(numpy.mean(fitted["unit"]["predictions"] == wanted)),
            "knn_accuracy": float(numpy.mean(predictions == wanted)),
        },
    }


def retrieval_case(name, documents, copies):
    """Documents of which the last `copies` repeat earlier ones under other ids; ids sort otherwise than numbers."""
    corpus = vectors(documents, 6)
    if copies:
        corpus[-copies:] = corpus[:copies]
    queries = vectors(25, 6)
    table = numpy.concatenate([corpus, queries])
    qrels = {}
    for q in range(22):
        near = numpy.argsort(-(unit(queries[q : q + 1]) @ unit(corpus).T)[0])
        picks = numpy.concatenate([random.choice(near[:15], 2), random.integers(0, documents, random.integers(1, 14))])
        qrels[f"q{q}"] = {str(i) for i in picks[: random.integers(1, len(picks) + 1)]}

    def cosine(a, b):
        # Rounded, so that copies tie whatever the order of summation.
        return torch.tensor(numpy.round(unit(a.numpy()) @ unit(b.numpy()).T, 10))

    evaluator = InformationRetrievalEvaluator(
        {f"q{q}": f"t{documents + q}" for q in range(25)},
        {str(i): f"t{i}" for i in range(documents)},
        qrels,
        corpus_chunk_size=37,
        score_functions={"cosine": cosine},
        write_csv=False,
    )
    result = evaluator(Table(table))
    keys = ["cosine_ndcg@10", "cosine_mrr@10", "cosine_recall@10", "cosine_accuracy@1", "cosine_map@100"]
    return {
        "name": name,
        "vectors": table.tolist(),
        "documents": documents,
        "qrels": [[query, document] for query, found in qrels.items() for document in sorted(found)],
        "queries": len(evaluator.queries_ids),
        "metrics": {key: float(result[key]) for key in keys},
    }


golden = {
    "versions": {
        "numpy": numpy.__version__,
        "scikit-learn": sklearn.__version__,
        "sentence-transformers": sentence_transformers.__version__,
    },
    "pair": pair_cases(),
    "triplet": triplet_case(),
    "class": [
        class_case("four classes, well apart", 4, 0.3, 5),
        class_case("four classes that overlap, even votes", 4, 1.2, 4),
        class_case("two classes", 2, 0.8, 5),
    ],
    "retrieval": [
        retrieval_case("more documents than ranks, with copies", 150, 60),
        retrieval_case("fewer documents than ranks", 30, 0),
    ],
}
target = pathlib.Path(__file__).parents[2] / "test" / "fixtures" / "evaluators.json"
target.write_text(json.dumps(golden) + "\n")
