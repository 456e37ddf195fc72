"""A finished classifier as a folder that answers elsewhere as it does here, and says how to load it."""

import json
import shutil
from pathlib import Path
from typing import Any

from tl_core.catalogue.base_models import Pooling
from tl_core.catalogue.layout import encoder_folder
from tl_core.models import standalone
from tl_core.models.classifiers import OwnHeadClassifier, PooledClassifier, TextClassifier
from tl_core.models.facts import read_facts, write_facts
from tl_core.models.loading_words import PREDICT_FILE, how_to_load
from tl_core.schema import TextSource
from tl_core.text.tokens import load_tokenizer, padding_id, takes_type_ids

_SPECIAL_TOKENS = ("unk_token", "sep_token", "pad_token", "cls_token", "mask_token", "bos_token", "eos_token")


def save_classifier(
    classifier: TextClassifier,
    folder: Path,
    *,
    base_folder: Path,
    labels: tuple[str, ...],
    max_length: int,
    texts: TextSource | None = None,
    should_cut_positions: bool = False,
) -> None:
    """Write weights, tokenizer, ``classifier.json``, ``predict.py`` and a README that says how to load them.

    Parameters
    ----------
    classifier
        On the CPU.
    folder
        Where to write.
    base_folder
        Folder of the base model's encoder, whose tokenizer it is; padding and truncation in it are left out.
    labels
        Class names by id.
    max_length
        Tokens kept of each text, or of both texts of a pair together.
    texts
        The columns that the texts came from, None if unknown.
    should_cut_positions
        Whether an architecture's own head gets no more positions than ``max_length`` asks for. transformers'
        pipeline reads the whole of a text unless it is told to truncate; a text that is longer than what the
        model was trained on then raises an error, where it would be given another answer than here.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pooling = classifier.pooling if isinstance(classifier, PooledClassifier) else Pooling.OWN
    if should_cut_positions and isinstance(classifier, OwnHeadClassifier):
        classifier.cut_positions(max_length)
    classifier.save(folder)
    place = encoder_folder(folder)
    is_pair = texts is not None and texts.is_pair
    uses_type_ids = is_pair and takes_type_ids(place)
    _write_tokenizer(base_folder, place, max_length, uses_type_ids)
    if pooling is not Pooling.OWN:
        cutting = {"max_seq_length": max_length, "do_lower_case": False}
        (place / "sentence_bert_config.json").write_text(json.dumps(cutting), encoding="utf-8")
    write_facts(
        folder,
        "neural",
        labels,
        texts,
        pooling=pooling.value,
        max_length=max_length,
        pad_id=padding_id(place),
        is_pair=is_pair,
        uses_type_ids=uses_type_ids,
    )
    shutil.copyfile(standalone.__file__, folder / PREDICT_FILE)
    readme = f"# Text classifier\n\n{how_to_load(read_facts(folder))}"
    (folder / "README.md").write_text(readme, encoding="utf-8")


def _write_tokenizer(base_folder: Path, folder: Path, max_length: int, uses_type_ids: bool) -> None:
    """Write the tokenizer so that transformers takes it as it is, and truncates where the model does.

    Under the name of an architecture's own tokenizer class, transformers makes one from the vocabulary by
    its own rules, which need not be those of ``tokenizer.json``.
    """
    tokenizer = load_tokenizer(base_folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    stated: dict[str, Any] = {}
    for name in ("special_tokens_map.json", "tokenizer_config.json"):
        if (base_folder / name).exists():
            stated |= json.loads((base_folder / name).read_text(encoding="utf-8"))
    special = {name: stated[name] for name in _SPECIAL_TOKENS if stated.get(name)}
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": max_length,
        "model_input_names": ["input_ids", "attention_mask", *(["token_type_ids"] if uses_type_ids else [])],
        "clean_up_tokenization_spaces": False,
        **special,
        "pad_token": tokenizer.id_to_token(padding_id(folder)),
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2), encoding="utf-8")
