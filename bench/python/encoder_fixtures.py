"""Writes test/fixtures/encoders: tiny encoders with random weights as ONNX files, and PyTorch's numbers for them.

Run in both environments of README.md (the table says which version of transformers makes which fixture):
    python bench/python/encoder_fixtures.py [NAME...]
"""

import json
import logging
import shutil
import sys
from pathlib import Path

import numpy
import torch
import transformers
from tiny_encoders import architectures, exporting, reference, sentence_modules
from tiny_encoders.fixtures import FIXTURES
from tiny_encoders.tokenizers_of import TEXTS, batch_of, tokenizer_of

ROOT = Path(__file__).parents[2] / "test/fixtures/encoders"
MAJOR = int(transformers.__version__.split(".")[0])
# Largest difference of ONNX Runtime's last_hidden_state; half precision is computed in half precision there.
BOUND = {"float32": 1e-5, "external-data": 1e-5, "float16-converted": 5e-2, "float16": 5e-2, "quantised": 2.0}


def write_json(file, value, indent=None):
    file.write_text(json.dumps(value, indent=indent, ensure_ascii=False) + "\n", encoding="utf-8")


def describe(fixture):
    """How the file was made."""
    return {
        "architecture": fixture.architecture,
        "exporter": fixture.exporter,
        "opset": fixture.opset,
        "attention": fixture.attention,
        "activation": fixture.activation,
        "form": fixture.form,
        "torch": torch.__version__.split("+")[0],
        "transformers": transformers.__version__,
    }


def check(fixture, file, model, inputs):
    """ONNX Runtime on the file agrees with PyTorch, at the batch of the reference and at another shape."""
    exact = reference.exact(model, fixture.form.startswith("float16"))
    worst = 0.0
    for part in (inputs, {name: value[:1, :5] for name, value in inputs.items()}):
        with torch.no_grad():
            want = exact(**part).last_hidden_state.numpy()
        worst = max(worst, float(numpy.abs(exporting.run(file, part) - want).max()))
    assert worst <= BOUND[fixture.form], f"{fixture.name}: {worst}"
    return worst


def write(fixture):
    folder = ROOT / fixture.name
    shutil.rmtree(folder, ignore_errors=True)
    tokenizer, tokenizer_config = tokenizer_of(fixture.architecture)
    batch = batch_of(tokenizer, tokenizer_config)
    model = architectures.build(fixture, tokenizer, tokenizer_config)
    inputs = architectures.inputs_of(fixture, batch)
    file = folder / "onnx/model.onnx"
    exporting.save(fixture, exporting.export(fixture, model, inputs), file.parent)
    error = check(fixture, file, model.eval(), inputs)
    model.config.save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    write_json(folder / "tokenizer_config.json", tokenizer_config, indent=2)
    sentence_modules.write(fixture, folder, model.config, write_json)
    numbers = {"origin": describe(fixture), "texts": TEXTS, "pooling": fixture.pooling}
    numbers["inputs"] = {name: reference.tensor(value) for name, value in inputs.items()}
    if fixture.form == "quantised":
        numbers["refused"] = True
    else:
        numbers |= reference.reference(fixture, model, inputs, exporting.initializers_of(file))
    write_json(folder / "reference.json", numbers)
    return error


def main(names):
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)
    known = {fixture.name for fixture in FIXTURES}
    assert set(names) <= known, f"unknown fixtures {set(names) - known}"
    for fixture in FIXTURES:
        if fixture.library != MAJOR or (names and fixture.name not in names):
            continue
        error = write(fixture)
        size = sum(f.stat().st_size for f in (ROOT / fixture.name).rglob("*") if f.is_file())
        print(f"{fixture.name:34} {size / 1024:6.0f} kB   onnxruntime - torch: {error:.1e}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
