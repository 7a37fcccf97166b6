"""sentence-transformers' own recipe for bench/quality/default.js: its trainer, the loss that its documentation names for such rows, batch 64, 2e-5,
warm-up over a tenth, evaluation on the selecting rows and load_best_model_at_end; then the texts of the sets are embedded.

--folder holds peer-train.jsonl, peer-select.jsonl and texts.json; peer.f32, the vectors [texts, D] as raw float32, is written there.

Run: python bench/python/default_peer.py --folder DIR --out DIR --kind scored|entailed|classed|pair|labelled --model DIR
     [--seed 42] [--epochs 1] [--lr 2e-5] [--eval-steps 10] [--threads 2]
"""

import json
import tempfile
import time
from pathlib import Path

import peer
import torch
from datasets import Dataset
from sentence_transformers import SentenceTransformer, SentenceTransformerTrainer, SentenceTransformerTrainingArguments
from sentence_transformers import evaluation, losses
from sentence_transformers.training_args import BatchSamplers


def read(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def columns(rows, names):
    return {name: [row[name] for row in rows] for name in names}


class NeighborEvaluator(evaluation.SentenceEvaluator):
    """Share of the selecting texts whose five nearest training texts (cosine) vote for their class: the library has none for classes."""

    def __init__(self, train, select):
        super().__init__()
        self.train, self.select = train, select
        self.primary_metric = "knn_accuracy"

    def __call__(self, model, output_path=None, epoch=-1, steps=-1):
        embed = lambda rows: model.encode([row["text"] for row in rows], normalize_embeddings=True, convert_to_tensor=True)
        nearest = (embed(self.select) @ embed(self.train).T).topk(5).indices.tolist()
        right = 0
        for row, places in zip(self.select, nearest):
            labels = [self.train[place]["label"] for place in places]
            right += max(dict.fromkeys(labels), key=labels.count) == row["label"]
        return {"knn_accuracy": right / len(self.select)}


def scored(model, train, select):
    names = ("sentence1", "sentence2", "score")
    rows = [{**row, "score": float(row["score"]) / 5} for row in train]
    gold = [float(row["score"]) for row in select]
    first, second, _ = columns(select, names).values()
    return Dataset.from_dict(columns(rows, names)), losses.CoSENTLoss(model), evaluation.EmbeddingSimilarityEvaluator(first, second, gold)


def entailed(model, train, select):
    chosen = evaluation.TripletEvaluator(*columns(select, ("anchor", "positive", "negative")).values())
    return Dataset.from_dict(columns(train, ("anchor", "positive"))), losses.MultipleNegativesRankingLoss(model), chosen


def pair(model, train, select):
    names = ("anchor", "positive")
    documents = list(dict.fromkeys(row["positive"] for row in train + select))
    number = {text: str(i) for i, text in enumerate(documents)}
    relevant = {}
    for row in select:
        relevant.setdefault(row["anchor"], set()).add(number[row["positive"]])
    queries = {str(i): text for i, text in enumerate(relevant)}
    chosen = evaluation.InformationRetrievalEvaluator(
        queries, {i: text for text, i in number.items()}, {i: relevant[text] for i, text in queries.items()}
    )
    return Dataset.from_dict(columns(train, names)), losses.MultipleNegativesRankingLoss(model), chosen


def labelled(model, train, select):
    names = ("sentence1", "sentence2", "label")
    chosen = evaluation.BinaryClassificationEvaluator(*columns(select, names).values())
    return Dataset.from_dict(columns(train, names)), losses.OnlineContrastiveLoss(model), chosen


def classed(model, train, select):
    classes = {label: i for i, label in enumerate(dict.fromkeys(row["label"] for row in train))}
    rows = {"text": [row["text"] for row in train], "label": [classes[row["label"]] for row in train]}
    return Dataset.from_dict(rows), losses.BatchAllTripletLoss(model), NeighborEvaluator(train, select)


KINDS = {"scored": scored, "entailed": entailed, "pair": pair, "labelled": labelled, "classed": classed}
SAMPLERS = {"entailed": BatchSamplers.NO_DUPLICATES, "pair": BatchSamplers.NO_DUPLICATES, "classed": BatchSamplers.GROUP_BY_LABEL}


# An evaluator knows its own main metric only after its first run.
METRICS = {
    "scored": "spearman_cosine",
    "entailed": "cosine_accuracy",
    "pair": "cosine_ndcg@10",
    "labelled": "cosine_ap",
    "classed": "knn_accuracy",
}


def arguments(options):
    return SentenceTransformerTrainingArguments(
        output_dir=options.out,
        num_train_epochs=options.epochs,
        per_device_train_batch_size=64,
        learning_rate=options.lr,
        warmup_steps=0.1,
        batch_sampler=SAMPLERS.get(options.kind, BatchSamplers.BATCH_SAMPLER),
        seed=options.seed,
        eval_strategy="steps",
        eval_steps=options.eval_steps,
        save_strategy="steps",
        save_steps=options.eval_steps,
        save_total_limit=1,
        load_best_model_at_end=True,
        metric_for_best_model=f"eval_{METRICS[options.kind]}",
        greater_is_better=True,
        use_cpu=True,
        report_to="none",
        disable_tqdm=True,
    )


def main():
    options = peer.options(__doc__, folder=".", out="peer", kind="pair", seed=42, epochs=1.0, lr=2e-5, eval_steps=10)
    torch.set_num_threads(options.threads)
    folder = Path(options.folder)
    with tempfile.TemporaryDirectory() as work:
        model = SentenceTransformer(str(peer.torch_folder(options.model, work)), device="cpu")
    train, select = read(folder / "peer-train.jsonl"), read(folder / "peer-select.jsonl")
    start = time.perf_counter()
    data, loss, chosen = KINDS[options.kind](model, train, select)
    trainer = SentenceTransformerTrainer(
        model=model, args=arguments(options), train_dataset=data, loss=loss, evaluator=chosen
    )
    trainer.train()
    seconds = time.perf_counter() - start
    vectors = model.eval().encode(json.loads((folder / "texts.json").read_text("utf-8")), show_progress_bar=False)
    vectors.astype("<f4").tofile(folder / "peer.f32")
    state = trainer.state
    told = {"loss": type(loss).__name__, "steps": state.global_step, "best_step": state.best_global_step, "best": state.best_metric}
    print(json.dumps({"seconds": seconds, **told, "versions": peer.versions()}))


if __name__ == "__main__":
    main()
