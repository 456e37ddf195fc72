"""A finished classifier as a folder in the Hub's layout that says how to use it."""

import shutil
from pathlib import Path

from tl_core.catalogue.base_models import Pooling
from tl_core.catalogue.tokens import load_tokenizer, takes_type_ids
from tl_core.models.classifiers import PooledClassifier, TextClassifier
from tl_core.models.facts import write_facts
from tl_core.schema import TextSource

TOKENIZER_FILES = ("tokenizer_config.json", "special_tokens_map.json", "vocab.txt")

_OWN_HEAD = """\
    import json
    from transformers import pipeline

    facts = json.load(open("classifier.json", encoding="utf-8"))
    classify = pipeline("text-classification", model=".", top_k=None)
    print(classify(["A text."], truncation=True, max_length=facts["max_length"]))
"""

_PIPELINE_PAIR = '[{"text": "A text.", "text_pair": "Its pair."}]'

_POOLED = """\
    import json
    import torch
    from safetensors.torch import load_file
    from transformers import AutoModel, AutoTokenizer

    facts = json.load(open("classifier.json", encoding="utf-8"))
    tokenizer = AutoTokenizer.from_pretrained(".")
    encoder = AutoModel.from_pretrained(".").eval()
    head = load_file("head.safetensors")

    inputs = tokenizer(
        ["A text."],
        return_tensors="pt",
        padding=True,
        truncation=True,
        max_length=facts["max_length"],
    )
    with torch.no_grad():
        hidden = encoder(**inputs).last_hidden_state
    mask = inputs["attention_mask"].unsqueeze(-1)
    if facts["pooling"] == "cls":
        pooled = hidden[:, 0]
    else:
        pooled = (hidden * mask).sum(1) / mask.sum(1)
    logits = pooled @ head["weight"].T + head["bias"]
    probabilities = logits.softmax(-1)
    print(facts["labels"][probabilities[0].argmax()], probabilities.tolist())
"""


def save_classifier(
    classifier: TextClassifier,
    folder: Path,
    *,
    base_folder: Path,
    labels: tuple[str, ...],
    max_length: int,
    texts: TextSource | None = None,
) -> None:
    """Write weights, tokenizer, ``classifier.json`` and a README with the lines that load them.

    Parameters
    ----------
    classifier
        On the CPU.
    folder
        Where to write.
    base_folder
        Folder of the base model, whose tokenizer it is; padding and truncation in it are left out.
    labels
        Class names by id.
    max_length
        Tokens kept of each text, or of both texts of a pair together.
    texts
        The columns that the texts came from, None if unknown.
    """
    folder.mkdir(parents=True, exist_ok=True)
    classifier.save(folder)
    for name in TOKENIZER_FILES:
        if (base_folder / name).exists():
            shutil.copyfile(base_folder / name, folder / name)
    load_tokenizer(base_folder).save(str(folder / "tokenizer.json"))
    is_pooled = isinstance(classifier, PooledClassifier)
    pooling = classifier.pooling if isinstance(classifier, PooledClassifier) else Pooling.OWN
    write_facts(folder, "neural", labels, texts, pooling=pooling.value, max_length=max_length)
    is_pair = texts is not None and texts.is_pair
    (folder / "README.md").write_text(_readme(is_pooled, is_pair, takes_type_ids(folder)), encoding="utf-8")


def _readme(is_pooled: bool, is_pair: bool, takes_types: bool) -> str:
    needs = (
        "The encoder loads with transformers' `AutoModel`. The head is one linear layer on the pooled hidden "
        "states, which no class of transformers has: its weights are in `head.safetensors`, and the lines "
        "below are all it needs."
        if is_pooled
        else "The head is the architecture's own: plain transformers loads the whole classifier."
    )
    lines = _POOLED if is_pooled else _OWN_HEAD
    if is_pair:
        asked = '["A text."],\n        ["Its pair."]' if is_pooled else _PIPELINE_PAIR
        lines = lines.replace('["A text."]', asked)
    if is_pair and takes_types:
        lines = lines.replace("truncation=True,", "truncation=True, return_token_type_ids=True,")
    return f"# Text classifier\n\n{needs} Run them in this folder.\n\n{lines}"
