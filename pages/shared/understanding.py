"""The parts of *Understand*: four answers, what the results say about each, and why it works."""

from collections.abc import Sequence

import plotly.graph_objects as go
import streamlit as st

from pages.shared.base_models import can_be_had
from pages.shared.frame import card, draw_figure, invite, literal, live_part
from pages.shared.intake import stored_intake
from pages.shared.plan_view import estimate_of
from pages.shared.results import States, observed_runs, results_of, states_of
from pages.shared.state import theme, workspace
from pages.shared.surroundings import label_of
from pages.shared.wording import about, plural
from tl_core.catalogue.locating import describe
from tl_core.charts import ArmStyle, arm_styles, arms_overview
from tl_core.charts.data_efficiency import data_efficiency
from tl_core.charts.weights import starting_weights
from tl_core.errors import NotFoundError
from tl_core.jobs.client import ensure_supervisor, observe
from tl_core.planning.completing import plan_missing
from tl_core.planning.launching import launch
from tl_core.planning.plan import num_runs
from tl_core.results.answers_told import Said, conclude, tell
from tl_core.results.answers_tried import (
    Answer,
    Tried,
    answer_numbers,
    coming,
    is_alike,
    keys_of,
    live_cells,
    mean_rows,
    missing,
    put_together,
    seed_rows,
    weight_numbers,
    weight_rows,
)
from tl_core.schema import Arm, ArmKind, ExperimentConfig
from tl_core.store.rows import RunRow

TITLES = {
    Answer.SCRATCH: "Training a network from scratch for every task",
    Answer.ADAPTING: "Adapting a network that has learned from other texts",
    Answer.WIPING: "Wiping what a network knows, then training it",
    Answer.MORE_LABELS: "Just storing more labelled texts",
}
CAPTIONS = {
    Answer.SCRATCH: "the arm From scratch",
    Answer.ADAPTING: "the arm Fine-tuned",
    Answer.WIPING: "From scratch again, and Random frozen + head",
    Answer.MORE_LABELS: "From scratch with more and more train examples",
}
MEANINGS = {
    Answer.SCRATCH: "The network starts from random weights and learns from your labelled texts alone.",
    Answer.ADAPTING: "The network starts from pretrained weights, and all of it learns on from your texts.",
    Answer.WIPING: (
        "Wiping means drawing the weights anew. A wiped network that is then trained **is** the arm From "
        "scratch: same network, same vocabulary, nothing known; no other run is needed for it. What can "
        "be tried besides is a wiped network that stays as it is under a trained head (Random frozen + "
        "head), against the same with its knowledge (Frozen + head)."
    ),
    Answer.MORE_LABELS: (
        "More labels mean training from scratch on more of them. Train sets of growing size, each a part of "
        "the next, show what more labels bring, and whether they make up for starting without knowledge."
    ),
}
SOLUTION = (
    "It is the second: **taking a network that has learned from other texts and training it further on "
    "yours.** The other three go without what it has learned: from scratch never has it, wiping takes it "
    "away, and more labels try to make up for it."
)


def all_styles() -> dict[str, ArmStyle]:
    """Return the style of every kind of arm, in the order in which a figure names them."""
    kinds = [ArmKind.FINE_TUNED, ArmKind.FROZEN, ArmKind.TFIDF, ArmKind.SCRATCH, ArmKind.FROZEN_RANDOM]
    return arm_styles([Arm(kind=kind) for kind in (*kinds, ArmKind.MAJORITY)], {}, theme())


def tried_of(experiment: ExperimentConfig) -> Tried:
    """Put together what this experiment has shown, and those like it that add an arm or a train size."""
    here = workspace()
    runs: dict[str, list[RunRow]] = {}
    for run in here.database.list_runs():
        runs.setdefault(run.config.experiment_id, []).append(observe(here.settings, run))
    others = [one for one in here.database.list_experiments() if one != experiment]
    covered: set[tuple[Arm, int]] = set()
    results = []
    for one in (experiment, *(other for other in others if is_alike(other, experiment))):
        of_one = runs.get(one.experiment_id, [])
        cells = live_cells(of_one)
        if one == experiment or not cells <= covered:  # not all of them: each must be read from its files
            results.append(results_of(one.experiment_id, states_of(of_one)))
            covered |= cells
    return put_together(experiment, results)


def ask() -> Answer | None:
    """Let an answer be chosen; the URL and the session keep it. None before the first choice."""
    stated = st.query_params.get("answer")
    if "answer" not in st.session_state and stated in list(Answer):
        st.session_state["answer"] = Answer(stated)
    chosen = st.radio(
        "Four answers are often heard. Choose one and see what your own results say about it.",
        list(Answer),
        index=None,
        format_func=TITLES.__getitem__,
        captions=[CAPTIONS[answer] for answer in Answer],
        key="answer",  # the arrow keys keep their place: without a key each choice makes another widget
        persist_state="session",
    )
    if chosen is not None and stated != chosen.value:
        st.query_params["answer"] = chosen.value
    return chosen


def draw_tried(answer: Answer, tried: Tried) -> None:
    """Draw what the results say about an answer, and offer the runs that are missing for it."""
    with card("Tried on your texts", TITLES[answer].lower()):
        st.markdown(MEANINGS[answer])
        left, right = st.columns([5, 6], gap="large")
        with left:
            _draw_said(tell(answer, tried))
            _draw_coming(answer, tried)
            _draw_offer(answer, tried)
        with right:
            _draw_evidence(answer, tried)


def _draw_said(said: Sequence[Said]) -> None:
    """Draw claims with their proof, the first one in bold."""
    for position, one in enumerate(said):
        claim = literal(one.claim) if position else f"**{literal(one.claim)}**"
        st.markdown(claim + (f"  \n:small[{literal(one.proof)}]" if one.proof else ""))


def _draw_evidence(answer: Answer, tried: Tried) -> None:
    keys = keys_of(answer, tried)
    means, seeds, styles = mean_rows(tried, keys), seed_rows(tried, keys), all_styles()
    chart = data_efficiency if answer is Answer.MORE_LABELS else arms_overview
    figure: go.Figure = chart(
        seeds, means, styles, metric=tried.experiment.headline_metric, floor=tried.floor, theme=theme()
    )
    labels = {name: style.label for name, style in styles.items()}
    draw_figure(figure, answer_numbers(tried, keys, labels) if keys else None, key="tried")


def _draw_coming(answer: Answer, tried: Tried) -> None:
    runs = coming(answer, tried)
    if runs:
        st.info(
            f"{plural(len(runs), 'run')} on the way; this page fills in by itself.",
            icon=":material/hourglass_top:",
        )
        query = {"experiment": runs[0].config.experiment_id}
        st.page_link("runs.py", label="Watch them", icon=":material/arrow_forward:", query_params=query)


def _draw_offer(answer: Answer, tried: Tried) -> None:
    """Offer exactly the runs that an answer lacks, with what they cost."""
    cells = missing(answer, tried)
    if not cells:
        return
    plans = plan_missing(tried.experiment, cells)
    try:
        intake = stored_intake(tried.experiment.dataset_fingerprint)
    except NotFoundError:
        st.caption("The dataset is not in this workspace, so what is missing here cannot be run.")
        return
    count = plural(sum(num_runs(plan) for plan in plans), "run")
    duration = about(sum(estimate_of(plan, intake).total_s for plan in plans))
    st.markdown(f"**Not tried yet:** {literal('; '.join(map(_plan_words, plans)))}.")
    is_ready = can_be_had([tried.experiment.base_model])
    label = f"Try it: {count}, {duration}"
    if st.button(label, type="primary", icon=":material/play_arrow:", disabled=not is_ready):
        for plan in plans:
            launch(workspace(), plan)
        ensure_supervisor(workspace().settings)
        st.switch_page("runs.py", query_params={"experiment": plans[0].experiment_id})


def _plan_words(plan: ExperimentConfig) -> str:
    arms = " and ".join(label_of(arm) for arm in plan.arms)
    sizes = ", ".join(f"{size:,}" for size in plan.train_sizes)
    return f"{arms} with {sizes} train examples, {plural(plan.num_seeds, 'seed')}"


def draw_solution(tried: Tried) -> None:
    """Tell which answer it is, with what the results say for or against it."""
    with card("So what is it?"):
        st.markdown(SOLUTION)
        said = conclude(tried)
        _draw_said(said)
        if not said:
            st.caption("Fine-tuned and From scratch have not finished with a common seed yet.")


def draw_why(tried: Tried) -> None:
    """Explain why it works, with the weights that each arm starts from."""
    with card("Why it works", "what a network knows before it sees your first label"):
        left, right = st.columns([5, 6], gap="large")
        with left:
            for paragraph in why_words(tried):
                st.markdown(paragraph)
        with right:
            rows, styles = weight_rows(tried), all_styles()
            labels = {name: style.label for name, style in styles.items()}
            table = weight_numbers(rows, labels) if len(rows) else None
            draw_figure(starting_weights(rows, styles, theme=theme()), table, key="weights")


def why_words(tried: Tried) -> list[str]:
    """Explain in markdown what the weights know, what all arms share, and what is not counted."""
    base = describe(tried.experiment.base_model)
    seen = f" {literal(base.title)}: {literal(base.pretraining)}" if base.pretraining else ""
    read = (
        f" One fine-tuning here read {tried.tokens_read:,} tokens of your texts." if tried.tokens_read else ""
    )
    return [
        "**What the weights know.** Reading much text has set them so that texts of like meaning give like "
        f"numbers. Your labels then only have to teach where the classes part.{seen}",
        "**What all arms share.** Architecture, vocabulary, split, batches and budget. From scratch reads "
        "with the pretrained vocabulary too: it lacks the weights and nothing else.",
        f"**What is not counted.** Pretraining was paid for once, by others; no time here holds it.{read}",
    ]


def watch(tried: Tried, poll_s: float) -> None:
    """Ask for the whole page anew whenever a run that it speaks of changes its state."""
    pending = {run.config.experiment_id for run in tried.runs if not run.state.is_final}
    states = {one: states_of(observed_runs(one)) for one in pending}
    if pending:
        live_part(_watch, poll_s)(states)


def _watch(states: dict[str, States]) -> None:
    if any(states_of(observed_runs(one)) != known for one, known in states.items()):
        st.rerun()


def invite_to_try() -> None:
    """Lead to a first comparison where there is none."""
    invite(
        "This page tells it with your own results, and there are none yet. A sample is done in minutes.",
        "Try a sample",
        "home",
    )
