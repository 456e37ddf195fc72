import json
import shutil
from pathlib import Path

import pytest
from transformers import AutoTokenizer

from tests.tiny_models import MAX_TOKENS, Architecture, tiny_model_folder
from tl_core.catalogue.base_models import BUILTIN
from tl_core.catalogue.locating import obtain
from tl_core.text.tokens import (
    load_tokenizer,
    max_tokens,
    padding_id,
    takes_type_ids,
    token_lengths,
    tokenizer_hash,
)

TEXTS = ["good", "a good film and a kind, warm story " * 30]


def config_folder(tmp_path: Path, **config: object) -> Path:
    (tmp_path / "config.json").write_text(json.dumps(config))
    return tmp_path


@pytest.mark.parametrize("architecture", ["bert", "roberta"])
def test_lengths_are_those_of_transformers_without_a_limit(
    tmp_path: Path, architecture: Architecture
) -> None:
    folder = tiny_model_folder(tmp_path, architecture)
    expected = AutoTokenizer.from_pretrained(folder)(TEXTS, verbose=False)["input_ids"]
    assert token_lengths(TEXTS, folder).tolist() == [len(ids) for ids in expected]
    pairs = [("good", "film")]
    both = AutoTokenizer.from_pretrained(folder)(["good"], ["film"])["input_ids"]
    assert token_lengths(pairs, folder).tolist() == [len(both[0])]


def test_the_builtin_tokenizer_neither_cuts_nor_pads() -> None:
    folder = obtain(BUILTIN)
    raw = json.loads((folder / "tokenizer.json").read_text())
    assert raw["truncation"]
    assert raw["padding"]
    lengths = token_lengths(["good", "good " * 400], folder)
    assert lengths.tolist() == [3, 402]
    assert load_tokenizer(folder).truncation is None


def test_tokenizers_are_told_apart_by_their_files(tmp_path: Path) -> None:
    folder = tiny_model_folder(tmp_path, "bert")
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    assert tokenizer_hash(copy) == tokenizer_hash(folder)
    assert tokenizer_hash(copy) != tokenizer_hash(tiny_model_folder(tmp_path, "roberta"))


@pytest.mark.parametrize("architecture", ["bert", "distilbert", "roberta", "electra"])
def test_every_architecture_reads_as_many_tokens_as_it_has_places(
    tmp_path: Path, architecture: Architecture
) -> None:
    folder = tiny_model_folder(tmp_path, architecture)
    assert max_tokens(folder) == MAX_TOKENS
    assert padding_id(folder) == load_tokenizer(folder).token_to_id(
        "<pad>" if architecture == "roberta" else "[PAD]"
    )
    assert takes_type_ids(folder) is (architecture in ("bert", "electra"))


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"model_type": "bert"}, 512),
        ({"model_type": "bert", "max_position_embeddings": None}, 512),
        ({"model_type": "roberta", "max_position_embeddings": 514}, 512),
        ({"model_type": "xlm-roberta", "max_position_embeddings": 514, "pad_token_id": 1}, 512),
        ({"model_type": "modernbert", "max_position_embeddings": 8192, "pad_token_id": 50283}, 8192),
    ],
)
def test_what_a_configuration_leaves_out_is_the_usual(
    tmp_path: Path, config: dict[str, object], expected: int
) -> None:
    assert max_tokens(config_folder(tmp_path, **config)) == expected
    assert not takes_type_ids(tmp_path)
