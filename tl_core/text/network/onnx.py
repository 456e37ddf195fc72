"""A finished network as an ONNX file that runs without torch and transformers."""

import json
from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import AutoModelForSequenceClassification

from tl_core.catalogue.local_folders import encoder_folder
from tl_core.models.classifiers import Classifier, load_saved
from tl_core.models.facts import loading, read_facts, text_source
from tl_core.models.graph import ONNX_FILE, write_graph
from tl_core.text.tokens import load_tokenizer, padding_id, takes_type_ids

_README = """\
# Text classifier in ONNX

`model.onnx` turns token ids and their mask, both int64 `(batch, sequence)`, into logits float32
`(batch, labels)`. `tokenizer.json` cuts texts at the length the model was trained with and pads a batch.
`labels.json` has the classes in the order of the logits. Run these lines in this folder; they need
`numpy`, `onnxruntime` and `tokenizers`.

    import json
    import numpy as np
    import onnxruntime
    from tokenizers import Tokenizer

    labels = json.load(open("labels.json", encoding="utf-8"))
    tokenizer = Tokenizer.from_file("tokenizer.json")
    session = onnxruntime.InferenceSession("model.onnx")

    encodings = tokenizer.encode_batch(["A text."])
    logits = session.run(["logits"], {
        "input_ids": np.array([encoding.ids for encoding in encodings], dtype=np.int64),
        "attention_mask": np.array([encoding.attention_mask for encoding in encodings], dtype=np.int64),
    })[0]
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities = odds / odds.sum(axis=1, keepdims=True)
    print(labels[probabilities[0].argmax()], probabilities.tolist())
"""


class _Positional(nn.Module):
    """A classifier that takes its tensors one by one, as an ONNX graph does."""

    def __init__(self, classifier: Classifier) -> None:
        super().__init__()
        self.classifier = classifier

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor | None = None
    ) -> Tensor:
        inputs = {"input_ids": input_ids, "attention_mask": attention_mask}
        if token_type_ids is not None:
            inputs["token_type_ids"] = token_type_ids
        logits: Tensor = self.classifier(inputs)
        return logits


def write_onnx(model: Path, folder: Path) -> None:
    """Write a network with its tokenizer, its labels and the lines that run them.

    Parameters
    ----------
    model
        A run's ``model/`` folder.
    folder
        Is made, and gets ``model.onnx``, ``tokenizer.json``, ``labels.json`` and ``README.md``; batch and
        sequence may have any size.

    Raises
    ------
    DamageError
        If a file of the model is missing or damaged.
    """
    facts = read_facts(model)
    folder.mkdir()
    is_pair, encoder = text_source(facts).is_pair, encoder_folder(model)
    uses_type_ids = is_pair and takes_type_ids(encoder)
    _write_graph(load_saved(model, AutoModelForSequenceClassification), folder / ONNX_FILE, uses_type_ids)
    with loading(model):
        tokenizer = load_tokenizer(encoder)
    tokenizer.enable_truncation(facts["max_length"])
    tokenizer.enable_padding(pad_id=padding_id(encoder))
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "labels.json").write_text(
        json.dumps(facts["labels"], indent=2, ensure_ascii=False), encoding="utf-8"
    )
    (folder / "README.md").write_text(_readme(is_pair, uses_type_ids), encoding="utf-8")


def _readme(is_pair: bool, uses_type_ids: bool) -> str:
    """Give the lines that run the graph; those for pairs ask for two texts."""
    lines = _README.replace('["A text."]', '[("A text.", "Its pair.")]') if is_pair else _README
    if not uses_type_ids:
        return lines
    mask = '        "attention_mask":'
    types = '        "token_type_ids": np.array([one.type_ids for one in encodings], dtype=np.int64),\n'
    return lines.replace("and their mask, both int64", "their mask and types, all int64").replace(
        mask, types + mask
    )


def _write_graph(classifier: Classifier, path: Path, uses_type_ids: bool) -> None:
    tokens = torch.ones((2, 8), dtype=torch.int64)
    names = ["input_ids", "attention_mask", *(["token_type_ids"] if uses_type_ids else [])]
    axes = {0: torch.export.Dim("batch"), 1: torch.export.Dim("sequence")}
    write_graph(_Positional(classifier), {name: tokens.clone() for name in names}, axes, path)
