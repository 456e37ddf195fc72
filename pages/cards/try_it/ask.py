"""The card of *Try it* in which a typed text, or some test examples, are answered by every model."""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pandas as pd
import streamlit as st

from pages.cards.try_it.answering_runs import answerers_table, say_who_left_no_weights, why_they_answer
from pages.cards.try_it.asking import Asked, Text, ask_models
from pages.cards.try_it.held_out import Example, examples_from, find_example
from pages.components.typing import attend_to_typing
from pages.ui.errors import begin_anew, live_part, show_error
from pages.ui.formatting import literal, plural
from pages.ui.frame import card, draw_figure
from pages.ui.pictures import LARGE_PX, PICTURE_PX, PICTURES, is_picture, pictures
from pages.ui.readers import arm_names_of, styles_of
from pages.ui.session import theme, workspace
from pages.ui.upload import receive
from tl_core.charts import probabilities
from tl_core.charts.answers import MOST_BARS, RIGHT, WRONG
from tl_core.displays.answers import answer_numbers
from tl_core.errors import TlError
from tl_core.evaluation.wording import METRIC_WORDS
from tl_core.intake.uploads import keep_upload, read_upload
from tl_core.modality import Content, content_of, noun_of
from tl_core.results.answering import Answerer
from tl_core.schema import ExperimentConfig, Task, TextSource

MAX_CHARACTERS = 20_000
BATCH = 5
BOXES = "typed_texts"
"""Key of the container of the text boxes."""
PATIENCE_S = 0.15
"""How long a page waits for answers before it is drawn without them: models in memory need less."""
POLL_S = 0.3
WHERE_PX = 150
LEAST_DROP = 0.02
"""Probability below which hiding a part changes nothing worth showing."""
WHERE_HELP = (
    "Hides one part of the picture after the other and asks again. Bright is what the answer needs: without "
    "it, the probability falls. That is what counts for an answer, and no reason for it."
)
EXAMPLE = "example"
"""Parameter of the URL: the id of a test example, as *Results* links to it."""
EXAMPLES = {
    Task.SENTIMENT: "I did not expect much, but it has worked every day since.",
    Task.TOPIC: "The match was decided by a goal in the last minute.",
    Task.INTENT: "I was charged twice this month, can you check that?",
    Task.OTHER: "Could you have a look at this before the end of the week?",
}


@dataclass(kw_only=True)
class _Kept:
    """What the session keeps of a question.

    Attributes
    ----------
    turn
        Test examples that were taken so far.
    followed
        The example that the URL has named last.
    form, start
        Number of the form, which is another one for every example, and what stood in it at first.
    typed
        What stands in it now; None before it was drawn.
    labels
        True labels by text: those of test examples, and those that a person has picked.
    asked, batch
        What was asked last: one text, and several examples.
    where, where_in
        The same example with one part after the other hidden, and the example.
    examples
        Those of the batch.
    """

    turn: int = 0
    followed: str | None = None
    form: int = 0
    start: Text = ()
    typed: Text | None = None
    labels: dict[Text, str | None] = field(default_factory=dict)
    asked: Asked | None = None
    where: Asked | None = None
    where_in: Text = ()
    batch: Asked | None = None
    examples: tuple[Example, ...] = ()


def draw_question(experiment: ExperimentConfig, answerers: Sequence[Answerer]) -> None:
    """Take a text and draw what every model makes of it, as soon as it changes."""
    with card(f"Try one {noun_of(answerers[0].texts.modality).one}"):
        live_part(_draw_question)(experiment, answerers)
        say_who_left_no_weights(experiment, answerers)


def _draw_question(experiment: ExperimentConfig, answerers: Sequence[Answerer]) -> None:
    source, labels = answerers[0].texts, experiment.labels
    is_pictorial = content_of(source.modality).is_pictorial
    key = f"question_{experiment.experiment_id}"
    kept: _Kept = st.session_state.setdefault(f"{key}_kept", _Kept())
    has_examples = bool(_take(experiment, source, 0, 1))

    # A form of its own for each example: a text that is put into a form on its way can miss the browser.
    def show(example: Example) -> None:
        kept.form += 1
        kept.typed = example.text
        kept.labels[example.text] = example.label

    def show_another() -> None:
        kept.turn += 1
        st.query_params.pop(EXAMPLE, None)
        show(_take(experiment, source, kept.turn, 1)[0])

    def ask_several() -> None:
        kept.examples = tuple(_take(experiment, source, kept.turn + 1, BATCH))
        kept.turn += BATCH
        _drop(kept.batch)
        texts = [example.text for example in kept.examples]
        kept.batch = ask_models(workspace().settings, texts, answerers)

    if kept.typed is None and has_examples:
        show(_take(experiment, source, 0, 1)[0])
    if (wanted := st.query_params.get(EXAMPLE)) != kept.followed:
        kept.followed = wanted
        if wanted and (found := find_example(experiment, wanted)) and len(found.text) == 1 + source.is_pair:
            show(found)
        elif wanted:
            st.warning("The link names no test example of this experiment.", icon=":material/warning:")
    titles = source.columns if source.is_pair else ("Text",)
    places = [f"{key}_{kept.form}_{place}" for place in range(len(titles))]
    if (
        places[0] not in st.session_state and not is_pictorial
    ):  # a new form, or the same after a visit elsewhere
        kept.start = kept.typed or (EXAMPLES[experiment.task],) * len(titles)

    left, right = st.columns([5, 6], gap="large")
    with left:
        if is_pictorial:
            typed = kept.typed = _choose_picture(kept, key)
        else:
            with st.container(key=BOXES):
                typed = kept.typed = tuple(
                    st.text_area(literal(title), text, key=place, max_chars=MAX_CHARACTERS, height=110)
                    for title, text, place in zip(titles, kept.start, places, strict=True)
                )
            attend_to_typing(BOXES)
        known = kept.labels.get(typed)
        label = kept.labels[typed] = st.selectbox(
            "True label",
            labels,
            index=None if known is None else labels.index(known),
            key=f"{key}_{kept.form}_label_{zlib.crc32(repr(typed).encode())}",
            placeholder="Not known",
            help="Known for test examples. Pick it for your own, and each answer is marked ✓ or ✗.",
        )
        with st.container(horizontal=True):
            is_pressed = st.button("Predict", type="primary", icon=":material/forum:")
            if has_examples:
                help_ = "From the test part of this experiment's split, which no model was trained on."
                st.button(
                    "Another test example", icon=":material/shuffle:", help=help_, on_click=show_another
                )
                st.button(f"{BATCH} test examples", icon=":material/table_rows:", on_click=ask_several)
    with right:
        if typed and all(text.strip() for text in typed):
            _ask_if_new(kept, answerers, again=is_pressed)
            _follow(_draw_answers, kept.asked, experiment, label)
            _draw_where(kept, experiment, answerers)
        else:
            what = "Type both texts" if source.is_pair else "Type a text"
            what = "Drop a picture" if is_pictorial else what
            st.markdown(f"{what} to see what each model answers.")
    if kept.batch is not None and kept.batch.run_ids == _ids(answerers):
        _follow(_draw_batch, kept.batch, experiment, kept.examples)
    _draw_who_answers(experiment, answerers)


def _choose_picture(kept: _Kept, key: str) -> Text:
    """Take a picture in, in the place of the one that is shown; what cannot be read is told."""
    upload = receive("Drop a picture", f"{key}_picture", types=PICTURES)
    pasted = st.chat_input(
        "Or paste one and press Enter", accept_file=True, file_type=PICTURES, key=f"{key}_pasted"
    )
    if pasted and pasted.files:
        upload = keep_upload(workspace(), pasted.files[0].getvalue(), pasted.files[0].name)
    if upload is not None:
        try:
            table = read_upload(workspace(), upload.upload_id, upload.name, min_columns=1)
            kept.typed = (table.columns.column(0)[0].as_py(),)
        except TlError as error:
            show_error(error)
        finally:
            workspace().upload_path(upload.upload_id).unlink(missing_ok=True)
    if kept.typed:
        st.image(kept.typed[0], width=LARGE_PX)
    return kept.typed or ()


def _take(experiment: ExperimentConfig, source: TextSource, turn: int, count: int) -> list[Example]:
    """Take test examples of the kind that the models read; none if the dataset is not here."""
    found = examples_from(experiment, turn, count)
    return found if all(len(example.text) == 1 + source.is_pair for example in found) else []


def _ids(answerers: Sequence[Answerer]) -> tuple[str, ...]:
    return tuple(one.run.run_id for one in answerers)


def _drop(asked: Asked | None) -> None:
    if asked is not None:
        asked.is_dropped = True


def _ask_if_new(kept: _Kept, answerers: Sequence[Answerer], *, again: bool) -> None:
    """Ask what stands in the form, unless these models were asked it already; ``again`` if one has failed."""
    texts, asked = (kept.typed or (),), kept.asked
    is_known = asked is not None and (asked.texts, asked.run_ids) == (texts, _ids(answerers))
    if not is_known or (again and asked is not None and asked.errors):
        _drop(asked)
        kept.asked = ask_models(workspace().settings, texts, answerers)


def _follow(draw: Callable[..., None], asked: Asked | None, *about: object) -> None:
    """Draw the answers, and again until all are there."""
    if asked is not None:
        is_pending = not asked.ended.wait(PATIENCE_S)
        live_part(draw, POLL_S if is_pending else None)(asked, *about, is_polling=is_pending)


def _begin(asked: Asked, *, is_polling: bool) -> bool:
    """Begin the page anew at the end of the answers; say how many are missing until then."""
    is_over = asked.ended.is_set()
    if is_polling and is_over:
        begin_anew()
    if not is_over:
        num_done = len(asked.answers) + len(asked.errors)
        st.markdown(f":small[Loading models: {num_done} of {plural(len(asked.run_ids), 'model')} answered.]")
    return is_over


def _draw_answers(
    asked: Asked, experiment: ExperimentConfig, target: str | None, *, is_polling: bool
) -> None:
    """Draw one row a model: its answer, right or wrong, and its probabilities."""
    is_over = _begin(asked, is_polling=is_polling)
    arm_names, answers = arm_names_of(experiment), dict(asked.answers)
    num_labels = len(experiment.labels)
    rows = [
        (arm, label, share)
        for arm, answer in answers.items()
        for label, share in zip(answer.labels, answer.probabilities[0], strict=True)
    ]
    table = pd.DataFrame(rows, columns=["arm", "label", "probability"])
    waiting = () if is_over else [arm for arm in asked.arms if arm not in asked.errors]
    if answers or waiting:
        figure = probabilities(
            table,
            styles_of(experiment),
            num_labels=num_labels,
            target=target,
            waiting=waiting,
            theme=theme(),
        )
        numbers = answer_numbers(table, arm_names) if answers else None
        draw_figure(figure, numbers, key="answers")
    if num_labels > MOST_BARS:
        st.markdown(f":small[Each model's {MOST_BARS} likeliest of {num_labels} labels.]")
    _draw_errors(asked, arm_names)


def _draw_where(kept: _Kept, experiment: ExperimentConfig, answerers: Sequence[Answerer]) -> None:
    """Offer to show which parts of a picture decide each model's answer."""
    content = content_of(answerers[0].texts.modality)
    if not content.is_pictorial or not kept.typed:
        return
    if st.button("Where did they look?", icon=":material/center_focus_strong:", help=WHERE_HELP):
        _drop(kept.where)
        parts = [(one,) for one in content.hide_parts(kept.typed[0])]
        kept.where, kept.where_in = ask_models(workspace().settings, parts, answerers), kept.typed
    if kept.where is not None and kept.where_in == kept.typed and kept.where.run_ids == _ids(answerers):
        _follow(_draw_parts, kept.where, experiment, content, kept.typed[0])


def _draw_parts(
    asked: Asked, experiment: ExperimentConfig, content: Content, example: str, *, is_polling: bool
) -> None:
    """Draw one example a model, bright where hiding it lowers the probability of the answer most."""
    _begin(asked, is_polling=is_polling)
    arm_names, answers = arm_names_of(experiment), dict(asked.answers)
    with st.container(horizontal=True, gap="small"):
        for arm, name in arm_names.items():
            if arm not in answers:
                continue
            whole, *hidden = answers[arm].probabilities
            label = max(range(len(whole)), key=whole.__getitem__)
            drops = [whole[label] - one[label] for one in hidden]
            most = max(0.0, *drops)
            said = answers[arm].labels[label]
            with st.container(width=WHERE_PX):
                if most < LEAST_DROP:
                    st.image(example, width=WHERE_PX, alt=f"{name}: no part decides.")
                    st.markdown(f":small[**{literal(name)}** says {literal(said)} whatever is hidden.]")
                    continue
                picture = content.show_parts(example, drops)
                st.image(picture, width=WHERE_PX, alt=f"{name}: bright where it looked.")
                loses = f"loses up to {100 * most:.0f} points by one hidden part"
                st.markdown(f":small[**{literal(name)}** says {literal(said)}; {loses}.]")
    _draw_errors(asked, arm_names)


def _draw_errors(asked: Asked, arm_names: dict[str, str]) -> None:
    """Say which models did not answer, once for each reason."""
    failed: dict[str, list[str]] = {}
    for arm, error in dict(asked.errors).items():
        failed.setdefault(f"{error.message} {error.remedy}", []).append(arm_names[arm])
    for reason, names in failed.items():
        st.error(
            f"**{literal(', '.join(names))} did not answer.** {literal(reason)}", icon=":material/error:"
        )


def _draw_batch(
    asked: Asked, experiment: ExperimentConfig, examples: Sequence[Example], *, is_polling: bool
) -> None:
    """Draw one row an example: its text, its label, and each model's answer, right or wrong."""
    _begin(asked, is_polling=is_polling)
    arm_names, answers = arm_names_of(experiment), dict(asked.answers)
    is_pictorial = bool(examples) and is_picture(examples[0].text[0])
    columns = {"Text": [" | ".join(example.text) for example in examples]}
    columns["True label"] = [example.label for example in examples]
    for arm, name in arm_names.items():
        if arm in answers:
            answer = answers[arm]
            said = [answer.labels[max(range(len(row)), key=row.__getitem__)] for row in answer.probabilities]
            columns[name] = [
                f"{RIGHT if label == example.label else WRONG} {label}"
                for label, example in zip(said, examples, strict=True)
            ]
    st.dataframe(
        pd.DataFrame(columns),
        hide_index=True,
        column_config=pictures(["Text"], title="Picture")
        if is_pictorial
        else {"Text": st.column_config.TextColumn(width="large")},
        row_height=PICTURE_PX if is_pictorial else None,
        alt="Test examples with their labels, and what each model answers.",
    )
    _draw_errors(asked, arm_names)


def _draw_who_answers(experiment: ExperimentConfig, answerers: Sequence[Answerer]) -> None:
    with st.expander("Which run answers for each model", icon=":material/badge:"):
        st.markdown(literal(why_they_answer(experiment, answerers)))
        metric = f"Validation {METRIC_WORDS[experiment.headline_metric]}"
        st.dataframe(
            answerers_table(experiment, answerers),
            hide_index=True,
            column_config={metric: st.column_config.NumberColumn(format="percent")},
            alt="The run that answers for each model, with the seed and the value on validation.",
        )
