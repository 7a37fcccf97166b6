import type { TrainSettings } from "../../training/options/settings.js";
import type { TorchLoss } from "./torch-loss.js";

/** What the script is told of a run. */
export interface ScriptContent {
  /** How it came to be, one line. */
  readonly origin: string;
  readonly settings: Pick<
    TrainSettings,
    "lr" | "schedule" | "weightDecay" | "maxGradNorm" | "accumulate" | "dropout" | "seed"
  >;
  readonly steps: number;
  /** Updates of warm-up. */
  readonly warmup: number;
  readonly loss: TorchLoss;
  /** Prefixes that the loss is summed over, with their weights; none: the whole vector. */
  readonly prefixes: readonly (readonly [size: number, weight: number])[];
}

/** train.py: the run in PyTorch, for one process or many. It reads texts.jsonl, batches.jsonl and model/ beside it. */
export function trainScript(content: ScriptContent): string {
  const parts: Readonly<Record<string, string>> = {
    origin: content.origin.replaceAll(/[\\"]/g, " "),
    constants: constants(content),
    loss: content.loss.expression,
  };
  return SCRIPT.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => parts[name]);
}

function constants({ settings, steps, warmup, loss, prefixes }: ScriptContent): string {
  const { lr, schedule, weightDecay, maxGradNorm, accumulate, dropout, seed } = settings;
  const summed = prefixes.length === 0 ? [["None", 1] as const] : prefixes;
  const parts = summed.map(([size, weight]) => `(${size}, ${weight * loss.factor})`);
  return [
    `STEPS = ${steps}`,
    `ACCUMULATE = ${accumulate}  # batches of an update`,
    `RATE = ${lr}  # at its peak`,
    `SCHEDULE = "${schedule}"`,
    `WARMUP = ${warmup}`,
    `WEIGHT_DECAY = ${weightDecay}  # not of biases and layer normalisation`,
    `MAX_GRAD_NORM = ${maxGradNorm}  # 0: gradients are not clipped`,
    `DROPOUT = ${dropout === "config" ? "None" : dropout}  # None: the rates of model/config.json`,
    `SEED = ${seed}`,
    `PREFIXES = [${parts.join(", ")}]  # dimensions (None: all) and weights of the terms of the loss`,
  ].join("\n");
}

const SCRIPT = `"""{{origin}}

The run in PyTorch and sentence-transformers: its texts, batches, objective, optimizer and learning rates, for one process or many.

    pip install "sentence-transformers>=6"
    python train.py
    torchrun --nproc-per-node 2 train.py
    accelerate launch --num_processes 2 train.py

Each process embeds its share of a batch; the loss is that of the whole batch, whatever the number of processes. Training goes to the
last step and evaluates nothing: embtune compare measures out/ against the base. Dropout, where there is any, draws other masks than embtune.
"""

import argparse
import json
import math
import os
from contextlib import nullcontext
from pathlib import Path

import torch
import torch.distributed as dist
import torch.nn.functional as F
from sentence_transformers import SentenceTransformer, util
from sentence_transformers.sentence_transformer import losses
from sentence_transformers.util.distributed import all_gather_with_grad
from torch.nn.parallel import DistributedDataParallel
from transformers import AutoConfig

HERE = Path(__file__).resolve().parent
WORLD = int(os.environ.get("WORLD_SIZE", "1"))
RANK = int(os.environ.get("RANK", "0"))
LOCAL_RANK = int(os.environ.get("LOCAL_RANK", "0"))

{{constants}}


class WithoutRemoved:
    """A matrix of similarities with minus infinity where a text is no negative of another row's."""

    def __init__(self, similarity):
        self.similarity = similarity
        self.masks = iter(())

    def __call__(self, a, b):
        scores = self.similarity(a, b)
        mask = next(self.masks, None)
        return scores if mask is None else scores.masked_fill(mask, -torch.inf)


def make_loss(model):
    return {{loss}}


def rate(step):
    """Learning rate of update 1 … STEPS."""
    if step <= WARMUP:
        return RATE * step / WARMUP
    if SCHEDULE == "constant":
        return RATE
    if SCHEDULE == "linear":
        return RATE * (STEPS - step) / (STEPS - WARMUP)
    return RATE * 0.5 * (1 + math.cos(math.pi * (step - WARMUP) / (STEPS - WARMUP)))


def share(rows, rank):
    """Which of so many rows a process embeds; the first processes get one more where they do not divide."""
    each, more = divmod(rows, WORLD)
    start = rank * each + min(rank, more)
    return slice(start, start + each + (rank < more))


def gather(vectors, rows):
    """The vectors of all processes, with gradients, in the order of the batch."""
    if WORLD == 1:
        return vectors
    most = -(-rows // WORLD)
    parts = all_gather_with_grad(F.pad(vectors, (0, 0, 0, most - len(vectors)))).split(most)
    sizes = [share(rows, rank) for rank in range(WORLD)]
    return torch.cat([part[: size.stop - size.start] for part, size in zip(parts, sizes)])


class Objective(torch.nn.Module):
    """The loss of a batch from this process's share of its texts."""

    def __init__(self, model):
        super().__init__()
        self.model = model
        self.loss = make_loss(model)
        self.gathers = WORLD > 1 and getattr(self.loss, "gather_across_devices", False)

    def forward(self, columns, rows, labels, removed):
        own = [self.model(features)["sentence_embedding"] for features in columns]
        # Where the loss gathers by itself, scores are divided among the processes too; it wants equal shares.
        inside = self.gathers and rows % WORLD == 0
        self.loss.gather_across_devices = inside
        vectors = own if inside else [gather(one, rows) for one in own]
        part = share(rows, RANK) if inside else slice(0, rows)
        masks = [] if removed is None else [removed[part], removed[:, :rows][:, part]]
        terms = []
        for size, weight in PREFIXES:
            similarity = getattr(self.loss, "similarity_fct", None)
            if isinstance(similarity, WithoutRemoved):
                similarity.masks = iter(masks)
            cut = [vector[:, :size] for vector in vectors]
            terms.append(weight * self.loss.compute_loss_from_embeddings(cut, labels))
        return sum(terms)


def mask_of(batch, device):
    """Candidates that are removed for each row [B, N], where there are any."""
    if "removed" not in batch and "absent" not in batch:
        return None
    rows = len(batch["columns"][0])
    mask = torch.zeros(rows, rows * (len(batch["columns"]) - 1), dtype=torch.bool)
    mask[:, batch.get("absent", [])] = True
    for row, candidate in batch.get("removed", []):
        mask[row, candidate] = True
    return mask.to(device)


def to_device(features, device):
    return {k: v.to(device) if torch.is_tensor(v) else v for k, v in features.items()}


def inputs_of(batch, texts, model):
    rows = len(batch["columns"][0])
    if rows < WORLD:
        raise SystemExit(f"a batch of {rows} rows cannot be divided among {WORLD} processes")
    columns = [
        to_device(model.preprocess([texts[i] for i in column[share(rows, RANK)]]), model.device)
        for column in batch["columns"]
    ]
    labels = torch.tensor(batch.get("labels", []), device=model.device)
    return columns, rows, labels, mask_of(batch, model.device)


def load_model(device):
    path = str(HERE / "model")
    config = AutoConfig.from_pretrained(path).to_dict()
    rates = [name for name, value in config.items() if "drop" in name and type(value) in (int, float)]
    changes = {} if DROPOUT is None else {name: DROPOUT for name in rates}
    return SentenceTransformer(path, device=device, config_kwargs=changes)


def optimizer_of(model):
    matrices = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim <= 1]
    groups = [{"params": matrices, "weight_decay": WEIGHT_DECAY}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=RATE, betas=(0.9, 0.999), eps=1e-8)


def lines_of(name):
    with open(HERE / name, encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def train(args, device):
    torch.manual_seed(SEED)
    model = load_model(device)
    model.train()
    objective = Objective(model)
    # Weights that no vector depends on, such as those of a pooler, have no gradient.
    wrapped = objective if WORLD == 1 else DistributedDataParallel(objective, find_unused_parameters=True)
    optimizer = optimizer_of(model)
    texts = list(lines_of("texts.jsonl"))
    batches = lines_of("batches.jsonl")
    args.out.mkdir(parents=True, exist_ok=True)
    with open(args.out / "log.jsonl" if RANK == 0 else os.devnull, "w", encoding="utf-8") as log:
        for step in range(1, min(STEPS, args.steps or STEPS) + 1):
            total = torch.zeros((), device=device)
            for turn in range(ACCUMULATE):
                inputs = inputs_of(next(batches), texts, model)
                waits = WORLD > 1 and turn + 1 < ACCUMULATE
                with wrapped.no_sync() if waits else nullcontext():
                    with torch.autocast(device.type, torch.bfloat16, enabled=args.bf16):
                        loss = wrapped(*inputs) / ACCUMULATE
                    loss.backward()
                total += loss.detach()
            norm = torch.nn.utils.clip_grad_norm_(model.parameters(), MAX_GRAD_NORM or math.inf)
            for group in optimizer.param_groups:
                group["lr"] = rate(step)
            optimizer.step()
            optimizer.zero_grad()
            if WORLD > 1:
                dist.all_reduce(total)
                total /= WORLD
            record = {"step": step, "loss": total.item(), "gradNorm": norm.item(), "lr": rate(step)}
            if RANK == 0:
                print(json.dumps(record), file=log, flush=True)
                print("step {step}/{all}  loss {loss:.4f}".format(all=STEPS, **record), flush=True)
            if RANK == 0 and args.save_every and step % args.save_every == 0:
                model.save_pretrained(str(args.out / f"step-{step}"))
    if RANK == 0:
        model.save_pretrained(str(args.out / "model"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=HERE / "out", help="folder for model/ and log.jsonl")
    parser.add_argument("--steps", type=int, help="stop after so many updates")
    parser.add_argument("--save-every", type=int, help="also keep the model every so many updates")
    parser.add_argument("--bf16", action="store_true", help="compute in bfloat16 where that is safe (autocast)")
    parser.add_argument("--cpu", action="store_true", help="leave GPUs alone")
    args = parser.parse_args()
    on_gpu = torch.cuda.is_available() and not args.cpu
    device = torch.device("cuda", LOCAL_RANK) if on_gpu else torch.device("cpu")
    if on_gpu:
        torch.cuda.set_device(device)
    if WORLD > 1:
        dist.init_process_group("nccl" if on_gpu else "gloo")
    try:
        train(args, device)
    finally:
        if WORLD > 1:
            dist.destroy_process_group()


if __name__ == "__main__":
    main()
`;
