"""How far parts move and how alike their representations stay, on networks changed by hand."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.tiny_models import tiny_model_folder
from tests.training.examples import ON_CPU
from tl_core.catalogue.base_models import Pooling
from tl_core.errors import CancelledError
from tl_core.models.classifiers import Classifier
from tl_core.schema import ArmKind
from tl_core.text.network import NETWORKS
from tl_core.text.network.examples import TokenExamples
from tl_core.training.change import measure_change, movement, represent_layers


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tiny_model_folder(tmp_path, "bert")


def build(folder: Path, pooling: Pooling = Pooling.MEAN) -> Classifier:
    return NETWORKS.build(ArmKind.FINE_TUNED, folder, pooling, ("bad", "good"), init_seed=1)


@pytest.fixture
def examples() -> TokenExamples:
    random = np.random.default_rng(0)
    lengths = random.integers(3, 9, size=20)
    return TokenExamples(
        ids=random.integers(5, 60, size=lengths.sum()).astype(np.int32),
        type_ids=np.zeros(lengths.sum(), dtype=np.int8),
        offsets=np.concatenate([[0], np.cumsum(lengths)]),
        targets=np.zeros(20, dtype=np.int64),
        pad_id=0,
        uses_type_ids=False,
    )


def test_untouched_weights_have_not_moved(folder):
    assert movement(build(folder), build(folder)) == {
        "embeddings": 0,
        "layer 1": 0,
        "layer 2": 0,
        "head": 0,
    }


def test_a_part_that_doubles_has_moved_by_its_own_length(folder):
    start, end = build(folder), build(folder)
    with torch.no_grad():
        for name, weight in end.encoder.named_parameters():
            if ".layer.1." in name:
                weight.mul_(2)
    found = movement(start, end)
    assert found.pop("layer 2") == pytest.approx(1)
    assert set(found.values()) == {0}


def test_a_pooler_counts_only_where_the_head_reads_it(folder):
    assert "pooler" in movement(build(folder, Pooling.OWN), build(folder, Pooling.OWN))
    assert "pooler" not in movement(build(folder), build(folder))


def test_similarity_falls_from_the_changed_layer_upwards(folder, examples):
    start, end = build(folder), build(folder)
    torch.manual_seed(0)
    with torch.no_grad():
        for name, weight in end.encoder.named_parameters():
            if ".layer.1." in name and weight.ndim > 1:
                weight.normal_()
    found = measure_change(start, end, examples, np.arange(20), ON_CPU, represent_layers)
    alike = {part.part: part.similarity for part in found.parts}
    assert found.num_texts == 20
    assert alike["embeddings"] == pytest.approx(1)
    assert alike["layer 1"] == pytest.approx(1)
    assert alike["layer 2"] < 0.9
    assert alike["head"] is None


def test_representations_leave_padding_out_and_keep_the_order(folder, examples):
    model, rows = build(folder), np.array([7, 2, 11, 5])
    found = represent_layers(model, examples, rows, replace(ON_CPU, micro_batch_size=1))
    assert len(found) == 3
    with torch.inference_mode():
        for place, row in enumerate(rows):
            states = model.encoder(**examples.collate(rows[place : place + 1]), output_hidden_states=True)
            alone = states.hidden_states[1][0].mean(0).numpy()
            np.testing.assert_allclose(found[1][place], alone, atol=1e-5), row


def test_it_can_be_stopped(folder, examples):
    stopping = replace(ON_CPU, should_stop=lambda: True)
    with pytest.raises(CancelledError):
        measure_change(build(folder), build(folder), examples, np.arange(9), stopping, represent_layers)
