"""Writes test/fixtures/tokenizers: three small tokenizers trained on the sentences below, in the forms that RoBERTa, XLM-R and
MPNet use, and golden.json with the ids that Hugging Face tokenizers gives for them and for a tiny BERT.

Run: python bench/python/tokenizer_golden.py
"""

import json
import pathlib

from tokenizers import (
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)
from transformers import AutoTokenizer, PreTrainedTokenizerFast

ROOT = pathlib.Path(__file__).parents[2]
TARGET = ROOT / "test" / "fixtures" / "tokenizers"
LENGTHS = [16, 64]

SENTENCES = [
    "The night train to the coast was late again.",
    "A gardener prunes the old apple trees every winter.",
    "How do I reset the password of my account?",
    "The museum opens at ten o'clock, except on Mondays.",
    "Fresh bread smells best when it's still warm.",
    "Two cyclists are resting under a bridge in the rain.",
    "Prices rose by 3.5% in 2021, more than expected.",
    "She couldn't find the invoice that she'd printed yesterday.",
    "Na\u00efve caf\u00e9 owners in \u00cele-de-France serve cr\u00e8me br\u00fbl\u00e9e.",
    "Die Stra\u00dfe f\u00fchrt \u00fcber den Fluss zum Bahnhof.",
]
TEXTS = SENTENCES + [
    "",
    " ",
    "\t  tabs\tand\nnew lines \r\n",
    "  leading and trailing spaces  ",
    "a",
    "UPPER lower MiXeD",
    "\u65e5\u672c\u8a9e\u306e\u30c6\u30ad\u30b9\u30c8 \u4e2d\u6587 \ud55c\uad6d\uc5b4",
    "\u041f\u0440\u0438\u0432\u0435\u0442, \u03ba\u03cc\u03c3\u03bc\u03b5, \u0645\u0631\u062d\u0628\u0627",
    "emoji \U0001f600 and flags \U0001f1e9\U0001f1ea",
    "control\u0000 characters\u0007 zero\u200bwidth soft\u00adhyphen",
    "e\u0301 composed and \u00e9 not; \ufb01 ligature, \u00bd, \u00b2",
    "no-break\u00a0space, ideographic\u3000space, line\u2028separator",
    "x" * 99 + " " + "y" * 101,
    "https://example.org/a_b?c=d&e=f#g user@example.org C:\\path",
    " ".join(SENTENCES[:8]),
    " ".join(SENTENCES * 40),
    "word " * 3000,
]


def roberta():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(SENTENCES, trainer)
    tokenizer.post_processor = processors.RobertaProcessing(
        ("</s>", 2), ("<s>", 0), trim_offsets=True, add_prefix_space=False
    )
    names = {"bos_token": "<s>", "eos_token": "</s>", "sep_token": "</s>", "cls_token": "<s>"}
    return tokenizer, "RobertaTokenizer", {**names, "unk_token": "<unk>", "pad_token": "<pad>"}


def xlm_roberta():
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Replace(" {2,}", " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    trainer = trainers.UnigramTrainer(
        vocab_size=250, special_tokens=special, unk_token="<unk>", show_progress=False
    )
    tokenizer.train_from_iterator(SENTENCES, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    names = {"bos_token": "<s>", "eos_token": "</s>", "sep_token": "</s>", "cls_token": "<s>"}
    return tokenizer, "XLMRobertaTokenizer", {**names, "unk_token": "<unk>", "pad_token": "<pad>"}


def mpnet():
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    special = ["<s>", "<pad>", "</s>", "[UNK]", "<mask>"]
    trainer = trainers.WordPieceTrainer(vocab_size=250, special_tokens=special, show_progress=False)
    tokenizer.train_from_iterator(SENTENCES, trainer)
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    names = {"bos_token": "<s>", "eos_token": "</s>", "sep_token": "</s>", "cls_token": "<s>"}
    return tokenizer, "MPNetTokenizer", {**names, "unk_token": "[UNK]", "pad_token": "<pad>"}


def ids(tokenizer):
    return {
        str(length): [
            tokenizer(text, truncation="longest_first", max_length=length)["input_ids"]
            for text in TEXTS
        ]
        for length in LENGTHS
    }


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, ensure_ascii=True) + "\n")


golden = {"bert": ids(AutoTokenizer.from_pretrained(ROOT / "test" / "fixtures" / "encoders" / "bert-torchscript-14"))}
for name, make in {"roberta": roberta, "xlm-roberta": xlm_roberta, "mpnet": mpnet}.items():
    tokenizer, kind, names = make()
    content = json.loads(tokenizer.to_str())
    # Left over from elsewhere in many published files; readers have their own limits.
    content["truncation"] = {"direction": "Right", "max_length": 8, "strategy": "LongestFirst", "stride": 0}
    content["padding"] = {
        "strategy": {"Fixed": 8},
        "direction": "Right",
        "pad_to_multiple_of": None,
        "pad_id": 1,
        "pad_type_id": 0,
        "pad_token": "<pad>",
    }
    write(TARGET / name / "tokenizer.json", content)
    write(TARGET / name / "tokenizer_config.json", {"tokenizer_class": kind, "model_max_length": 512, **names})
    golden[name] = ids(PreTrainedTokenizerFast(tokenizer_object=tokenizer, **names))
write(TARGET / "golden.json", {"texts": TEXTS, "ids": golden})
