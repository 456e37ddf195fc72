"""The ways into the product: a finished comparison to see, a sample to try, texts to bring."""

import contextlib
import logging
from collections.abc import Mapping, Sequence

import streamlit as st

from pages.ui.displays import draw_display, made, subject_of
from pages.ui.formatting import after_queue, done_words, literal, plural, started_at
from pages.ui.frame import card, draw_damage_of
from pages.ui.plan import ahead_of, begin_check, draw_check, estimate_of, until
from pages.ui.readers import results_of, states_of
from pages.ui.session import forget, workspace
from pages.ui.verdict_card import draw_claim
from tl_core.displays import overview
from tl_core.errors import TlError
from tl_core.intake.bundled import (
    NOT_EVIDENCE,
    SAMPLES,
    Sample,
    bring_in_examples,
    find_example,
    read_sample,
    remove_examples,
)
from tl_core.intake.intake import store_intake
from tl_core.jobs import client
from tl_core.planning.plan import num_runs, plan_sample
from tl_core.schema import BudgetRule, ExperimentConfig
from tl_core.store.rows import RunRow

NUM_LISTED = 4
Comparisons = Mapping[str, tuple[ExperimentConfig, tuple[RunRow, ...]]]
"""Experiments with their runs by id, a person's own before the bundled ones, each the newest first."""


@st.cache_resource(show_spinner="Bringing in the finished examples …")
def _bring_in_once() -> None:
    bring_in_examples(workspace())


def find_comparisons() -> Comparisons:
    """List what there is; a fresh workspace is given the bundled comparisons first."""
    try:
        _bring_in_once()
    except (TlError, OSError):  # a page without examples is better than no page
        logging.getLogger(__name__).exception("The bundled comparisons could not be brought in")
    runs: dict[str, list[RunRow]] = {}
    for run in workspace().database.list_runs():
        runs.setdefault(run.config.experiment_id, []).append(client.observe(workspace().settings, run))
    experiments = workspace().database.list_experiments(with_archived=False)
    experiments.sort(key=lambda one: find_example(one.experiment_id) is not None)
    return {one.experiment_id: (one, tuple(runs.get(one.experiment_id, ()))) for one in experiments}


def _is_over(runs: Sequence[RunRow]) -> bool:
    return bool(runs) and all(run.state.is_final for run in runs)


_LENGTHS = {
    BudgetRule.PLATEAU: "until it stops improving",
    BudgetRule.EQUAL_STEPS: "for the same number of steps",
}


def draw_featured(comparisons: Comparisons) -> None:
    """Show the verdict and the picture of the first finished comparison that has one."""
    over = [pair for pair in comparisons.values() if _is_over(pair[1])]
    bundled = [pair for pair in over if find_example(pair[0].experiment_id)]
    own = [pair for pair in over if pair not in bundled]
    for experiment, runs in (*own[:NUM_LISTED], *bundled):
        results = None
        with contextlib.suppress(TlError):  # files of its runs are missing, which Compare tells
            results = results_of(experiment.experiment_id, states_of(runs))
        draw_damage_of([results] if results is not None else [])
        if results is None or results.headline is None:
            continue
        example = find_example(experiment.experiment_id)
        origin = example.sentence if example else f"your experiment, started {started_at(experiment)}"
        with st.container(border=True):
            left, right = st.columns([5, 6], gap="large")
            with left:
                draw_claim(results.headline)
                st.caption(literal(f"{experiment.dataset_name}, {origin}"))
                _link("See all results", "results", experiment)
            with right:
                display = made(overview.display, subject_of(results, results.headline))
                draw_display(display, key="featured", shows_words=False)
        return
    with st.container(border=True):
        st.markdown("No experiment is done yet. A sample takes minutes, even without a GPU.")


def draw_ways(comparisons: Comparisons) -> None:
    """Draw the three ways side by side, the main one first."""
    own, sample, see = st.columns(3)
    with own, card("Use your own data", height="stretch"):
        st.markdown(
            "Bring a CSV of texts and labels, or a zip with a folder of pictures for each class. You check "
            "what was detected. The file stays on this server."
        )
        if st.button("Upload CSV", type="primary", icon=":material/upload_file:", width="stretch"):
            for subject in ("upload", "dataset", "experiment"):
                forget(subject)
            st.switch_page("data.py")
        st.markdown("Works from 4 examples per label. For a clear result, bring a few dozen.")
    with sample, card("Try a sample", height="stretch"):
        for one in SAMPLES.values():
            _offer_sample(one, comparisons)
        st.caption(NOT_EVIDENCE)
    with see, card("See a finished example", height="stretch"):
        _draw_finished(comparisons)


def _draw_finished(comparisons: Comparisons) -> None:
    bundled = [one for one, _ in comparisons.values() if find_example(one.experiment_id)]
    for experiment in bundled:
        _link(experiment.name, "results", experiment)
        st.markdown(literal(f"{_contents(experiment)}."))
    if not bundled:
        st.markdown("This workspace has no examples. Your experiments are all in one list.")
        st.page_link("experiments.py", label="Experiments", icon=":material/arrow_forward:")
    else:
        with st.popover("Remove examples", type="tertiary", icon=":material/delete:"):
            st.markdown("This deletes the bundled examples from this workspace. Your own experiments stay.")
            if st.button("Remove them", type="primary", icon=":material/delete_forever:"):
                remove_examples(workspace())
                forget("experiment")
                st.rerun()


def _contents(experiment: ExperimentConfig) -> str:
    return f"{plural(len(experiment.arms), 'model')}, {plural(experiment.num_seeds, 'seed')}"


def _offer_sample(sample: Sample, comparisons: Comparisons) -> None:
    """Offer to start a sample's quick comparison by one click, its time told before."""
    intake = read_sample(sample)
    for experiment, runs in comparisons.values():
        is_of_sample = experiment.dataset_fingerprint == intake.dataset.info.fingerprint
        if is_of_sample and runs and not _is_over(runs):
            _link(f"Watch {sample.title.lower()}", "runs", experiment)
            st.markdown(f"{done_words([run.state for run in runs])}.")
            return
    plan = plan_sample(sample, intake)
    if draw_check(plan):
        return
    cost, ahead = estimate_of(plan, intake), ahead_of()
    st.markdown(
        f"{sample.description} {after_queue(ahead)} {plural(num_runs(plan), 'run')}, every network "
        f"{_LENGTHS[plan.training.budget]}. First result in {until(cost.first_verdict, ahead)}, done in "
        f"{until(cost.total, ahead)}."
    )
    if st.button(
        f"Start {sample.title.lower()}",
        key=f"start_{sample.name}",
        icon=":material/play_arrow:",
        width="stretch",
    ):
        experiment = plan_sample(sample, store_intake(workspace(), read_sample(sample)))
        forget("upload")
        begin_check(experiment, should_start=True)
        st.rerun()


def draw_latest(comparisons: Comparisons) -> None:
    """List a person's newest comparisons with their states."""
    own = [pair for pair in comparisons.values() if not find_example(pair[0].experiment_id)]
    if not own:
        return
    with card("Recent experiments"):
        for experiment, runs in own[:NUM_LISTED]:
            name, state = st.columns([3, 2], vertical_alignment="center")
            with name:
                title = f"{experiment.name} · {_contents(experiment)} · {started_at(experiment)}"
                _link(title, "results" if _is_over(runs) else "runs", experiment)
            state.markdown(done_words([run.state for run in runs]))


def _link(label: str, page: str, experiment: ExperimentConfig) -> None:
    st.page_link(
        f"{page}.py",
        label=literal(label),
        icon=":material/arrow_forward:",
        query_params={"experiment": experiment.experiment_id},
    )
