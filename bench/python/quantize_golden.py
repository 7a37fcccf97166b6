"""Golden values of sentence-transformers' quantize_embeddings, for test/fixtures/quantized.json.

    python bench/python/quantize_golden.py test/fixtures/quantized.json
"""

import json
import sys
from pathlib import Path

import numpy as np
import sentence_transformers
from sentence_transformers.util import quantize_embeddings


def main() -> None:
    random = np.random.default_rng(7)
    vectors = random.normal(size=(12, 19)).astype(np.float32)
    vectors[:, 4] = 0.25  # a constant dimension
    vectors[3, 7] = 0.0
    other = (0.7 * random.normal(size=(40, 19))).astype(np.float32)
    ranges = np.vstack([other.min(axis=0), other.max(axis=0)])
    document = {
        "sentence-transformers": sentence_transformers.__version__,
        "vectors": vectors.tolist(),
        "calibration": other.tolist(),
        "int8": quantize_embeddings(vectors, "int8").tolist(),
        "int8_calibrated": quantize_embeddings(vectors, "int8", ranges=ranges).tolist(),
        "binary": quantize_embeddings(vectors, "binary").tolist(),
        "float16_bits": vectors.astype(np.float16).view(np.uint16).tolist(),
    }
    Path(sys.argv[1]).write_text(json.dumps(document) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
