"""How far the confidence of two arms can be trusted, and how right they are when they may abstain."""

import streamlit as st

from pages.ui.downloads import offer_table
from pages.ui.figures import Display, budget_of, draw_display, made_once
from pages.ui.formatting import literal
from pages.ui.frame import card, draw_figure
from pages.ui.readers import arm_names_of, styles_of
from pages.ui.session import theme
from pages.ui.verdict_card import capitalised
from tl_core.charts.calibration import reliability_diagram
from tl_core.charts.selective_prediction import coverage_curves
from tl_core.evaluation.wording import counts
from tl_core.results import calibration, selective_prediction
from tl_core.results.calibration import ArmCalibration
from tl_core.results.comparison import ExperimentResults
from tl_core.results.secondary import scoring_verdicts
from tl_core.schema import Verdict

SCORES_LIMITS = (
    "Log loss and Brier score judge the probabilities and not only the answers: lower is better. Both are "
    "secondary: no headline rests on them, and they are not corrected for the number of pairs."
)


def draw_calibration(results: ExperimentResults, verdict: Verdict) -> None:
    """Draw what each arm of a pair says of its own answers against how often they are right."""
    arm_names = arm_names_of(results.experiment)
    pair = [_calibration_of(results, arm, verdict.train_size) for arm in (verdict.a, verdict.b)]
    with card("How far can its confidence be trusted?", "confidence against right answers on test"):
        st.markdown(literal(calibration.calibration_caption(pair, arm_names)))
        for one in _scoring_verdicts_of(results, verdict):
            st.markdown(f"- {literal(one.claim)} {literal(capitalised(one.interval))}.")
        st.caption(SCORES_LIMITS)
        if st.toggle("Show the reliability diagrams", key="shows_reliability", persist_state="session"):
            for column, one in zip(st.columns(2, gap="large"), pair, strict=True):
                with column:
                    draw_display(_diagram_of(results, one.arm, verdict.train_size))
        words = "Calibration error, Brier score and log loss by seed"
        drawer = st.expander(words, icon=":material/table_rows:", key="calibration_drawer", on_change="rerun")
        if drawer.open:
            with drawer:
                offer_table(calibration.calibration_numbers(pair, arm_names), key="calibration")
        st.caption(literal(calibration.calibration_limits(pair, arm_names)))


def draw_selective_prediction(results: ExperimentResults, verdict: Verdict) -> None:
    """Draw the accuracy of all arms over the share of texts that they answer."""
    with card("When it may abstain", f"accuracy on the texts it is surest of; {counts(verdict)}"):
        display = _coverage_of(results, verdict)
        st.markdown(literal(display.caption))
        if st.toggle("Show the curves", key="shows_coverage", persist_state="session"):
            draw_figure(display.figure, display.table, key=display.key)
        st.caption(
            "Probabilities are as trained. The surest texts are picked on test itself, so this shows the "
            "order of confidence and no threshold to use: choose one on texts that are not part of the test. "
            "The left end rests on few answers."
        )


@made_once
def _scoring_verdicts_of(results: ExperimentResults, verdict: Verdict) -> tuple[Verdict, ...]:
    return scoring_verdicts(results, verdict)


@made_once
def _calibration_of(results: ExperimentResults, arm: str, train_size: int) -> ArmCalibration:
    return calibration.calibrate_arm(results, arm, train_size)


@made_once
def _diagram_of(results: ExperimentResults, arm: str, train_size: int) -> Display:
    found = _calibration_of(results, arm, train_size)
    rows = calibration.bin_rows(found)
    return Display(
        key=f"reliability_{arm}",
        budget=budget_of(results),
        figure=reliability_diagram(
            rows,
            styles_of(results.experiment)[arm],
            temperature=found.temperature,
            errors=(found.mean("error"), found.mean("error", is_after=True)),
            theme=theme(),
        ),
        table=calibration.bin_numbers(rows, len(found.runs)),
    )


@made_once
def _coverage_of(results: ExperimentResults, verdict: Verdict) -> Display:
    rows, arm_names = (
        selective_prediction.coverage_rows(results, verdict.train_size),
        arm_names_of(results.experiment),
    )
    return Display(
        key="coverage",
        budget=budget_of(results),
        figure=coverage_curves(rows, styles_of(results.experiment), theme=theme()),
        table=selective_prediction.coverage_numbers(rows, arm_names),
        caption=selective_prediction.coverage_caption(rows, (verdict.a, verdict.b), arm_names),
    )
