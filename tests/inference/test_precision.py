"""In which number format files are scored: bfloat16 where it is native; int8 if it costs next to nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.experiments.running import carry_out_all, make_workspace, queue_experiment
from tests.text.network.saving_cases import PAIR, TEXTS, saved_folder
from tests.tiny_models import tiny_model_folder
from tl_core.catalogue.base_models import Pooling
from tl_core.errors import UserError
from tl_core.inference import precision
from tl_core.inference.precision import load_for_files
from tl_core.inference.predictor import Probabilities, load_predictor
from tl_core.models.facts import read_facts
from tl_core.schema import Precision, ScoredIn
from tl_core.store.workspace import Workspace
from tl_core.text.network import NETWORKS
from tl_core.text.network.int8 import Int8Predictor


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("scored")
    opened = make_workspace(folder / "workspace")
    arms, training = ["fine_tuned", "frozen", "tfidf"], {"min_steps": 150, "precision": Precision.BFLOAT16}
    queue_experiment(opened, tiny_model_folder(folder, "bert"), arms, training)
    carry_out_all(opened)
    yield opened
    opened.close()


def run_of(workspace: Workspace, arm: str) -> str:
    [run_id] = [one.run_id for one in workspace.database.list_runs() if one.config.arm.name == arm]
    return run_id


def load(workspace: Workspace, wanted: ScoredIn | None, arm: str = "fine_tuned") -> tuple[Any, str]:
    run_id = run_of(workspace, arm)
    return load_for_files(workspace, workspace.finished_model(run_id), wanted, run_id)


@pytest.mark.parametrize("native", Precision)
def test_the_usual_is_what_is_native(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, native: Precision
) -> None:
    monkeypatch.setattr(precision, "choose_precision", lambda device: native)
    predictor, sentence = load(workspace, None)
    exact = load_predictor(workspace.finished_model(run_of(workspace, "fine_tuned"))).predict(TEXTS)
    assert sentence == f"Scored in {native.value}."
    np.testing.assert_allclose(predictor.predict(TEXTS), exact, atol=0.03)
    assert np.array_equal(predictor.predict(TEXTS), exact) is (native is Precision.FLOAT32)
    asked, sentence = load(workspace, ScoredIn.FLOAT32)
    assert sentence == "Scored in float32."
    np.testing.assert_array_equal(asked.predict(TEXTS), exact)


def test_a_run_scored_in_float32_scores_files_in_it(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precision, "choose_precision", lambda device: Precision.BFLOAT16)
    folder = workspace.run_folder(run_of(workspace, "frozen"))
    assert folder.read_record().precision is Precision.FLOAT32
    assert load(workspace, None, "frozen")[1] == "Scored in float32."
    assert load(workspace, ScoredIn.BFLOAT16, "frozen")[1] == "Scored in bfloat16."


def test_an_arm_without_a_network_has_no_number_format(workspace: Workspace) -> None:
    predictor, sentence = load(workspace, ScoredIn.INT8, "tfidf")
    assert sentence == ""
    assert predictor.predict(["good"]).shape == (1, 2)


def test_int8_is_measured_on_validation_and_taken_if_it_costs_little(workspace: Workspace) -> None:
    predictor, sentence = load(workspace, ScoredIn.INT8)
    assert isinstance(predictor, Int8Predictor)
    assert sentence.startswith("Scored in int8: on 9 validation examples ")
    assert sentence.endswith("% as the run scored them.")


def test_int8_that_costs_too_much_is_left_with_both_numbers(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = Int8Predictor.predict

    def wrong(self: Int8Predictor, texts: Any) -> Probabilities:
        return right(self, texts)[:, ::-1]

    monkeypatch.setattr(Int8Predictor, "predict", wrong)
    predictor, sentence = load(workspace, ScoredIn.INT8)
    assert not isinstance(predictor, Int8Predictor)
    assert ", because int8 loses too much: on 9 validation examples " in sentence


def test_an_exported_folder_has_nothing_to_measure_int8_on(workspace: Workspace) -> None:
    folder = workspace.finished_model(run_of(workspace, "fine_tuned"))
    with pytest.raises(UserError, match="an exported folder has none"):
        load_for_files(workspace, folder, ScoredIn.INT8)
    assert load_for_files(workspace, folder, ScoredIn.FLOAT32)[1] == "Scored in float32."


@pytest.mark.parametrize("pooling", [Pooling.MEAN, Pooling.OWN])
def test_int8_answers_nearly_as_the_network_does(tmp_path: Path, pooling: Pooling) -> None:
    folder = saved_folder(tmp_path, "bert", pooling)
    exact = load_predictor(folder)
    near = NETWORKS.int8_predictor(folder, read_facts(folder), exact.texts)
    told: list[int] = []
    texts = [TEXTS[number % 3] + " a" * number for number in range(70)]
    found, expected = near.predict(texts, told.append), exact.predict(texts)
    assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.85, "so few weights average out little"
    assert sum(told) == len(texts)


def test_int8_reads_pairs_with_their_types(tmp_path: Path) -> None:
    folder = saved_folder(tmp_path, "bert", Pooling.MEAN, texts=PAIR)
    exact = load_predictor(folder)
    near = NETWORKS.int8_predictor(folder, read_facts(folder), PAIR)
    pairs = [(TEXTS[0], TEXTS[1]), (TEXTS[2], TEXTS[0])]
    assert np.abs(near.predict(pairs) - exact.predict(pairs)).mean() < 0.05
    with pytest.raises(UserError):
        near.predict(TEXTS)
