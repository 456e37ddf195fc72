"""Answers of this model, with nothing but torch, transformers and safetensors.

>>> from predict import load  # doctest: +SKIP
>>> load()(["a text"])  # doctest: +SKIP
[{'negative': 0.07, 'positive': 0.93}]
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from transformers import AutoModel, AutoModelForSequenceClassification

Text = str | Sequence[str]
"""A text; or two, for a model that was trained on pairs."""


def load(
    folder: str | Path = Path(__file__).parent, batch_size: int = 32
) -> Callable[[Sequence[Text]], list[dict[str, float]]]:
    """Load the model of a folder and return what gives texts their probabilities by label, in float32.

    Raises
    ------
    ValueError
        If weights are missing; when asked, if a model of pairs is given single texts, or the reverse.
    """
    folder = Path(folder)
    facts = json.loads((folder / "classifier.json").read_text(encoding="utf-8"))
    has_own_head = facts["pooling"] == "own"
    place = folder if has_own_head else folder / "0_Transformer"
    auto = AutoModelForSequenceClassification if has_own_head else AutoModel
    options: dict[str, Any] = {"local_files_only": True, "use_safetensors": True, "dtype": torch.float32}
    network, report = auto.from_pretrained(place, output_loading_info=True, **options)
    if report["missing_keys"] or report["mismatched_keys"]:
        raise ValueError(f"Weights are missing in {place.name}, so the answers would be wrong.")
    network.eval()
    head = {} if has_own_head else load_file(folder / "2_Dense" / "model.safetensors")
    tokenizer = Tokenizer.from_file(str(place / "tokenizer.json"))
    tokenizer.enable_truncation(facts["max_length"])
    tokenizer.enable_padding(pad_id=facts["pad_id"])

    def logits_of(texts: Sequence[Text]) -> torch.Tensor:
        encodings = tokenizer.encode_batch([text if isinstance(text, str) else tuple(text) for text in texts])
        inputs = {
            "input_ids": torch.tensor([encoding.ids for encoding in encodings]),
            "attention_mask": torch.tensor([encoding.attention_mask for encoding in encodings]),
        }
        if facts["uses_type_ids"]:
            inputs["token_type_ids"] = torch.tensor([encoding.type_ids for encoding in encodings])
        output = network(**inputs)
        if has_own_head:
            return cast(torch.Tensor, output.logits)
        hidden, mask = (
            output.last_hidden_state,
            inputs["attention_mask"].unsqueeze(-1),
        )  # (B, T, D), (B, T, 1)
        is_first = facts["pooling"] == "cls"
        pooled = hidden[:, 0] if is_first else (hidden * mask).sum(dim=1) / mask.sum(dim=1)
        return cast(torch.Tensor, pooled @ head["linear.weight"].T + head["linear.bias"])

    def answer(texts: Sequence[Text]) -> list[dict[str, float]]:
        if isinstance(texts, str) or any(isinstance(text, str) == facts["is_pair"] for text in texts):
            raise ValueError(
                f"Give this model a list of {'pairs of texts' if facts['is_pair'] else 'texts'}."
            )
        answers: list[dict[str, float]] = []
        for start in range(0, len(texts), batch_size):
            with torch.inference_mode():
                probabilities = logits_of(texts[start : start + batch_size]).softmax(-1)
            answers += [dict(zip(facts["labels"], row, strict=True)) for row in probabilities.tolist()]
        return answers

    return answer
