"""The card of *Try it* in which a typed text is answered by every arm."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from pages.shared.frame import card, draw_figure, literal
from pages.shared.intake import stored_intake
from pages.shared.results import labels_of, styles_of
from pages.shared.state import theme, workspace
from pages.shared.trying import answerers_table, why_they_answer
from pages.shared.wording import METRIC_WORDS
from tl_core.charts import probabilities
from tl_core.errors import NotFoundError, TlError
from tl_core.jobs import predictions
from tl_core.results.answering import Answerer
from tl_core.results.numbers import answer_numbers
from tl_core.schema import ExperimentConfig, Task

MAX_CHARACTERS = 20_000
EXAMPLES = {
    Task.SENTIMENT: "I did not expect much, but it has worked every day since.",
    Task.TOPIC: "The match was decided by a goal in the last minute.",
    Task.INTENT: "I was charged twice this month, can you check that?",
}


@dataclass(frozen=True, kw_only=True)
class Example:
    """A text to start from; ``label`` is None if nobody has labelled it."""

    text: str
    label: str | None


@dataclass(frozen=True, kw_only=True)
class Answered:
    """A text with what each run said, or why it said nothing; both by arm name."""

    question: str
    run_ids: tuple[str, ...]
    answers: dict[str, predictions.Answer]
    errors: dict[str, TlError]


def draw_question(experiment: ExperimentConfig, answerers: Sequence[Answerer]) -> None:
    """Take a text and draw what every arm makes of it."""
    key = f"question_{experiment.experiment_id}"
    example = _example(experiment, st.session_state.setdefault(f"{key}_turn", 0))
    # A widget's own value does not outlive a visit to another page.
    st.session_state.setdefault(key, st.session_state.get(f"{key}_typed", example.text))
    with card("One text", "every arm's probabilities side by side"):
        with st.form(f"{key}_form", border=False):
            typed = st.text_area("Text", key=key, max_chars=MAX_CHARACTERS, height=100)
            with st.container(horizontal=True, vertical_alignment="center"):
                is_asked = st.form_submit_button("Ask the models", type="primary", icon=":material/forum:")
                if example.label is not None:
                    st.form_submit_button(
                        "Another test text", icon=":material/shuffle:", on_click=_next, args=[experiment, key]
                    )
        st.session_state[f"{key}_typed"] = typed
        _draw_origin(example, typed)
        if is_asked and not typed.strip():
            st.warning("Type a text first.", icon=":material/edit:")
        elif is_asked:
            st.session_state[f"{key}_answered"] = _ask_all(typed, answerers)
        answered = st.session_state.get(f"{key}_answered")
        if answered is not None and answered.run_ids == tuple(one.run.run_id for one in answerers):
            if answered.question != typed:
                st.text(f"These are the answers to “{answered.question}”")
            _draw_answered(experiment, answered)
            st.caption(literal(why_they_answer(experiment, answerers)))
            with st.expander("Which run answers for each arm", icon=":material/badge:"):
                _draw_answerers(experiment, answerers)


def _example(experiment: ExperimentConfig, turn: int) -> Example:
    """Take a text from the test split, which no model was trained on; a made-up one if there is none."""
    try:
        intake = stored_intake(experiment.dataset_fingerprint)
    except NotFoundError:
        return Example(text=EXAMPLES[experiment.task], label=None)
    row = int(intake.split.test[turn % len(intake.split.test)])
    (text,) = intake.dataset.take(np.array([row])).texts()
    if not isinstance(text, str):
        return Example(text=EXAMPLES[experiment.task], label=None)
    return Example(text=text, label=experiment.labels[intake.dataset.targets()[row]])


def _next(experiment: ExperimentConfig, key: str) -> None:
    st.session_state[f"{key}_turn"] += 1
    st.session_state[key] = _example(experiment, st.session_state[f"{key}_turn"]).text
    st.session_state.pop(f"{key}_answered", None)


def _draw_origin(example: Example, typed: str) -> None:
    if example.label is not None and typed == example.text:
        st.caption(
            f"A text of the test split, never trained on. Its label: **{literal(example.label)}**. "
            "Change it or type your own."
        )


def _ask_all(question: str, answerers: Sequence[Answerer]) -> Answered:
    """Ask run after run; one that fails keeps no other from answering."""
    answers, errors = {}, {}
    with st.spinner("Asking the models; the first answer takes some seconds more …", show_time=True):
        for one in answerers:
            try:
                answers[one.arm.name] = predictions.ask(workspace().settings, one.run.run_id, [question])
            except TlError as error:
                errors[one.arm.name] = error
    run_ids = tuple(one.run.run_id for one in answerers)
    return Answered(question=question, run_ids=run_ids, answers=answers, errors=errors)


def _draw_answered(experiment: ExperimentConfig, answered: Answered) -> None:
    labels = labels_of(experiment)
    for arm, error in answered.errors.items():
        st.error(
            f"**{literal(labels[arm])} did not answer.** {literal(error.message)} {literal(error.remedy)}",
            icon=":material/error:",
        )
    if answered.answers:
        rows = _rows(answered.answers)
        figure = probabilities(rows, styles_of(experiment), theme=theme())
        draw_figure(figure, answer_numbers(rows, labels), key="answers")


def _rows(answers: Mapping[str, predictions.Answer]) -> pd.DataFrame:
    rows = [
        (arm, label, share)
        for arm, answer in answers.items()
        for label, share in zip(answer.labels, answer.probabilities[0], strict=True)
    ]
    return pd.DataFrame(rows, columns=["arm", "label", "probability"])


def _draw_answerers(experiment: ExperimentConfig, answerers: Sequence[Answerer]) -> None:
    metric = f"Validation {METRIC_WORDS[experiment.headline_metric]}"
    st.dataframe(
        answerers_table(experiment, answerers),
        hide_index=True,
        column_config={metric: st.column_config.NumberColumn(format="percent")},
        alt="The run that answers for each arm, with its seed and its value on validation.",
    )
