"""Settings that differ between two arms, and only those."""

import pytest

from tests.pages.fixtures import add_experiment, finish_all, runs_of, store_sample_dataset
from tl_core.results.comparison import gather
from tl_core.results.configuration import setting_differences, write_rate


@pytest.fixture
def experiment(workspace):
    made = add_experiment(workspace, store_sample_dataset(workspace), num_seeds=2)
    finish_all(workspace, made)
    return made


def differences(workspace, experiment, a, b):
    results = gather(workspace, experiment.experiment_id)
    return setting_differences(results.runs_of(a, 33), results.runs_of(b, 33), results.titles)


def test_fine_tuned_and_scratch_differ_in_weights_and_rates_alone(workspace, experiment):
    found = differences(workspace, experiment, "fine_tuned", "scratch")
    assert found.table.to_numpy().tolist() == [
        ["Weights", "pretrained, all trained", "random, all trained"],
        ["Learning rate of the encoder", "1e-4", "5e-4"],
        ["Learning rate of the head", "5e-3", "5e-4"],
    ]
    assert found.same["Base model"] == "all-MiniLM-L6"
    assert found.same["Seeds"] == "0, 1"
    assert found.same["Steps"] == "60"
    assert "Example weights" not in found.same, "there are none"


def test_what_no_network_has_is_not_said_of_tfidf(workspace, experiment):
    found = differences(workspace, experiment, "fine_tuned", "tfidf")
    table = found.table.set_index("setting")
    assert table.loc["Epochs planned"].tolist() == ["4.0", "none"]
    assert table.loc["Limit on each example"].tolist() == ["128 tokens", "none"]
    assert "Dropout" not in found.same


def test_the_text_limit_is_that_of_the_network_if_it_reads_less(workspace, experiment):
    for run in runs_of(workspace, experiment):
        if run.arm.name == "scratch":
            folder = workspace.run_folder(run.run_id)
            record = folder.read_record()
            facts = {**record.base_model_facts, "max_length": "64"}
            folder.write_record(record.model_copy(update={"base_model_facts": facts}))
    table = differences(workspace, experiment, "fine_tuned", "scratch").table.set_index("setting")
    assert table.loc["Limit on each example"].tolist() == ["128 tokens", "64 tokens"]


def test_an_arm_against_itself_differs_in_nothing(workspace, experiment):
    assert differences(workspace, experiment, "scratch", "scratch").table.empty


def test_a_setting_that_varies_within_an_arm_shows_every_value(workspace, experiment):
    last = runs_of(workspace, experiment)[-1]
    folder = workspace.run_folder(last.run_id)
    folder.write_record(folder.read_record().model_copy(update={"num_threads": 8}))
    table = differences(workspace, experiment, "fine_tuned", "scratch").table.set_index("setting")
    assert table.loc["Threads"].tolist() == ["2, 8", "2"]


@pytest.mark.parametrize(("rate", "words"), [(5e-5, "5e-5"), (1.5e-4, "1.5e-4"), (0.02, "2e-2")])
def test_a_rate_is_written_shortly_without_rounding_it_away(rate, words):
    assert write_rate(rate) == words
