from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch
from transformers import AutoTokenizer

from tests.tiny_models import Architecture, tiny_model_folder
from tests.training.examples import ON_CPU
from tl_core.catalogue.base_models import Pooling
from tl_core.schema import ArmKind
from tl_core.text.network import NETWORKS
from tl_core.text.network.encoding import tokenize
from tl_core.text.tokens import load_tokenizer
from tl_core.training.fit import predict_logits

TEXTS = [
    "a good film and a kind, warm story",
    "bad",
    "the food was not good, but the people were kind, and the room was warm and the film was long",
    "Ünïcode 例 👍",
]
SECOND = ["it was good", "never again, and again, and again", "yes", "no"]
ARCHITECTURES: list[Architecture] = ["bert", "distilbert", "roberta", "electra"]


def table(**columns: list[str]) -> pa.Table:
    return pa.table({**columns, "target": pa.array([0, 1, 1, 0], pa.int32())})


@pytest.mark.parametrize("max_length", [8, 64])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_batch_is_what_transformers_own_tokenizer_gives(
    tmp_path: Path, architecture: Architecture, max_length: int
) -> None:
    folder = tiny_model_folder(tmp_path, architecture)
    examples = tokenize(table(text=TEXTS), folder, max_length, tmp_path / "cache")
    batch = examples.collate(np.arange(4))
    expected = AutoTokenizer.from_pretrained(folder)(
        TEXTS, padding=True, truncation=True, max_length=max_length, return_tensors="pt"
    )
    assert torch.equal(batch["input_ids"], expected["input_ids"])
    assert torch.equal(batch["attention_mask"], expected["attention_mask"])
    assert examples.lengths.max() <= max_length
    assert examples.targets.tolist() == [0, 1, 1, 0]


@pytest.mark.parametrize("max_length", [10, 64])
@pytest.mark.parametrize("architecture", ["bert", "electra"])
def test_the_texts_of_a_pair_are_told_apart_by_type_ids(
    tmp_path: Path, architecture: Architecture, max_length: int
) -> None:
    folder = tiny_model_folder(tmp_path, architecture)
    examples = tokenize(table(text=TEXTS, text_b=SECOND), folder, max_length, tmp_path / "cache")
    batch = examples.collate(np.arange(4))
    expected = AutoTokenizer.from_pretrained(folder)(
        TEXTS,
        SECOND,
        padding=True,
        truncation=True,
        max_length=max_length,
        return_tensors="pt",
        return_token_type_ids=True,
    )
    assert batch.keys() == {"input_ids", "attention_mask", "token_type_ids"}
    assert all(torch.equal(batch[name], expected[name]) for name in batch)
    assert batch["token_type_ids"].any()


@pytest.mark.parametrize("architecture", ["distilbert", "roberta"])
def test_models_without_type_ids_read_pairs_too(tmp_path: Path, architecture: Architecture) -> None:
    folder = tiny_model_folder(tmp_path, architecture)
    examples = tokenize(table(text=TEXTS, text_b=SECOND), folder, 32, tmp_path / "cache")
    assert "token_type_ids" not in examples.collate(np.arange(4))
    model = NETWORKS.build(ArmKind.FINE_TUNED, folder, Pooling.OWN, ("a", "b"), init_seed=0)
    logits = predict_logits(model, examples, np.arange(4), ON_CPU)
    assert logits.shape == (4, 2)


def test_truncation_and_padding_saved_in_a_tokenizer_are_cleared(tmp_path: Path) -> None:
    folder = tiny_model_folder(tmp_path, "bert")
    plain = tokenize(table(text=TEXTS), folder, 64, tmp_path / "plain")
    tokenizer = load_tokenizer(folder)
    tokenizer.enable_truncation(4)
    tokenizer.enable_padding(length=40)
    tokenizer.save(str(folder / "tokenizer.json"))
    again = tokenize(table(text=TEXTS), folder, 64, tmp_path / "again")
    np.testing.assert_array_equal(again.ids, plain.ids)


def test_token_ids_are_written_once(tmp_path: Path) -> None:
    folder, cache = tiny_model_folder(tmp_path, "bert"), tmp_path / "dataset" / "tokens" / "key"
    first = tokenize(table(text=TEXTS), folder, 16, cache)
    (folder / "tokenizer.json").unlink()
    written = cache.stat().st_mtime_ns
    second = tokenize(table(text=TEXTS), folder, 16, cache)
    np.testing.assert_array_equal(second.ids, first.ids)
    assert cache.stat().st_mtime_ns == written
    assert [path.name for path in cache.parent.iterdir()] == ["key"]
