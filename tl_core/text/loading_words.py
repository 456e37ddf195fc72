"""How a network's folder is loaded elsewhere, in words and lines. No torch."""

from collections.abc import Mapping
from typing import Any

from tl_core.catalogue.base_models import Pooling
from tl_core.models.facts import text_source

PREDICT_FILE = "predict.py"
ASKED, ASKED_PAIR = '"A text."', '("A text.", "Its pair.")'
_LINES = """\
from predict import load

answer = load()
print(answer(["A text."]))
"""

_ANYWHERE = """\
Run the lines in this folder.

## With one file

`predict.py` needs only torch, transformers and safetensors. It answers with the probability of each label:

    from predict import load

    answer = load()
    print(answer(["A text."]))

"""
_POOLED = """\
## With sentence-transformers

transformers has no class for this head, one linear layer on the {pooling}. So `pipeline` and
`AutoModelForSequenceClassification` refuse this folder instead of adding a random head. In
sentence-transformers the head is the last module, so `encode` returns the logits of the classes:

    import json
    from sentence_transformers import SentenceTransformer

    labels = json.load(open("classifier.json", encoding="utf-8"))["labels"]
    logits = SentenceTransformer(".").encode(["A text."], convert_to_tensor=True)
    probabilities = logits.softmax(-1)
    print(labels[probabilities[0].argmax()], probabilities.tolist())
"""
_OWN_HEAD = """\
## With transformers

The head is the architecture's own, so transformers loads the whole classifier:

    from transformers import pipeline

    classify = pipeline("text-classification", model=".", top_k=None)
    print(classify(["A text."], truncation=True))

`truncation=True` cuts a text to the {max_length} tokens that the model reads. Without it, a longer text is an
error; an architecture that does not count positions reads it whole and answers otherwise than here.
"""
_POOLINGS = {
    Pooling.MEAN: "mean of the last hidden states",
    Pooling.CLS: "last hidden state of the first token",
}


def how_to_load(facts: Mapping[str, Any]) -> str:
    """Write the ways to load a network's folder as Markdown, from what ``classifier.json`` says."""
    pooling = Pooling(facts["pooling"])
    is_own = pooling is Pooling.OWN
    ways = _OWN_HEAD.format(max_length=facts["max_length"]) if is_own else _POOLED
    ways = ways if is_own else ways.format(pooling=_POOLINGS[pooling])
    if not text_source(dict(facts)).is_pair:
        return _ANYWHERE + ways
    pair = '{"text": "A text.", "text_pair": "Its pair."}' if is_own else ASKED_PAIR
    return _ANYWHERE.replace(ASKED, ASKED_PAIR) + ways.replace(ASKED, pair)


def loading_lines(facts: Mapping[str, Any]) -> str:
    """Write the lines that use a network's own ``predict.py``."""
    return (_LINES.replace(ASKED, ASKED_PAIR) if text_source(dict(facts)).is_pair else _LINES).strip()
