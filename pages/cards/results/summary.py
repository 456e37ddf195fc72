"""*Summary*: what is missing, the claim with its picture and numbers, and every other pair."""

from collections.abc import Sequence

import streamlit as st

from pages.cards.results.remedies import PLANS, offer_remedy
from pages.ui.displays import draw_display, made
from pages.ui.formatting import literal, plural
from pages.ui.frame import draw_damage_of
from pages.ui.missing_runs import draw_cancelled
from pages.ui.readers import arm_names_of
from pages.ui.verdict_card import (
    draw_claim,
    draw_detection,
    draw_others,
    draw_short_claim,
    sentences,
)
from tl_core.displays import overview, pairs, repeated_splits
from tl_core.displays.display import Subject
from tl_core.evaluation.wording import amounts
from tl_core.results.comparison import ExperimentResults
from tl_core.results.curves import learning_curve_points
from tl_core.results.highlights import Highlight, find_highlights
from tl_core.results.repeated_splits import SeriesResults
from tl_core.results.runs import name_runs
from tl_core.schema import State, Verdict


def draw_missing(results: ExperimentResults) -> None:
    """Say which runs are still to come, and which have failed, were cancelled or are damaged.

    Cancelled ones can be run again here.
    """
    arm_names = arm_names_of(results.experiment)
    coming = [run for run in results.runs if not run.state.is_final]
    if coming:
        which = name_runs(coming, arm_names)
        words = f"{plural(len(coming), 'run')} of {len(results.runs)} still to come: {which}."
        st.info(literal(words), icon=":material/hourglass_top:")
    failed = [run for run in results.runs if run.state is State.FAILED]
    if failed:
        which = name_runs(failed, arm_names)
        words = f"{plural(len(failed), 'run failed and is', 'runs failed and are')} missing: {which}."
        st.warning(literal(words), icon=":material/warning:")
    draw_cancelled(results.runs, arm_names)
    for refusal in results.refusals:
        st.warning(literal(f"Two models may not be compared. {refusal}"), icon=":material/block:")
    draw_damage_of([results])


def draw_nothing_yet(results: ExperimentResults) -> None:
    """Say why there is no verdict, and lead to the runs."""
    with st.container(border=True):
        wait = "No two models have finished with the same seed, so there is nothing to compare"
        st.markdown(f"{wait}." if results.is_done else f"{wait} yet. The first result appears by itself.")
        query = {"experiment": results.experiment.experiment_id}
        st.page_link("runs.py", label="Runs", icon=":material/arrow_forward:", query_params=query)


def draw_hero(subject: Subject) -> None:
    """Draw the difference with its claim and all that weakens it, all models, and what to do next."""
    verdict, names = subject.verdict, subject.names
    is_long = bool(verdict.reservations)  # the figure beside it leaves room below
    with st.container(border=True):
        left, right = st.columns(2, gap="large")
        with left:
            size, *_ = amounts(verdict.metric, verdict.difference, *verdict.ci95)  # as the claim writes it
            sign = "+" if verdict.difference > 0 else ""
            name = literal(f"{names[verdict.a]} − {names[verdict.b]}")  # the head and the claim say it
            st.metric(name, f"{sign}{size} points", label_visibility="collapsed")
            draw_claim(
                verdict,
                level=2,
                has_status=False,  # the head has it
                has_detection=not is_long,
                has_remedy=verdict.status.action in PLANS,
                has_others=not is_long,
            )
            if subject.series is not None and verdict == subject.results.headline:
                st.markdown(literal(_over_splits(subject.series, verdict)))
            offer_remedy(subject.results, verdict)
        with right:
            draw_display(made(overview.display, subject), shows_words=False)
            if is_long:
                draw_others(verdict)
                if verdict.status.code != "baseline_failed":  # of what is not fair yet nobody asks it
                    draw_detection(verdict)
    found = made(_highlights, subject)
    for column, one in zip(st.columns(len(found)), found, strict=True):
        with column, st.container(border=True, height="stretch"):
            st.metric(literal(one.name), one.value)
            st.markdown(f":small[{literal(one.note)}]")
    query = {"experiment": subject.results.experiment.experiment_id}
    with st.container(horizontal=True):
        st.page_link("try_it.py", label="Try the models", icon=":material/keyboard:", query_params=query)
        st.page_link("models.py", label="Download a model", icon=":material/download:", query_params=query)


def _highlights(subject: Subject) -> Sequence[Highlight]:
    return find_highlights(subject.results, subject.verdict, learning_curve_points(subject.runs))


def _over_splits(series: SeriesResults, own: Verdict) -> str:
    """Say what all splits have shown, and what weakens that most where it is not that of the own split."""
    verdict = series.verdict
    if verdict is None:
        return series.sentence
    sign = -1 if verdict.is_difference and verdict.difference < 0 else 1  # as the claim has it
    low, high = amounts(verdict.metric, *sorted(sign * end for end in verdict.ci95))
    told = {one.code for one in own.reservations} | {"interim"}  # which the claim says
    return sentences(
        f"{verdict.claim.removesuffix('.')} (95% interval {low} to {high} points)",
        *(one.words for one in verdict.reservations if one.code not in told),
    )


def draw_splits(subject: Subject) -> None:
    """Draw the main pair on every split of a series; nothing where the split is not repeated."""
    series, own = subject.series, subject.results.experiment
    if series is None:
        return
    drawer = st.expander(f"All {series.counts.num_planned} splits", key="all_splits", on_change="rerun")
    if not drawer.open:
        return
    with drawer:
        display = made(repeated_splits.display, subject)
        if display is None or series.verdict is None:
            st.markdown(literal(series.sentence))
        else:
            draw_short_claim(series.verdict)
            draw_others(series.verdict)
            draw_display(display, shows_words=False)
            st.markdown(f":small[{literal(display.limits)}]")
        with st.container(horizontal=True):
            for place, one in series.experiments.items():
                if one.experiment_id != own.experiment_id:
                    query = {"experiment": one.experiment_id}
                    st.page_link("results.py", label=f"Split {place}", query_params=query)


def draw_all_pairs(subject: Subject) -> None:
    """Draw the difference of every pair with its proof."""
    num_pairs = sum(one.train_size == subject.train_size for one in subject.results.verdicts)
    drawer = st.expander(f"All {plural(num_pairs, 'pair')}", key="all_pairs", on_change="rerun")
    if drawer.open:
        with drawer:
            draw_display(made(pairs.display, subject))
