"""*Why it works*: empty, untried, on the way, finished, failed; the ladder and what training changed."""

import re

import pytest

from pages.ui.missing_runs import NOT_TRIED
from tests.pages.fixtures import (
    add_experiment,
    fail_run,
    finish_all,
    finish_run,
    runs_of,
    store_sample_dataset,
)
from tests.pages.reading import (
    figures_of,
    headline_of,
    open_drawers,
    open_page,
    page_of,
    query_of,
    says,
    targets_of,
    text_of,
)
from tl_core.displays.layers import MOVEMENT_LIMITS, SIMILARITY_LIMITS

LADDER = ["shuffled", "encoder_only", "embeddings_only", *(f"reinit_top_{count}" for count in range(1, 6))]
REACHED = {"fine_tuned": 0.95, "scratch": 0.4, "embeddings_only": 0.62, "reinit_top": 0.8, "shuffled": 0.4}


@pytest.fixture
def experiment(workspace):
    made = add_experiment(workspace, store_sample_dataset(workspace), num_seeds=2)
    finish_all(workspace, made, **REACHED)
    return made


def offer(app):
    return next((one for one in app.button if one.key == "offer_ladder"), None)


def queue_ablation(app, workspace):
    """Click the offer and return the experiment that it queued."""
    open_page(app, "why_it_works")
    offer(app).click().run()
    return workspace.database.list_experiments()[0]


def test_without_results_it_leads_to_the_samples(app):
    open_page(app, "why_it_works")
    assert page_of(app) == "why_it_works"
    assert targets_of(app) == [("learn", ""), ("", "")]
    assert not figures_of(app)


def test_a_plain_comparison_shows_its_ends_and_offers_the_steps_between(app, workspace, experiment):
    open_page(app, "why_it_works")
    shown = text_of(app)
    assert f"{NOT_TRIED} Shuffled, Layers only, Embeddings only, Top 5 layers redrawn" in shown
    assert ": 16 runs, " in offer(app).label
    assert says(app, headline_of(workspace, experiment).status.words)
    assert re.search(r"layer 6 .*\b7\.1%", shown)
    assert re.search(r"1\.00 in the embeddings, .*0\.94 in layer 6", shown)
    assert len(figures_of(app)) == 3


def test_one_click_queues_exactly_the_missing_arms(app, workspace, experiment):
    queued = queue_ablation(app, workspace)
    assert page_of(app) == "runs"
    assert query_of(app, "experiment") == queued.experiment_id
    cells = {(run.arm.name, run.train_size, run.seed) for run in runs_of(workspace, queued)}
    assert cells == {(arm, 33, seed) for arm in LADDER for seed in (0, 1)}
    assert (queued.split, queued.training) == (experiment.split, experiment.training)


def test_what_is_on_the_way_is_told(app, workspace, experiment):
    queue_ablation(app, workspace)
    open_page(app, "why_it_works", experiment=experiment.experiment_id)
    assert "16 runs on the way" in text_of(app)
    assert offer(app) is None


def test_the_whole_ladder_says_what_the_embeddings_bring(app, workspace, experiment):
    finish_all(workspace, queue_ablation(app, workspace), **REACHED)
    open_page(app, "why_it_works", experiment=experiment.experiment_id)
    shown = text_of(app)
    (share,) = [line for line in shown.splitlines() if "40% of the way" in line]
    assert "52%" in share
    badge = shown.split("40% of the way", 1)[1].split("\n")[2]
    assert "From scratch, Embeddings only and Fine-tuned were still improving" in badge, "flagged"
    assert SIMILARITY_LIMITS in shown
    assert MOVEMENT_LIMITS in shown
    assert "Shuffled" in shown
    assert "Top layers redrawn" in figures_of(app)[0]
    assert offer(app) is None


def test_where_no_difference_is_shown_no_share_of_it_is_said(app, workspace, experiment):
    made = add_experiment(
        workspace, store_sample_dataset(workspace), ("scratch", "embeddings_only", "fine_tuned"), 2
    )
    finish_all(workspace, made, fine_tuned=0.53, scratch=0.5, embeddings_only=0.8)
    open_page(app, "why_it_works", experiment=made.experiment_id)
    shown = text_of(app)
    assert "% of the way" not in shown
    assert "as a share" in shown
    assert headline_of(workspace, made).status.severity != "success"


def test_runs_that_failed_are_told_and_offered_again(app, workspace, experiment):
    queued = queue_ablation(app, workspace)
    for run in runs_of(workspace, queued):
        if run.arm.name == "shuffled":
            fail_run(workspace, run)
        else:
            finish_run(workspace, run)
    open_page(app, "why_it_works", experiment=experiment.experiment_id)
    (lost,) = app.warning
    assert lost.value.startswith("2 runs ")
    assert f"{NOT_TRIED} Shuffled with 33 training examples" in text_of(app)


def test_runs_of_an_earlier_version_have_no_layers(app, workspace, experiment):
    for run in runs_of(workspace, experiment):
        (workspace.run_folder(run.run_id).path / "layers.json").unlink(missing_ok=True)
    open_page(app, "why_it_works")
    assert MOVEMENT_LIMITS not in text_of(app), "nothing was measured"
    assert says(app, headline_of(workspace, experiment).status.words)


def test_every_figure_has_its_numbers(app, experiment):
    open_drawers(open_page(app, "why_it_works"))
    columns = [set(one.value.columns) for one in app.dataframe]
    assert len(columns) == len(figures_of(app)) == 3
    assert {"Weights kept, %", "Seeds", "Test examples"} <= columns[0]
    assert {"Part", "Moved, % of the size", "Similarity (CKA)"} <= columns[1]


def test_a_hostile_name_is_shown_literally(app, workspace):
    name = "![x](https://example.org/x.png) **bold**"
    finish_all(workspace, add_experiment(workspace, store_sample_dataset(workspace, name=name)))
    open_page(app, "why_it_works")
    assert not [one.value for one in (*app.markdown, *app.caption) if "![x](https" in one.value]
