"""Writes test/fixtures/statistics.json: ranks and correlations by scipy, for test/math/statistics.test.ts.

Run: python bench/python/statistics_golden.py
"""

import json
import pathlib

import numpy
import scipy
from scipy import stats

random = numpy.random.default_rng(7)


def case(name, x, y):
    return {
        "name": name,
        "x": [float(v) for v in x],
        "y": [float(v) for v in y],
        "ranksX": stats.rankdata(x).tolist(),
        "pearson": float(stats.pearsonr(x, y).statistic),
        "spearman": float(stats.spearmanr(x, y).statistic),
    }


normal = random.normal(size=200)
cases = [
    case("independent", random.normal(size=50), random.normal(size=50)),
    case("correlated", normal, normal + random.normal(size=200)),
    case("ties on one side", random.normal(size=120), random.integers(0, 6, 120)),
    case("ties on both sides", random.integers(0, 4, 80), random.integers(0, 3, 80)),
    case("scores in steps of 0.2", random.integers(0, 26, 300) / 5, random.normal(size=300)),
    case("anti-correlated", normal, -normal),
    case("two rows", [1, 2], [5, 3]),
    case("large offset", 1e6 + random.normal(size=40), random.normal(size=40)),
]
target = pathlib.Path(__file__).parents[2] / "test" / "fixtures" / "statistics.json"
target.write_text(json.dumps({"scipy": scipy.__version__, "cases": cases}) + "\n")
