"""A finished classifier as a folder in the Hub's layout that says how to use it."""

import json
import shutil
from pathlib import Path

from tl_core.catalogue.base_models import Pooling
from tl_core.models.classifiers import PooledClassifier, TextClassifier

TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt")

_OWN_HEAD = """\
    from transformers import pipeline

    classify = pipeline("text-classification", model=".")
    print(classify("A text."))
"""

_POOLED = """\
    import json
    import torch
    from safetensors.torch import load_file
    from transformers import AutoModel, AutoTokenizer

    facts = json.load(open("classifier.json"))
    tokenizer = AutoTokenizer.from_pretrained(".")
    encoder = AutoModel.from_pretrained(".").eval()
    head = load_file("head.safetensors")

    inputs = tokenizer(["A text."], return_tensors="pt", padding=True,
                       truncation=True, max_length=facts["max_length"])
    with torch.no_grad():
        hidden = encoder(**inputs).last_hidden_state
        mask = inputs["attention_mask"].unsqueeze(-1)
        pooled = hidden[:, 0] if facts["pooling"] == "cls" else (hidden * mask).sum(1) / mask.sum(1)
        probabilities = (pooled @ head["weight"].T + head["bias"]).softmax(-1)
    print(facts["labels"][probabilities[0].argmax()], probabilities)
"""


def save_classifier(
    classifier: TextClassifier, folder: Path, *, base_folder: Path, labels: tuple[str, ...], max_length: int
) -> None:
    """Write weights, tokenizer, ``classifier.json`` and a README with the lines that load them."""
    folder.mkdir(parents=True, exist_ok=True)
    classifier.save(folder)
    for name in TOKENIZER_FILES:
        if (base_folder / name).exists():
            shutil.copyfile(base_folder / name, folder / name)
    is_pooled = isinstance(classifier, PooledClassifier)
    pooling = classifier.pooling if isinstance(classifier, PooledClassifier) else Pooling.OWN
    facts = {"kind": "neural", "pooling": pooling.value, "labels": labels, "max_length": max_length}
    (folder / "classifier.json").write_text(json.dumps(facts, indent=2))
    (folder / "README.md").write_text(_readme(is_pooled), encoding="utf-8")


def _readme(is_pooled: bool) -> str:
    needs = (
        "The encoder loads with transformers' `AutoModel`. The head is one linear layer on the pooled hidden "
        "states, which no class of transformers has: its weights are in `head.safetensors`, and the lines below "
        "are all it needs."
        if is_pooled
        else "The head is the architecture's own: plain transformers loads the whole classifier."
    )
    return f"# Text classifier\n\n{needs} Run them in this folder.\n\n{_POOLED if is_pooled else _OWN_HEAD}"
