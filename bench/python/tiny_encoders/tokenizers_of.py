"""Tiny tokenizers, made from a few sentences by rules that leave no ties: the same bytes in every run."""

import math
import string
from collections import Counter

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

SENTENCES = [
    "the cat sleeps on the warm stove",
    "a small dog runs over the wet field",
    "rain falls on the old roof",
    "the baker sells warm bread in the morning",
    "a child reads an old book on the train",
    "the old train runs over the bridge in the rain",
]
# The batch of every reference: three lengths, whole words, words in pieces, punctuation.
TEXTS = ["The cat sleeps on the stove.", "a small dog runs over the wet bridges and barks", "Rain"]

MAX_LENGTH = 32
WORDS = Counter(word for sentence in SENTENCES for word in sentence.split())
LETTERS = sorted(string.ascii_lowercase + ".,")
# Order of special tokens = their ids.
BERT = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
ROBERTA = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
MPNET = ["<s>", "<pad>", "</s>", "<unk>", "[UNK]", "<mask>"]
ALBERT = ["<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]"]


def ids_of(tokens):
    return {token: i for i, token in enumerate(dict.fromkeys(tokens))}


def template(vocabulary, first, last):
    pair = f"{first} $A {last} $B:1 {last}:1"
    tokens = [(first, vocabulary[first]), (last, vocabulary[last])]
    return processors.TemplateProcessing(single=f"{first} $A {last}", pair=pair, special_tokens=tokens)


def word_piece(special, first, last, unknown="[UNK]"):
    vocabulary = ids_of([*special, *sorted(WORDS), *LETTERS[:-1], *(f"##{c}" for c in string.ascii_lowercase)])
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token=unknown))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.post_processor = template(vocabulary, first, last)
    return tokenizer


def merges_of(words, count):
    """Byte-pair encoding: merge the most frequent pair, the first in the alphabet among equals."""
    pieces = {word: list(word) for word in words}
    merges = []
    while len(merges) < count:
        pairs = Counter()
        for word, parts in pieces.items():
            for pair in zip(parts, parts[1:]):
                pairs[pair] += words[word]
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        pieces = {word: merged(parts, best) for word, parts in pieces.items()}
    return merges


def merged(parts, pair):
    result = []
    for part in parts:
        if result and (result[-1], part) == pair:
            result[-1] += part
        else:
            result.append(part)
    return result


def byte_pair():
    alphabet = sorted([*string.ascii_letters, ".", ",", "Ġ"])
    merges = merges_of(Counter({f"Ġ{word}": n for word, n in WORDS.items()}), 40)
    vocabulary = ids_of([*ROBERTA[:4], *alphabet, *(a + b for a, b in merges), "<mask>"])
    tokenizer = Tokenizer(models.BPE(vocabulary, merges, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    return tokenizer


def unigram(special, first, last, lowercase):
    total = sum(WORDS.values())
    words = [(f"▁{word}", math.log(n / total)) for word, n in sorted(WORDS.items())]
    rest = [(piece, -12.0) for piece in ["▁", *LETTERS, "T", "R"]]
    scored = [*((token, 0.0) for token in special), *words, *rest]
    tokenizer = Tokenizer(models.Unigram(scored, unk_id=special.index("<unk>")))
    steps = [normalizers.NFKC(), normalizers.Lowercase()] if lowercase else [normalizers.NFKC()]
    tokenizer.normalizer = normalizers.Sequence(steps)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.post_processor = template(ids_of([token for token, _ in scored]), first, last)
    return tokenizer


def word_piece_bert():
    return word_piece(BERT, "[CLS]", "[SEP]")


# Architecture → (tokenizer, class name, special tokens).
TOKENIZERS = {
    "bert": (word_piece_bert, "BertTokenizer", BERT),
    "minilm": (word_piece_bert, "BertTokenizer", BERT),
    "distilbert": (word_piece_bert, "DistilBertTokenizer", BERT),
    "electra": (word_piece_bert, "ElectraTokenizer", BERT),
    "mpnet": (lambda: word_piece(MPNET, "<s>", "</s>"), "MPNetTokenizer", MPNET),
    "roberta": (byte_pair, "RobertaTokenizer", ROBERTA),
    "xlm-r": (lambda: unigram(ROBERTA, "<s>", "</s>", lowercase=False), "XLMRobertaTokenizer", ROBERTA),
    "albert": (lambda: unigram(ALBERT, "[CLS]", "[SEP]", lowercase=True), "AlbertTokenizer", ALBERT),
}


def tokenizer_of(architecture):
    """The tokenizer and its tokenizer_config.json."""
    build, class_name, special = TOKENIZERS[architecture]
    tokenizer = build()
    tokenizer.add_special_tokens(list(special))
    roles = {"pad_token": "pad", "unk_token": "unk", "mask_token": "mask"}
    config = {role: next(t for t in reversed(special) if name in t.lower()) for role, name in roles.items()}
    first, last = ("<s>", "</s>") if "<s>" in special else ("[CLS]", "[SEP]")
    config |= {"cls_token": first, "sep_token": last, "bos_token": first, "eos_token": last}
    config |= {"tokenizer_class": class_name, "model_max_length": MAX_LENGTH}
    if not class_name.startswith(("Roberta", "XLM")):
        config |= {"do_lower_case": True}
    return tokenizer, config


def batch_of(tokenizer, config):
    """TEXTS as padded rows: input_ids, attention_mask, token_type_ids."""
    rows = [tokenizer.encode(text).ids for text in TEXTS]
    assert tokenizer.token_to_id(config["unk_token"]) not in sum(rows, []), "a text does not fit its tokenizer"
    width = max(map(len, rows))
    padding = tokenizer.token_to_id(config["pad_token"])
    return {
        "input_ids": [row + [padding] * (width - len(row)) for row in rows],
        "attention_mask": [[1] * len(row) + [0] * (width - len(row)) for row in rows],
        "token_type_ids": [[0] * width for _ in rows],
    }
