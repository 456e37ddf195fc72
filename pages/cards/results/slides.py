"""Presenter mode: six slides that fill the window and an appendix, drawn at once, turned in the browser."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import streamlit as st

from pages.cards.results.setup import draw_facts
from pages.components.replay_keys import attend_to_replay
from pages.components.slides import KEY, TURNER, slide_key, turn_slides
from pages.ui.displays import draw_large, made, subject_of
from pages.ui.formatting import day_of, literal
from pages.ui.missing_runs import pooled_of
from pages.ui.readers import dataset_of, observed_runs, results_of, states_of
from pages.ui.session import current
from pages.ui.verdict_card import capitalised, draw_status
from tl_core.displays import agreement, classes, data_efficiency, meaning, overview, replay, time_to_accuracy
from tl_core.displays.display import Display, Subject
from tl_core.evaluation.wording import amounts
from tl_core.results.agreement import Cell
from tl_core.results.comparison import ExperimentResults
from tl_core.results.fairness import fairness_facts

SLIDE = "present"
TEXTS = "texts"
"""URL parameter that is there while example texts are shown; they may be private, so at first it is not."""
SCALE = 2.0
"""The smallest type of a figure is 12 pixels high."""
FILM_BOTTOM_PX = 110
"""Room for the axis below the race, which has no buttons on a slide."""
MOST_CLASSES = 6
NUM_TEXTS = 3
FACTS_A_ROW = 4
LONGEST_TEXT = 160


@dataclass(frozen=True, kw_only=True)
class Slide:
    """One thought: its title, and what draws it."""

    title: str
    draw: Callable[[], None]
    is_appendix: bool = False


def is_asked_for() -> bool:
    """Whether the URL asks for a slide of an experiment."""
    return SLIDE in st.query_params and "experiment" in st.query_params


def offer_presentation() -> None:
    """Offer to begin with the first slide."""
    st.button("Present", icon=":material/slideshow:", on_click=_begin, width="stretch")


def draw_presentation() -> bool:
    """Draw all slides if the URL asks for one and there is a result; return whether it did."""
    experiment_id = current("experiment") if is_asked_for() else None
    if experiment_id is None:
        return False
    results = results_of(experiment_id, states_of(observed_runs(experiment_id)))
    if not results.verdicts:
        leave()
        return False
    slides = slides_of(_subject(results))
    with st.container(key=KEY):
        for number, slide in enumerate(slides, start=1):
            with st.container(key=slide_key(number), height="stretch"):
                slide.draw()
    wanted = st.query_params[SLIDE]
    num_told = sum(not slide.is_appendix for slide in slides)
    turn_slides(
        [slide.title for slide in slides],
        [
            "Appendix" if slide.is_appendix else f"{number} of {num_told}"
            for number, slide in enumerate(slides, start=1)
        ],
        min(max(int(wanted), 1), len(slides)) if wanted.isdecimal() else 1,
        shows_texts=TEXTS in st.query_params,
        on_end=leave,
        on_texts=_turn_texts,
    )
    return True


def _subject(results: ExperimentResults) -> Subject:
    """Return the train size and the pair of the URL, as *Results* shows them; the main ones without them."""
    size, pair = st.query_params.get("size", ""), st.query_params.get("pair")
    largest = max(one.train_size for one in results.verdicts)
    verdicts = [one for one in results.verdicts if str(one.train_size) == size]
    verdicts = verdicts or [one for one in results.verdicts if one.train_size == largest]
    verdict = next((one for one in verdicts if f"{one.a}~{one.b}" == pair), verdicts[0])
    return subject_of(results, verdict, pooled_of(results.experiment))


def slides_of(subject: Subject) -> list[Slide]:
    """List the slides in the order of the story."""
    labels = made(data_efficiency.display, subject)
    by_class = Slide(title="By class", draw=lambda: _draw(made(classes.display, subject, MOST_CLASSES)))
    told = [
        Slide(title="How much does pretraining help?", draw=lambda: _draw_title(subject)),
        Slide(title="The result", draw=lambda: _draw_result(subject)),
        Slide(title="The race", draw=lambda: _draw_race(subject)),
        Slide(title="Where they disagree", draw=lambda: _draw_disagreement(subject)),
        Slide(title="Labels saved", draw=lambda: _draw(labels)) if labels else by_class,
        Slide(title="What it means", draw=lambda: _draw_meaning(subject)),
    ]
    fairness = Slide(title="How fair was this?", draw=lambda: _draw_fairness(subject))
    appendix = [by_class, fairness] if labels else [fairness]
    return [*told, *(replace(slide, is_appendix=True) for slide in appendix)]


def _draw_title(subject: Subject) -> None:
    experiment = subject.results.experiment
    split = experiment.split
    with st.container(key="slide_title"):
        st.title(f"How much does pretraining help on {literal(experiment.name)}?", anchor=False)
        size = split.train + split.validation + split.test
        words = f"{size:,} labelled examples, {len(experiment.labels)} labels, {day_of(experiment)}"
        st.markdown(literal(words))


def _draw_result(subject: Subject) -> None:
    verdict = subject.verdict
    size, *_ = amounts(verdict.metric, verdict.difference, *verdict.ci95)  # as the claim writes it
    left, right = st.columns([5, 6], gap="large", vertical_alignment="center")
    with left:
        with st.container(key="slide_number"):
            st.markdown(literal(f"{'+' if verdict.difference > 0 else ''}{size}"))
        st.header(literal(verdict.claim), anchor=False)
        st.markdown(literal(f"{capitalised(verdict.interval)}."))
        draw_status(verdict.status)
    with right:
        draw_large(made(overview.display, subject), factor=SCALE)


def _draw(display: Display) -> None:
    st.header(literal(display.sentence), anchor=False)
    draw_large(display, factor=SCALE, fills=True)


def _draw_race(subject: Subject) -> None:
    film = made(replay.display, subject)
    said = made(time_to_accuracy.tell_pair, subject) or "How the models learned"
    st.header(literal(said), anchor=False)
    draw_large(film, factor=SCALE, fills=True, bottom_px=FILM_BOTTOM_PX)
    if film.frame is not None:
        attend_to_replay(f"slide_{film.key}", plays_itself=False)


def _draw_disagreement(subject: Subject) -> None:
    display = made(agreement.display, subject)
    texts = _texts_of(subject) if TEXTS in st.query_params else []
    st.header(literal(display.sentence), anchor=False)
    if texts:
        st.markdown(literal(f"Only {subject.names[subject.verdict.a]} gets these right:"))
        for text, label in texts:
            st.markdown(f"> {literal(text)}  \n> **{literal(label)}**")
    else:
        draw_large(display, factor=SCALE, fills=True)


def _texts_of(subject: Subject) -> Sequence[tuple[str, str]]:
    """Pick the shortest texts that the pair's first arm alone gets right in every seed, with their labels."""
    found = made(agreement.agreement_of, subject)
    dataset = dataset_of(subject.results.experiment.dataset_fingerprint)
    if dataset is None:
        return []
    places = np.flatnonzero(found.is_in[Cell.ONLY_A].all(axis=0))
    labels = {found.a.example_ids[place]: int(found.a.targets[place]) for place in places}
    names = subject.results.experiment.labels
    shown = [
        (text if isinstance(text, str) else " | ".join(text), names[labels[identity]])
        for identity, text in zip(dataset.example_ids(), dataset.texts(), strict=True)
        if identity in labels
    ]
    short = [one for one in shown if len(one[0]) <= LONGEST_TEXT]
    return sorted(short, key=lambda one: len(one[0]))[:NUM_TEXTS]


def _draw_meaning(subject: Subject) -> None:
    with st.container(key="slide_meaning"):
        st.title("What it means", anchor=False)
        st.markdown(f"**Cost.** {literal(meaning.cost(subject))}")
        st.markdown(f"**Limits.** {literal(' '.join(meaning.limits(subject)))}")
        st.markdown(f"**Next.** {literal(meaning.next_step(subject))}")


def _draw_fairness(subject: Subject) -> None:
    facts = fairness_facts(subject.results, subject.train_size, subject.names)
    st.header("How fair was this?", anchor=False)
    draw_facts(facts, in_a_row=FACTS_A_ROW)


def leave() -> None:
    """End the presentation."""
    st.query_params.pop(SLIDE, None)
    st.query_params.pop(TEXTS, None)


def _begin() -> None:
    st.query_params[SLIDE] = "1"


def _turn_texts() -> None:
    """Show the example texts, or hide them; the server learns only now which slide is shown."""
    st.query_params[SLIDE] = str(st.session_state[TURNER].texts)
    if st.query_params.pop(TEXTS, None) is None:
        st.query_params[TEXTS] = "1"
