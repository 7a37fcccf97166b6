"""What the peers share: options, the model, SNLI's rows, and how figures are printed."""

import argparse
import csv
import json
import platform
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
SHARED = HERE.parents[2] / "shared"
MODEL = SHARED / "models/all-MiniLM-L6-v2"
SNLI = SHARED / "data/snli/dev.csv"


def options(description, **defaults):
    """Command line: --model, --threads, --json and the given options, typed as their defaults."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--model", type=Path, default=MODEL)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", action="store_true", help="one line of JSON")
    for name, default in defaults.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(default), default=default)
    return parser.parse_args()


def torch_folder(model, work):
    """The model as a folder with PyTorch weights; made from the ONNX file in another process, whose memory is not counted."""
    if (model / "model.safetensors").exists():
        return model
    command = [sys.executable, HERE / "load_onnx_bert.py", model, work]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return Path(work)


def sentence_transformer(model, max_length):
    """A SentenceTransformer on the CPU with all dropout rates 0."""
    from sentence_transformers import SentenceTransformer
    from torch import nn

    with tempfile.TemporaryDirectory() as work:
        peer = SentenceTransformer(str(torch_folder(model, work)), device="cpu")
    peer.max_seq_length = max_length
    for module in peer.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    return peer


def distinct(texts):
    return list(dict.fromkeys(texts))


def snli_rows(file=SNLI):
    """(anchor, positive, negatives): one row an entailment hypothesis, in file order, with the distinct contradictions of its
    premise; rows that repeat or have no contradiction are left out (3,170 of SNLI dev, 1 to 3 negatives)."""
    with open(file, encoding="utf-8", newline="") as lines:
        table = [(row["premise"], row["hypothesis"], row["label"]) for row in csv.DictReader(lines)]
    contradictions = {}
    for premise, hypothesis, label in table:
        if label == "contradiction":
            contradictions.setdefault(premise, []).append(hypothesis)
    rows = []
    for premise, hypothesis in distinct((p, h) for p, h, label in table if label == "entailment"):
        negatives = [text for text in distinct(contradictions.get(premise, [])) if text not in (premise, hypothesis)]
        if negatives:
            rows.append((premise, hypothesis, negatives))
    return rows


def peak_rss_mb():
    """Largest resident set of this process so far."""
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kilobytes / (1024 if platform.system() == "Linux" else 1024**2)


def versions():
    from importlib.metadata import version

    return {name: version(name) for name in ("torch", "transformers", "sentence-transformers")}


def report(figures, as_json):
    if as_json:
        print(json.dumps(figures), flush=True)
    else:
        for name, value in figures.items():
            print(f"{name:24} {value}", flush=True)
