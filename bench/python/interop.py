"""Loads exported folders in sentence-transformers and PEFT and compares their vectors with embtune's.

    python bench/python/interop.py WORK [--backend torch|onnx] [--out bench/results/interop-sentence-transformers-6.json]

WORK is what `node bench/interop.js WORK` has written: cases.json lists folders in both exported forms, and beside each the texts and
embtune's own vectors and tokens of them. With PyTorch the sentence-transformers form is loaded, and where peft is installed the adapters
of LoRA runs as well; with ONNX Runtime (optimum) both forms, since sentence-transformers takes the transformers.js form too, whose ONNX
file has the head folded in. A folder passes when no number of any vector differs by more than 1e-5 (1e-3 where the encoder's file is in
half precision: its constants, such as the square root of a head's size, are rounded there and exact in PyTorch). Texts that the two
tokenizers take apart differently are counted and left out: the small encoders of the tests have tokenizers of a few dozen pieces, which
transformers 5 builds anew from the class's own rules for other scripts, and sentence-transformers 3 strips white space from texts.
"""

import argparse
import json
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy as np
import torch
from safetensors import safe_open
from sentence_transformers import SentenceTransformer

TOLERANCE = 1e-5
HALF_TOLERANCE = 1e-3

PACKAGES = ["sentence-transformers", "transformers", "tokenizers", "torch", "optimum", "optimum-onnx", "onnxruntime", "peft", "numpy"]


def versions() -> dict:
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return {**found, "python": platform.python_version()}


def encode(model: SentenceTransformer, texts: list, prompt: str | None) -> np.ndarray:
    """Vectors of the texts as they stand, or as queries or documents; before version 5 these were prompt names alone."""
    by_use = getattr(model, f"encode_{prompt}", None)
    return model.encode(texts, batch_size=16, prompt_name=prompt) if by_use is None else by_use(texts, batch_size=16)


def tokens_of(model: SentenceTransformer, text: str) -> list:
    """A static model has the ids of all texts one after the other, without special tokens."""
    ids = model.tokenize([text])["input_ids"]
    return (ids if is_static(model) else ids[0]).tolist()


def is_static(model: SentenceTransformer) -> bool:
    return type(model[0]).__name__ == "StaticEmbedding"


def compare(model: SentenceTransformer, case: dict, work: Path) -> dict:
    """The model's vectors of the case's texts beside embtune's own."""
    texts = json.loads((work / case["texts"]).read_text(encoding="utf-8"))
    own = np.load(work / case["vectors"])
    vectors = encode(model, texts, case.get("prompt"))
    tokens = json.loads((work / case["tokens"]).read_text(encoding="utf-8"))
    prompt = model.prompts[case["prompt"]] if "prompt" in case else ""
    alike = [ids == tokens_of(model, prompt + text) for text, ids in zip(texts, tokens)]
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


def compare_folder(folder: str, form: str, case: dict, work: Path, backend: str) -> dict:
    model = SentenceTransformer(str(work / folder), device="cpu", backend=backend)
    return {"form": form, "encoder": "StaticEmbedding" if is_static(model) else type(model[0].auto_model).__name__, **compare(model, case, work)}


def put(model: SentenceTransformer, encoder: torch.nn.Module) -> SentenceTransformer:
    """The model with another encoder. Where `auto_model` is a property it stands for `model`."""
    transformer = model[0]
    name = "model" if isinstance(getattr(type(transformer), "auto_model", None), property) else "auto_model"
    setattr(transformer, name, encoder)
    return model


def compare_adapter(case: dict, work: Path) -> dict:
    """The adapters put on the base encoder by PEFT, beside it and merged, in the place of the exported folder's encoder."""
    from peft import PeftModel

    exported = SentenceTransformer(str(work / case["merged"]), device="cpu")
    weights = {name: value.clone() for name, value in exported[0].auto_model.state_dict().items()}
    base = SentenceTransformer(str(work / case["base"]), device="cpu")[0].auto_model
    before = {name: value.clone() for name, value in base.state_dict().items()}
    without = compare(put(exported, base), case, work)
    adapted = PeftModel.from_pretrained(base, str(work / case["adapter"])).eval()
    beside = compare(put(exported, adapted), case, work)
    merged = adapted.merge_and_unload().eval()
    result = compare(put(exported, merged), case, work)
    # A pooler is in neither file; each load draws another.
    names = [name for name in weights if "pooler" not in name]
    after = merged.state_dict()
    largest = lambda other: max(float((after[name] - other[name]).abs().max()) for name in names)
    difference = largest(weights)
    return {
        **result,
        "adapted": len([name for name in names if not torch.equal(after[name], before[name])]),
        "largestChangeOfWeights": largest(before),
        "largestDifferenceOfWeights": difference,
        "largestDifferenceUnmerged": beside["largestDifference"],
        "largestDifferenceWithoutAdapters": without["largestDifference"],
        "passed": result["passed"] and beside["passed"] and not without["passed"] and difference <= TOLERANCE,
    }


def read_checkpoint(path: Path) -> dict:
    """The tensors of a checkpoint, by Python's own reader of the format."""
    with safe_open(str(path), framework="np") as file:
        names = list(file.keys())
        finite = all(bool(np.isfinite(file.get_tensor(name)).all()) for name in names)
    return {"file": path.name, "tensors": names, "finite": finite}


def tell(result: dict) -> dict:
    what = " ".join([result.get("form", "adapter"), result["case"]])
    left_out = f", {result['tokenizedDifferently']} texts left out" if result["tokenizedDifferently"] else ""
    verdict = "same" if result["passed"] else "DIFFERENT"
    print(f"{verdict} {result['largestDifference']:.2e} {what} ({', '.join(result['modules'])}{left_out})", flush=True)
    return result


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("work", type=Path)
    parser.add_argument("--backend", choices=["torch", "onnx"], default="torch")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    work, backend = arguments.work, arguments.backend
    torch.set_num_threads(1)
    cases = json.loads((work / "cases.json").read_text(encoding="utf-8"))
    folders = []
    for case in cases["folders"]:
        folders.append(tell(compare_folder(case["folder"], "sentence-transformers", case, work, backend)))
        if backend == "onnx":
            folders.append(tell(compare_folder(case["transformersjs"], "transformersjs", case, work, backend)))
    report = {
        "versions": versions(),
        "backend": backend,
        "tolerance": {"float32": TOLERANCE, "float16": HALF_TOLERANCE},
        "folders": folders,
    }
    if backend == "torch" and "peft" in report["versions"]:
        report["adapters"] = [tell(compare_adapter(case, work)) for case in cases["adapters"]]
    report["checkpoints"] = [read_checkpoint(work / path) for path in cases["checkpoints"]]
    if arguments.out is not None:
        arguments.out.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    if not all(result["passed"] for result in [*folders, *report.get("adapters", [])]):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
