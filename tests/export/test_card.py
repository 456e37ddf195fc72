"""The model card: valid for the Hub, literal in its names, honest about how the run was chosen."""

import re
import shutil

import pytest
from huggingface_hub import ModelCard

from tests.export.conftest import HOSTILE
from tests.pages.fixtures import add_experiment, finish_run, runs_of, store_sample_dataset
from tests.text.network.saving_cases import make_former, saved_folder
from tl_core.catalogue.base_models import Pooling
from tl_core.charts.text import one_line
from tl_core.errors import NotFoundError
from tl_core.export.card import card_of
from tl_core.export.card_metadata import card_metadata
from tl_core.export.folder import add_card


def run_of(workspace, experiment, arm, seed=0):
    return next(run for run in runs_of(workspace, experiment) if (run.arm.name, run.seed) == (arm, seed))


def card(workspace, experiment, arm):
    return card_of(workspace, run_of(workspace, experiment, arm).run_id)


def test_the_hub_reads_its_metadata(workspace, experiment):
    data = ModelCard(card(workspace, experiment, "fine_tuned")).data
    assert data.base_model == "sentence-transformers/all-MiniLM-L6-v2"
    assert (data.license, data.library_name, data.pipeline_tag) == (
        "apache-2.0",
        "sentence-transformers",
        None,
    )
    results = {(one.dataset_split, one.metric_type): one.metric_value for one in data.eval_results}
    # 0.9 of 9 validation and of 18 test examples are 8 and 16 right ones.
    assert results["validation", "accuracy"] == pytest.approx(8 / 9, abs=1e-4)
    assert results["test", "accuracy"] == pytest.approx(16 / 18, abs=1e-4)
    assert set(results) == {(split, name) for split in ("validation", "test") for name in ("accuracy", "f1")}


def test_weights_that_started_at_random_come_from_no_base_model(workspace, experiment):
    data = ModelCard(card(workspace, experiment, "scratch")).data
    assert (data.base_model, data.license, data.library_name) == (None, None, "sentence-transformers")


def test_an_arm_without_a_network_is_not_for_transformers(workspace, experiment):
    text = card(workspace, experiment, "tfidf")
    assert ModelCard(text).data.library_name is None
    assert "load_predictor" in text


@pytest.mark.parametrize("base_model", ["/home/somebody/model", "./model", "local:model@0123456789ab"])
def test_a_local_folder_is_not_named_as_a_base_model(workspace, experiment, base_model):
    record = workspace.run_folder(run_of(workspace, experiment, "fine_tuned").run_id).read_record()

    def named(name):
        config = record.config.model_copy(update={"base_model": name})
        return card_metadata(
            record.model_copy(update={"config": config}), "reviews", {}, "text-classification"
        ).base_model

    assert named(base_model) is None
    assert named("a/b") == "a/b"


@pytest.mark.parametrize(
    ("pooling", "library", "tag"),
    [
        ("mean", "sentence-transformers", None),
        ("cls", "sentence-transformers", None),
        ("own", "transformers", "text-classification"),
    ],
)
def test_only_a_head_of_transformers_is_tagged_for_its_pipeline(workspace, experiment, pooling, library, tag):
    record = workspace.run_folder(run_of(workspace, experiment, "fine_tuned").run_id).read_record()
    facts = record.base_model_facts | {"pooling": pooling}
    data = card_metadata(
        record.model_copy(update={"base_model_facts": facts}), "reviews", {}, "text-classification"
    )
    assert (data.library_name, data.pipeline_tag) == (library, tag)
    assert ("text-classification" in data.tags) is (tag is not None)


def test_it_says_n_seed_interval_and_floor(workspace, experiment):
    text = card(workspace, experiment, "fine_tuned")
    assert "| test | 18 | 88.9% |" in text
    assert re.search(r"95% interval of the test accuracy: [\d.]+% to [\d.]+%, for 18 examples", text)
    assert "this one training (seed 0)" in text
    assert "largest class scores 33.3%" in text
    assert experiment.split.hash in text
    assert "33 of the 33 training examples" in text


def test_it_has_every_metric_that_fits_and_recall_with_an_interval(workspace, experiment):
    text = card(workspace, experiment, "fine_tuned")
    assert "| Split | Examples | Accuracy | Macro-F1 | Balanced accuracy | MCC |" in text
    assert "AUROC" not in text, "of two labels only"
    assert re.search(r"\| 100\.0% \(\d+\.\d% to 100\.0%\) \|", text), "Wilson's interval has a width"


def test_it_says_how_far_its_confidence_can_be_trusted(workspace, experiment):
    text = card(workspace, experiment, "fine_tuned")
    errors = r"expected calibration error [\d.]+ points, Brier score [\d.]+, log loss [\d.]+ nats\."
    assert re.search(rf"confident on average and 88\.9% correct\. As trained: {errors}", text)
    assert re.search(rf"With the temperature [\d.]+, fitted on the 9 validation examples: {errors}", text)
    assert "temperature above is not part of the model" in text


def test_it_says_what_is_so_of_its_own_run(workspace, experiment):
    text = card(workspace, experiment, "fine_tuned")
    # Four epochs were planned, and a small train set gets more.
    assert "- Budget: `equal steps: 60 steps, 29.1 epochs`" in text
    assert "The weights are from the last step. The run answered the test once" in text
    assert "nothing was chosen on it" not in text
    assert "The Brier score is halved, so it goes from 0 to 1." in text


def test_it_says_on_which_split_the_run_was_chosen(workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace), ("scratch", "fine_tuned"), 2)
    for run in runs_of(workspace, experiment):
        finish_run(workspace, run, 0.5 if run.seed == 0 else 0.8)
    worse, better = (run_of(workspace, experiment, "scratch", seed) for seed in (0, 1))
    assert "Chosen on validation: of 2 finished runs of this kind" in card_of(workspace, better.run_id)
    assert "not the best on validation. That is seed 1" in card_of(workspace, worse.run_id)


def test_an_only_run_was_chosen_from_nothing(workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace))
    run = run_of(workspace, experiment, "scratch")
    finish_run(workspace, run)
    assert "It is the only finished run of this kind" in card_of(workspace, run.run_id)


def test_what_a_person_wrote_stands_in_code_spans_alone(workspace, hostile):
    text = card(workspace, hostile, "fine_tuned")
    _, metadata, body = text.split("---\n", 2)
    assert ModelCard(text).data.eval_results[0].dataset_name == one_line(HOSTILE, 100)
    outside = re.sub(r"(`+) ?.*?[^`]\1(?!`)", "", body)
    assert "evil.example" in body
    assert "evil.example" not in outside
    assert "script" not in outside


def test_a_run_without_results_has_no_card(workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace))
    with pytest.raises(NotFoundError):
        card(workspace, experiment, "fine_tuned")


@pytest.mark.parametrize("pooling", list(Pooling))
def test_the_card_of_an_exported_folder_keeps_the_lines_that_load_it(
    workspace, experiment, tmp_path, pooling
):
    exported = saved_folder(tmp_path, "bert", pooling)
    readme = (exported / "README.md").read_text(encoding="utf-8")
    add_card(workspace, run_of(workspace, experiment, "fine_tuned").run_id, exported)
    text = (exported / "README.md").read_text(encoding="utf-8")
    lines = [line for line in readme.splitlines() if line.startswith("    ")]
    body = text.split("---\n", 2)[2]
    assert [line for line in body.splitlines() if line.startswith("    ")] == lines
    assert "## How to load it\n\nRun the lines in this folder.\n\n### With one file" in text


def test_a_card_on_the_page_tells_how_its_download_is_loaded(workspace, experiment, tmp_path):
    run = run_of(workspace, experiment, "fine_tuned")
    folder = workspace.run_folder(run.run_id).model_dir
    shutil.rmtree(folder)
    make_former(saved_folder(tmp_path, "bert", Pooling.MEAN)).rename(folder)
    text = card_of(workspace, run.run_id)
    assert "from predict import load" in text
    assert 'SentenceTransformer(".")' in text


def test_a_run_whose_weights_were_not_kept_says_so(workspace, experiment):
    run = run_of(workspace, experiment, "fine_tuned")
    shutil.rmtree(workspace.run_folder(run.run_id).model_dir)
    assert "The weights were not kept" in card_of(workspace, run.run_id)
