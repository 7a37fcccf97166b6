"""Writes test/fixtures/pca.json: principal components by numpy, for test/math/pca.test.ts.

Run: python bench/python/pca_golden.py
"""

import json
import pathlib

import numpy


def signed(vectors):
    """Rows with their entry of greatest magnitude made positive."""
    largest = numpy.abs(vectors).argmax(axis=1)
    return vectors * numpy.sign(vectors[numpy.arange(len(vectors)), largest])[:, None]


def case(name, rows, k):
    rows = rows.astype(numpy.float32)
    x = rows.astype(numpy.float64)
    values, vectors = numpy.linalg.eigh(x.T @ x / len(x))
    return {
        "name": name,
        "rows": rows.tolist(),
        "k": k,
        "values": values[::-1].tolist(),
        "components": signed(vectors.T[::-1][:k]).tolist(),
    }


random = numpy.random.default_rng(11)
scales = 2.0 ** -numpy.arange(8)
decaying = random.normal(size=(40, 8)) * scales @ numpy.linalg.qr(random.normal(size=(8, 8)))[0]
shifted = decaying + 3.0
cases = [
    case("decaying spectrum", decaying, 5),
    case("mean far from zero", shifted, 3),
    case("fewer rows than dimensions", decaying[:4], 3),
    case("one dimension", random.normal(size=(7, 1)), 1),
]
path = pathlib.Path(__file__).parents[2] / "test" / "fixtures" / "pca.json"
path.write_text(json.dumps(cases) + "\n")
