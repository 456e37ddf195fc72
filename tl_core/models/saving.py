"""A finished classifier as a folder in the Hub's layout that says how to use it."""

import json
import shutil
from pathlib import Path
from typing import Any

from tl_core.catalogue.base_models import Pooling
from tl_core.catalogue.tokens import load_tokenizer
from tl_core.errors import NotFoundError
from tl_core.models.classifiers import PooledClassifier, TextClassifier

FACTS_FILE = "classifier.json"
TOKENIZER_FILES = ("tokenizer_config.json", "special_tokens_map.json", "vocab.txt")

_OWN_HEAD = """\
    import json
    from transformers import pipeline

    facts = json.load(open("classifier.json", encoding="utf-8"))
    classify = pipeline("text-classification", model=".", top_k=None)
    print(classify(["A text."], truncation=True, max_length=facts["max_length"]))
"""

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
    classifier: TextClassifier, folder: Path, *, base_folder: Path, labels: tuple[str, ...], max_length: int
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
        Tokens kept of each text.
    """
    folder.mkdir(parents=True, exist_ok=True)
    classifier.save(folder)
    for name in TOKENIZER_FILES:
        if (base_folder / name).exists():
            shutil.copyfile(base_folder / name, folder / name)
    load_tokenizer(base_folder).save(str(folder / "tokenizer.json"))
    is_pooled = isinstance(classifier, PooledClassifier)
    pooling = classifier.pooling if isinstance(classifier, PooledClassifier) else Pooling.OWN
    facts = {"kind": "neural", "pooling": pooling.value, "labels": labels, "max_length": max_length}
    (folder / FACTS_FILE).write_text(json.dumps(facts, indent=2, ensure_ascii=False), encoding="utf-8")
    (folder / "README.md").write_text(_readme(is_pooled), encoding="utf-8")


def read_facts(folder: Path) -> dict[str, Any]:
    """Read what a model folder says about its classifier: ``kind``, ``labels`` and what that kind needs.

    Raises
    ------
    NotFoundError
        If it is no such folder.
    """
    try:
        facts: dict[str, Any] = json.loads((folder / FACTS_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NotFoundError(
            f"Expected a model folder with a {FACTS_FILE}; {folder.name!r} has none.",
            "Use a finished run's id or a folder that `tl_core export --format hf` has written.",
        ) from None
    return facts


def _readme(is_pooled: bool) -> str:
    needs = (
        "The encoder loads with transformers' `AutoModel`. The head is one linear layer on the pooled hidden "
        "states, which no class of transformers has: its weights are in `head.safetensors`, and the lines "
        "below are all it needs."
        if is_pooled
        else "The head is the architecture's own: plain transformers loads the whole classifier."
    )
    return f"# Text classifier\n\n{needs} Run them in this folder.\n\n{_POOLED if is_pooled else _OWN_HEAD}"
