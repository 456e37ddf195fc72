"""A finished classifier as a folder that answers elsewhere as it does here, and says how to load it."""

import copy
import json
import shutil
from pathlib import Path
from typing import Any

from tl_core.catalogue.base_models import Pooling
from tl_core.catalogue.local_folders import encoder_folder
from tl_core.models.classifiers import Classifier, OwnHeadClassifier, PooledClassifier
from tl_core.models.facts import read_facts, write_facts
from tl_core.schema import TextSource
from tl_core.text.loading_words import PREDICT_FILE, how_to_load
from tl_core.text.network import standalone
from tl_core.text.tokens import STARTS_LATE, load_tokenizer, padding_id, takes_type_ids

_SPECIAL_TOKENS = ("unk_token", "sep_token", "pad_token", "cls_token", "mask_token", "bos_token", "eos_token")


def save_classifier(
    classifier: Classifier,
    folder: Path,
    *,
    base_folder: Path,
    labels: tuple[str, ...],
    limit: int,
    source: TextSource | None = None,
    is_leaving: bool = False,
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
    limit
        Tokens kept of each text, or of both texts of a pair together.
    source
        The columns that the texts came from, None if unknown.
    is_leaving
        Whether an architecture's own head gets no more positions than ``limit`` asks for. transformers'
        pipeline reads the whole of a text unless it is told to truncate; a text that is longer than what the
        model was trained on then raises an error, where it would be given another answer than here.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pooling = classifier.pooling if isinstance(classifier, PooledClassifier) else Pooling.OWN
    if is_leaving and isinstance(classifier, OwnHeadClassifier):
        cut_positions(classifier, limit)
    classifier.save(folder)
    place = encoder_folder(folder)
    is_pair = source is not None and source.is_pair
    uses_type_ids = is_pair and takes_type_ids(place)
    _write_tokenizer(base_folder, place, limit, uses_type_ids)
    if pooling is not Pooling.OWN:
        cutting = {"max_seq_length": limit, "do_lower_case": False}
        (place / "sentence_bert_config.json").write_text(json.dumps(cutting), encoding="utf-8")
    write_facts(
        folder,
        "neural",
        labels,
        source,
        pooling=pooling.value,
        max_length=limit,
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


def cut_positions(classifier: OwnHeadClassifier, max_length: int) -> bool:
    """Leave only the positions that texts of ``max_length`` tokens have; return whether it could be done.

    Answers stay the same, and a longer text raises an error. Architectures that learn no absolute
    positions, or take relative ones from their number, stay as they are.
    """
    config, encoder = classifier.model.config, classifier.encoder
    name, weights = "position_embeddings.weight", dict(encoder.named_parameters())
    found = [weight for key, weight in weights.items() if key.endswith(name)]
    if len(found) != 1 or getattr(config, "relative_attention", False):
        return False
    starts_late = config.model_type in STARTS_LATE
    num_positions = max_length + ((config.pad_token_id or 0) + 1 if starts_late else 0)
    if num_positions > len(found[0]):
        return False
    smaller = copy.deepcopy(config)
    smaller.max_position_embeddings = num_positions
    kept = {
        key: weight[:num_positions] if key.endswith(name) else weight
        for key, weight in classifier.model.state_dict().items()
    }
    classifier.model = type(classifier.model)(smaller).eval()
    classifier.model.load_state_dict(kept)
    return True
