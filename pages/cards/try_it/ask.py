"""The card of *Try it* in which a typed text is answered by every arm."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from pages.cards.try_it.answering_runs import answerers_table, why_they_answer
from pages.ui.formatting import METRIC_WORDS, literal
from pages.ui.frame import card, draw_figure
from pages.ui.readers import arm_names_of, stored_intake, styles_of
from pages.ui.session import theme, workspace
from tl_core.charts import probabilities
from tl_core.displays.answers import answer_numbers
from tl_core.errors import NotFoundError, TlError
from tl_core.jobs import predictions
from tl_core.results.answering import Answerer
from tl_core.schema import ExperimentConfig, Task, TextSource

MAX_CHARACTERS = 20_000
EXAMPLE = "example"
"""Parameter of the URL that names the example whose text is asked first, as links from *Results* do."""
EXAMPLES = {
    Task.SENTIMENT: "I did not expect much, but it has worked every day since.",
    Task.TOPIC: "The match was decided by a goal in the last minute.",
    Task.INTENT: "I was charged twice this month, can you check that?",
}


@dataclass(frozen=True, kw_only=True)
class Example:
    """A text, or the two of a pair, to start from; ``label`` is None if nobody has labelled it."""

    texts: tuple[str, ...]
    label: str | None


@dataclass(frozen=True, kw_only=True)
class Answered:
    """A text, or a pair, with what each run said, or why it said nothing; both by arm name."""

    question: tuple[str, ...]
    run_ids: tuple[str, ...]
    answers: dict[str, predictions.Answer]
    errors: dict[str, TlError]


@dataclass(kw_only=True)
class _Kept:
    """What the session keeps of a question.

    Attributes
    ----------
    turn
        How many examples were asked for after the first.
    typed
        What stands in the form; None before it was drawn.
    answered
        What was asked last; None before anything was.
    linked
        Id of the example that a link has led to last; empty before one has.
    """

    turn: int = 0
    typed: tuple[str, ...] | None = None
    answered: Answered | None = None
    linked: str = ""


def _kept(key: str) -> _Kept:
    kept: _Kept = st.session_state.setdefault(f"{key}_kept", _Kept())
    return kept


def _places(key: str) -> tuple[str, str]:
    """Name the places of the first and the second text."""
    return key, f"{key}_second"


def draw_question(experiment: ExperimentConfig, answerers: Sequence[Answerer]) -> None:
    """Take a text and draw what every arm makes of it."""
    key, source = f"question_{experiment.experiment_id}", answerers[0].texts
    kept, places = _kept(key), _places(key)
    kind, titles = ("pair", source.columns) if source.is_pair else ("text", ("Text",))
    example = _example(experiment, source, kept.turn)
    if (wanted := st.query_params.get(EXAMPLE)) and wanted != kept.linked:
        kept.linked, kept.typed, kept.answered = wanted, None, None
        st.session_state.update(zip(places, example.texts, strict=False))
    for place, text in zip(places, kept.typed or example.texts, strict=False):
        st.session_state.setdefault(place, text)  # a widget's value does not outlive a visit elsewhere
    with card(f"One {kind}", "every arm's probabilities side by side"):
        with st.form(f"{key}_form", border=False):
            typed = kept.typed = tuple(
                st.text_area(literal(title), key=place, max_chars=MAX_CHARACTERS, height=100)
                for title, place in zip(titles, places, strict=False)
            )
            with st.container(horizontal=True, vertical_alignment="center"):
                is_asked = st.form_submit_button("Predict", type="primary", icon=":material/forum:")
                if example.label is not None:
                    st.form_submit_button(
                        f"Another test {kind}",
                        icon=":material/shuffle:",
                        on_click=_next,
                        args=[experiment, source, key],
                    )
        if example.label is not None and typed == example.texts:
            st.caption(
                f"A {kind} of the test split, never trained on. Its label: **{literal(example.label)}**. "
                "Change it or type your own."
            )
        if is_asked and all(text.strip() for text in typed):
            kept.answered = _ask_all(typed, answerers)
        elif is_asked:
            words = "Type both texts first." if source.is_pair else "Type a text first."
            st.warning(words, icon=":material/edit:")
        _draw_answered(experiment, answerers, kept)


def _example(experiment: ExperimentConfig, source: TextSource, turn: int) -> Example:
    """Take a text from the test split, which no model was trained on; a made-up one if there is none."""
    made_up = Example(texts=(EXAMPLES[experiment.task],) * (1 + source.is_pair), label=None)
    try:
        intake = stored_intake(experiment.dataset_fingerprint)
    except NotFoundError:
        return made_up
    row = int(intake.split.test[turn % len(intake.split.test)])
    wanted = st.query_params.get(EXAMPLE)
    if wanted and wanted in (ids := intake.dataset.example_ids()):
        row = ids.index(wanted)
    (text,) = intake.dataset.take(np.array([row])).texts()
    texts = (text,) if isinstance(text, str) else text
    if len(texts) != len(made_up.texts):
        return made_up
    return Example(texts=texts, label=experiment.labels[intake.dataset.targets()[row]])


def _next(experiment: ExperimentConfig, source: TextSource, key: str) -> None:
    kept = _kept(key)
    st.query_params.pop(EXAMPLE, None)
    kept.turn += 1
    kept.answered = None
    example = _example(experiment, source, kept.turn)
    for place, text in zip(_places(key), example.texts, strict=False):
        st.session_state[place] = text


def _ask_all(question: tuple[str, ...], answerers: Sequence[Answerer]) -> Answered:
    """Ask run after run; one that fails keeps no other from answering."""
    answers, errors = {}, {}
    asked = question[0] if len(question) == 1 else (question[0], question[1])
    with st.spinner("Asking the models; the first answer takes some seconds more …", show_time=True):
        for one in answerers:
            try:
                answers[one.arm.name] = predictions.ask(workspace().settings, one.run.run_id, [asked])
            except TlError as error:
                errors[one.arm.name] = error
    run_ids = tuple(one.run.run_id for one in answerers)
    return Answered(question=question, run_ids=run_ids, answers=answers, errors=errors)


def _draw_answered(experiment: ExperimentConfig, answerers: Sequence[Answerer], kept: _Kept) -> None:
    """Draw what was answered last, unless other runs would answer now, and name the text if it is another."""
    answered = kept.answered
    if answered is None or answered.run_ids != tuple(one.run.run_id for one in answerers):
        return
    if answered.question != kept.typed:
        st.text(f"These are the answers to “{' ⏐ '.join(answered.question)}”")
    arm_names = arm_names_of(experiment)
    for arm, error in answered.errors.items():
        st.error(
            f"**{literal(arm_names[arm])} did not answer.** {literal(error.message)} {literal(error.remedy)}",
            icon=":material/error:",
        )
    if answered.answers:
        rows = [
            (arm, label, share)
            for arm, answer in answered.answers.items()
            for label, share in zip(answer.labels, answer.probabilities[0], strict=True)
        ]
        table = pd.DataFrame(rows, columns=["arm", "label", "probability"])
        figure = probabilities(table, styles_of(experiment), theme=theme())
        draw_figure(figure, answer_numbers(table, arm_names), key="answers")
    st.caption(literal(why_they_answer(experiment, answerers)))
    with st.expander("Which run answers for each arm", icon=":material/badge:"):
        metric = f"Validation {METRIC_WORDS[experiment.headline_metric]}"
        st.dataframe(
            answerers_table(experiment, answerers),
            hide_index=True,
            column_config={metric: st.column_config.NumberColumn(format="percent")},
            alt="The run that answers for each arm, with its seed and its value on validation.",
        )
