"""Presenter mode: six slides that fill the window and an appendix, drawn at once, turned in the browser."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import streamlit as st

from pages.cards.results.setup import draw_facts
from pages.components.replay_keys import attend_to_replay
from pages.components.slides import KEY, TURNER, slide_key, turn_slides
from pages.ui.displays import draw_large, made, subject_of
from pages.ui.formatting import day_of, literal
from pages.ui.missing_runs import pooled_of
from pages.ui.readers import dataset_of, observed_runs, results_of, states_of
from pages.ui.session import SLIDE
from pages.ui.verdict_card import draw_status
from tl_core.displays import agreement, classes, data_efficiency, meaning, overview, replay, time_to_accuracy
from tl_core.displays.display import Display, Subject
from tl_core.evaluation.wording import amounts
from tl_core.results.agreement import Cell, texts_of
from tl_core.results.fairness import fairness_facts
from tl_core.words import capitalised

TEXTS = "texts"
"""URL parameter that is there while example texts are shown; they may be private, so at first it is not."""
SCALE = 2.2
"""The smallest type of a figure is 11 pixels high: 24 on a slide."""
NARROW = "slides_are_narrow"
"""Session key: whether the slides are looked at on a telephone, with the type of any page."""
FILM_BOTTOM_PX = 110
"""Room for the axis below the race, which has no buttons on a slide."""
MOST_CLASSES = 6
NUM_TEXTS = 3
NUM_TOLD = 6
"""Slides that tell the story; whatever follows is the appendix."""
FACTS_A_ROW = 4
LONGEST_TEXT = 160


def draw_presentation() -> bool:
    """Draw all slides if there is a result; return whether there was.

    They speak of the train size and the pair of the URL, as *Results* does; else of the main ones.
    """
    experiment_id = st.query_params["experiment"]
    results = results_of(experiment_id, states_of(observed_runs(experiment_id)))
    if not results.verdicts:
        leave()
        return False
    size, pair = st.query_params.get("size", ""), st.query_params.get("pair")
    largest = max(one.train_size for one in results.verdicts)
    verdicts = [one for one in results.verdicts if str(one.train_size) == size]
    verdicts = verdicts or [one for one in results.verdicts if one.train_size == largest]
    verdict = next((one for one in verdicts if f"{one.a}~{one.b}" == pair), verdicts[0])
    with st.container(key=KEY):
        titles = draw_slides(subject_of(results, verdict, pooled_of(results.experiment)))
    wanted = st.query_params[SLIDE]
    turn_slides(
        titles,
        [f"{number} of {NUM_TOLD}" for number in range(1, NUM_TOLD + 1)]
        + ["Appendix"] * (len(titles) - NUM_TOLD),
        min(max(int(wanted), 1), len(titles)) if wanted.isdecimal() else 1,
        shows_texts=TEXTS in st.query_params,
        is_narrow=_is_narrow(),
        on_end=leave,
        on_texts=turn_texts,
        on_window=fit_window,
    )
    return True


def draw_slides(subject: Subject) -> list[str]:
    """Draw the slides in the order of the story, and the appendix; return their titles."""
    experiment, verdict, titles = subject.results.experiment, subject.verdict, list[str]()
    scale = 1.0 if _is_narrow() else SCALE

    @contextmanager
    def slide(title: str) -> Iterator[None]:
        titles.append(title)
        with st.container(key=slide_key(len(titles)), height="stretch"):
            yield

    def rest(on: str) -> None:
        """Say on what the numbers of a slide rest, and what weakens them."""
        st.markdown(literal(f"{capitalised(on)}."))
        if verdict.status.severity != "success":
            draw_status(verdict.status)

    def fill(display: Display) -> None:
        st.header(literal(display.headline), anchor=False)
        draw_large(display, factor=scale, fills=True)
        rest(display.proof)

    with slide("How much does pretraining help?"), st.container(key="slide_title"):
        st.title(f"How much does pretraining help on {literal(experiment.name)}?", anchor=False)
        split = experiment.split
        words = (
            f"{split.num_examples:,} labelled examples, {len(experiment.labels)} labels, {day_of(experiment)}"
        )
        st.markdown(literal(words))

    with slide("The result"):
        size, *_ = amounts(verdict.metric, verdict.difference, *verdict.ci95)  # as the claim writes it
        left, right = st.columns([5, 6], gap="large", vertical_alignment="center")
        with left:
            with st.container(key="slide_number"):
                st.markdown(literal(f"{'+' if verdict.difference > 0 else ''}{size}"))
            st.header(literal(verdict.claim), anchor=False)
            st.markdown(literal(f"{capitalised(verdict.interval)}."))
            if verdict.beside:
                st.markdown(literal(verdict.beside))
            draw_status(verdict.status)
        with right:
            draw_large(made(overview.display, subject), factor=scale)

    with slide("The race"):
        film = made(replay.display, subject, scale)
        said, spent = made(time_to_accuracy.race_of, subject)
        st.header(literal(said or "How the models learned"), anchor=False)
        draw_large(film, factor=scale, fills=True, bottom_px=round(FILM_BOTTOM_PX * scale / SCALE))
        over = f"medians over {verdict.num_seeds} seeds" if verdict.num_seeds > 1 else "one seed"
        rest(", ".join(filter(None, (spent, over))))
        if film.frame is not None:
            attend_to_replay(f"slide_{film.key}", plays_itself=False)

    with slide("Where they disagree"):
        disagreement = made(agreement.display, subject)
        if texts := _texts_of(subject) if TEXTS in st.query_params else []:
            st.header(literal(disagreement.headline), anchor=False)
            st.markdown(literal(f"Only {subject.names[verdict.a]} gets these right:"))
            for text, label in texts:
                st.markdown(f"> {literal(text)}  \n> **{literal(label)}**")
            rest(disagreement.proof)
        else:
            fill(disagreement)

    by_class, labels = made(classes.display, subject, MOST_CLASSES), made(data_efficiency.display, subject)
    with slide("Labels saved" if labels else "By class"):
        fill(labels or by_class)

    with slide("What it means"), st.container(key="slide_meaning"):
        st.title("What it means", anchor=False)
        st.markdown(f"**Cost.** {literal(meaning.cost(subject))}")
        st.markdown(f"**Limits.** {literal(' '.join(meaning.limits(subject)))}")
        st.markdown(f"**Next.** {literal(meaning.next_step(subject))}")

    if labels:
        with slide("By class"):
            fill(by_class)
    with slide("The same for all models"):
        st.header("The same for all models", anchor=False)
        draw_facts(fairness_facts(subject.results, subject.train_size, subject.names), in_a_row=FACTS_A_ROW)
    return titles


def _texts_of(subject: Subject) -> Sequence[tuple[str, str]]:
    """Pick the shortest texts that the pair's first arm alone gets right in every seed, with their labels."""
    found = made(agreement.agreement_of, subject)
    dataset = dataset_of(subject.results.experiment.dataset_fingerprint)
    texts, names = texts_of(dataset) if dataset else {}, subject.results.experiment.labels
    places = np.flatnonzero(found.is_in[Cell.ONLY_A].all(axis=0))
    shown = [(texts.get(found.a.example_ids[at], ""), names[found.a.targets[at]]) for at in places]
    short = [one for one in shown if 0 < len(one[0]) <= LONGEST_TEXT]
    return sorted(short, key=lambda one: len(one[0]))[:NUM_TEXTS]


def leave() -> None:
    """End the presentation."""
    st.query_params.pop(SLIDE, None)
    st.query_params.pop(TEXTS, None)


def fit_window() -> None:
    """Draw the slides for the window that the browser has."""
    st.session_state[NARROW] = st.session_state[TURNER].window == "narrow"


def _is_narrow() -> bool:
    return bool(st.session_state.get(NARROW))


def turn_texts() -> None:
    """Show the example texts, or hide them; the server learns only now which slide is shown."""
    st.query_params[SLIDE] = str(st.session_state[TURNER].texts)
    if st.query_params.pop(TEXTS, None) is None:
        st.query_params[TEXTS] = "1"
