"""Tiny static models as sentence-transformers and model2vec write them, and sentence-transformers' numbers for them.

    python bench/python/static_fixtures.py test/fixtures/static

Each folder gets reference.json: `texts` and their `vectors` from SentenceTransformer(folder), and of five steps on `pairs` (8 rows each in
order, InfoNCE with cosine and temperature 0.05, in float64; torch.optim.AdamW's formula with rate 0.05, betas 0.9 and 0.999, no decay, no clipping,
for the rows that have a gradient and no others, as torch.optim.SparseAdam has it but for the place of epsilon) the `losses`, the `norms` of the
gradient, and `table`, the sum of each row of the table at the end. Epsilon is 1e-4, so that gradients that are zero but for rounding move
nothing. Needs torch and sentence-transformers 6.
"""

import json
import shutil
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Dense, Normalize, StaticEmbedding
from tiny_encoders.tokenizers_of import BERT, SENTENCES, word_piece

WIDTH = 20
RATE, TEMPERATURE, ROWS = 0.05, 0.05, 8
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-4
TEXTS = ["The cat sleeps on the stove.", "a small dog runs over the wet bridges and barks", "Rain", "", "Ö", "[CLS] rain [UNK]"]
HALVES = [sentence.split() for sentence in SENTENCES]
PAIRS = [
    (" ".join(words[: 3 + i % 3]), " ".join(words[-3 - i % 2 :] + [HALVES[(i + 1) % 6][i % 4]]))
    for i in range(7)
    for words in HALVES
][: 5 * ROWS]


def table_of(rows, seed):
    return torch.randn(rows, WIDTH, generator=torch.Generator().manual_seed(seed))


def write_json(path, value):
    path.write_text(json.dumps(value, indent=1) + "\n")


def present(folder, tokenizer):
    """As sentence-transformers 6 writes it: in the folder itself."""
    static = StaticEmbedding(tokenizer, embedding_weights=table_of(tokenizer.get_vocab_size(), 1))
    SentenceTransformer(modules=[static]).save(str(folder))


def classic(folder, tokenizer):
    """As sentence-transformers 3 to 5 write it: in a folder of its own, with modules behind it."""
    static = StaticEmbedding(tokenizer, embedding_weights=table_of(tokenizer.get_vocab_size(), 2))
    torch.manual_seed(3)
    dense = Dense(WIDTH, 12, activation_function=torch.nn.Tanh())
    kinds = [("StaticEmbedding", static), ("Dense", dense), ("Normalize", Normalize())]
    listed = []
    for i, (kind, module) in enumerate(kinds):
        path = f"{i}_{kind}"
        (folder / path).mkdir(parents=True)
        module.save(str(folder / path))
        listed.append({"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"})
    write_json(folder / "modules.json", listed)


def model2vec(folder, tokenizer):
    """As model2vec writes a model with a quantised vocabulary: fewer rows than tokens, and a weight for each token."""
    size = tokenizer.get_vocab_size()
    generator = torch.Generator().manual_seed(4)
    tensors = {
        "embeddings": table_of(size - 9, 5).half(),
        "mapping": torch.arange(size) % (size - 9),
        "weights": torch.rand(size, generator=generator, dtype=torch.float64) + 0.2,
    }
    folder.mkdir()
    save_file(tensors, folder / "model.safetensors")
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {"model_type": "model2vec", "architectures": ["StaticModel"], "tokenizer_name": "tiny"}
    write_json(folder / "config.json", {**config, "hidden_dim": WIDTH, "normalize": True})
    kinds = [("StaticEmbedding", "."), ("Normalize", "1_Normalize")]
    listed = [
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for i, (kind, path) in enumerate(kinds)
    ]
    write_json(folder / "modules.json", listed)


def update(parameter, state, rows, step):
    """AdamW's formula on some rows."""
    gradient = parameter.grad.to_dense()[rows]
    state[0][rows] += (gradient - state[0][rows]) * (1 - BETA1)
    state[1][rows] = state[1][rows] * BETA2 + (1 - BETA2) * gradient**2
    root = (state[1][rows] / (1 - BETA2**step)).sqrt()
    parameter.data[rows] -= RATE / (1 - BETA1**step) * state[0][rows] / (root + EPSILON)


def steps(model):
    model = model.double()
    table = model[0].embedding.weight.detach().clone().requires_grad_()
    others = [parameter for module in list(model)[1:] for parameter in module.parameters()]
    states = [(torch.zeros_like(parameter), torch.zeros_like(parameter)) for parameter in (table, *others)]
    losses, norms = [], []
    touched = []

    def embed(texts):
        features = model[0].preprocess(list(texts))
        touched.append(features["input_ids"])
        vectors = torch.nn.functional.embedding_bag(features["input_ids"], table, features["offsets"], mode="mean", sparse=True)
        for module in list(model)[1:]:
            vectors = module({"sentence_embedding": vectors})["sentence_embedding"]
        return torch.nn.functional.normalize(vectors)

    for step in range(1, 6):
        anchors, positives = zip(*PAIRS[(step - 1) * ROWS : step * ROWS])
        touched.clear()
        scores = embed(anchors) @ embed(positives).T / TEMPERATURE
        loss = torch.nn.functional.cross_entropy(scores, torch.arange(ROWS))
        for parameter in (table, *others):
            parameter.grad = None
        loss.backward()
        losses.append(loss.item())
        norms.append(sum((parameter.grad.to_dense() ** 2).sum() for parameter in (table, *others)).sqrt().item())
        update(table, states[0], torch.cat(touched).unique(), step)
        for parameter, state in zip(others, states[1:]):
            update(parameter, state, slice(None), step)
    return {"losses": losses, "norms": norms, "table": table.detach().sum(1).tolist()}


def main(target):
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for make in (present, classic, model2vec):
        folder = target / make.__name__
        make(folder, word_piece(BERT, "[CLS]", "[SEP]"))
        for name in ("README.md", ".gitattributes"):
            (folder / name).unlink(missing_ok=True)
        model = SentenceTransformer(str(folder), device="cpu")
        if make is model2vec:
            model[0].embedding.float()
        vectors = model.encode(TEXTS, convert_to_numpy=True, batch_size=len(TEXTS)).tolist()
        write_json(folder / "reference.json", {"texts": TEXTS, "vectors": vectors, "pairs": PAIRS, **steps(model)})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
