"""Loads exported folders in sentence-transformers and compares its vectors with embtune's.

    python bench/python/interop.py WORK [--out bench/results/interop-sentence-transformers-6.json]

WORK is what `node bench/interop.js WORK` has written: cases.json lists folders in the sentence-transformers form, and beside each the
texts and embtune's own vectors and tokens of them. A folder passes when no number of any vector differs by more than 1e-5 (1e-3 where
the encoder's file is in half precision: its constants, such as the square root of a head's size, are rounded there and exact in
PyTorch). Texts that the two tokenizers take apart differently are counted and left out: the small encoders of the tests have
tokenizers of a few dozen pieces, which transformers 5 builds anew from the class's own rules for other scripts, and
sentence-transformers 3 strips white space from texts.
"""

import argparse
import json
import platform
from pathlib import Path

import numpy as np
import sentence_transformers
import torch
import transformers
from safetensors import safe_open
from sentence_transformers import SentenceTransformer

TOLERANCE = 1e-5
HALF_TOLERANCE = 1e-3


def compare(case: dict, work: Path) -> dict:
    texts = json.loads((work / case["texts"]).read_text(encoding="utf-8"))
    own = np.load(work / case["vectors"])
    model = SentenceTransformer(str(work / case["folder"]), device="cpu")
    vectors = model.encode(texts, batch_size=16)
    tokens = json.loads((work / case["tokens"]).read_text(encoding="utf-8"))
    alike = [ids == model.tokenize([text])["input_ids"][0].tolist() for text, ids in zip(texts, tokens)]
    same_shape = vectors.shape == own.shape
    difference = float(np.abs(vectors - own)[alike].max()) if same_shape else float("inf")
    tolerance = HALF_TOLERANCE if "float16" in case["name"] else TOLERANCE
    return {
        "case": case["name"],
        "modules": [type(module).__name__ for module in model],
        "texts": sum(alike),
        "tokenizedDifferently": len(texts) - sum(alike),
        "dimension": int(vectors.shape[1]),
        "largestDifference": difference,
        "passed": difference <= tolerance and sum(alike) >= len(texts) / 2,
    }


def read_checkpoint(path: Path) -> dict:
    """The tensors of a checkpoint, by Python's own reader of the format."""
    with safe_open(str(path), framework="np") as file:
        names = list(file.keys())
        finite = all(bool(np.isfinite(file.get_tensor(name)).all()) for name in names)
    return {"file": path.name, "tensors": names, "finite": finite}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("work", type=Path)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    cases = json.loads((arguments.work / "cases.json").read_text(encoding="utf-8"))
    results = []
    for case in cases["folders"]:
        result = compare(case, arguments.work)
        results.append(result)
        left_out = f", {result['tokenizedDifferently']} texts left out" if result["tokenizedDifferently"] else ""
        verdict = "same" if result["passed"] else "DIFFERENT"
        print(f"{verdict} {result['largestDifference']:.2e} {result['case']} ({', '.join(result['modules'])}{left_out})", flush=True)
    report = {
        "versions": {
            "sentence-transformers": sentence_transformers.__version__,
            "transformers": transformers.__version__,
            "torch": torch.__version__,
            "python": platform.python_version(),
        },
        "tolerance": {"float32": TOLERANCE, "float16": HALF_TOLERANCE},
        "folders": results,
        "checkpoints": [read_checkpoint(arguments.work / path) for path in cases["checkpoints"]],
    }
    if arguments.out is not None:
        arguments.out.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    if not all(result["passed"] for result in results):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
