"""Presenter mode: one thought a slide in large type, steered by the arrow keys; the URL holds the slide."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import streamlit as st

from pages.cards.results.setup import draw_facts, fairness_caption
from pages.ui.displays import draw_large, made, subject_of
from pages.ui.formatting import facts_of, literal
from pages.ui.missing_runs import pooled_of
from pages.ui.readers import observed_runs, results_of, states_of
from pages.ui.session import current
from pages.ui.verdict_card import capitalised, draw_reservations, draw_status
from tl_core.displays import (
    agreement,
    classes,
    data_efficiency,
    learning_curves,
    overview,
    pairs,
    time_to_accuracy,
)
from tl_core.displays.display import Display, Subject
from tl_core.results.comparison import ExperimentResults
from tl_core.results.fairness import fairness_facts
from tl_core.schema import Verdict

SLIDE = "present"
SCALE = 1.5
RACE_PX = 400  # with its sentence it fills a screen 720 pixels high
MOST_CLASSES = 8

# Only a key or a click inside the page may ask for the full screen: a run on the server cannot.
_full_screen_button = st.components.v2.component(
    "full_screen",
    html='<button type="button">Full screen (F)</button>',
    css="""
button {
  font: 400 0.875rem var(--st-font); color: var(--st-text-color); background: transparent; border: none;
  border-radius: var(--st-base-radius); padding: 0.25rem 0.5rem; min-height: 2.4rem; cursor: pointer;
  white-space: nowrap;
}
button:hover { color: var(--st-link-color); }
button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
""",
    js="""
const turn = () =>
  document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen()

export default function ({ parentElement }) {
  const press = (event) => {
    const isTyping = event.target.matches?.("input, textarea, [contenteditable]")
    if (event.key.toLowerCase() === "f" && !isTyping && !event.ctrlKey && !event.metaKey) turn()
  }
  parentElement.querySelector("button").onclick = turn
  document.addEventListener("keydown", press)
  return () => document.removeEventListener("keydown", press)
}
""",
)

# Type that grows with the window; the texts reach the page as text alone.
_large_text = st.components.v2.component(
    "large_text",
    html="<h1></h1><p></p>",
    css="""
h1, p { font-family: var(--st-font); color: var(--st-text-color); margin: 0; overflow-wrap: anywhere; }
h1 { font-size: clamp(1.5rem, 2.8vw, 3.6rem); font-weight: 700; line-height: 1.2; }
p { font-size: clamp(1.1rem, 2vw, 2.4rem); line-height: 1.35; margin-top: 0.6em; }
p:empty { display: none; }
""",
    js="""
export default function ({ parentElement, data }) {
  parentElement.querySelector("h1").textContent = data.thought
  parentElement.querySelector("p").textContent = data.below
}
""",
)


@dataclass(frozen=True, kw_only=True)
class Slide:
    """One thought: its title, and what draws it below."""

    title: str
    draw: Callable[[], None]


def slide_shown() -> int | None:
    """Return the number of the slide that the URL asks for, from 1; None without one of an experiment."""
    wanted = st.query_params.get(SLIDE)
    if wanted is None or "experiment" not in st.query_params:
        return None
    return int(wanted) if wanted.isdecimal() else 1


def offer_presentation() -> None:
    """Offer to begin with the first slide."""
    st.button("Present", icon=":material/slideshow:", on_click=_go, args=(1,), width="stretch")


def draw_presentation() -> bool:
    """Draw the slide that the URL asks for; return whether it asks for one and there is one."""
    wanted, experiment_id = slide_shown(), current("experiment")
    if wanted is None or experiment_id is None:
        return False
    results = results_of(experiment_id, states_of(observed_runs(experiment_id)))
    if not results.verdicts:
        leave()
        return False
    # The train size and the pair in the URL, as *Compare* shows them.
    size, pair = st.query_params.get("size", ""), st.query_params.get("pair")
    largest = max(one.train_size for one in results.verdicts)
    verdicts = [one for one in results.verdicts if str(one.train_size) == size]
    verdicts = verdicts or [one for one in results.verdicts if one.train_size == largest]
    headline = verdicts[0]
    of_pair = next((one for one in verdicts if f"{one.a}~{one.b}" == pair), headline)

    slides = slides_of(results, headline, of_pair)
    number = min(max(wanted, 1), len(slides))
    slide = slides[number - 1]
    st.caption(literal(f"{slide.title} · {' · '.join(facts_of(results.experiment))}"))
    slide.draw()
    # Small buttons that the keys press, for whoever has no keyboard.
    with st.container(horizontal=True, horizontal_alignment="center", vertical_alignment="center"):
        _step("Back", "Left", number - 1, is_there=number > 1)
        st.markdown(f"{number} of {len(slides)}", width="content")
        _step("Next", "Right", number + 1, is_there=number < len(slides))
        _full_screen_button(key="full_screen", width="content")
        st.button("End", on_click=leave, shortcut="Escape", type="tertiary")
    return True


def slides_of(results: ExperimentResults, headline: Verdict, verdict: Verdict) -> list[Slide]:
    """List the slides: the claim first, then what carries it."""
    main = subject_of(results, headline, pooled_of(results.experiment))
    about = subject_of(results, verdict)
    a, b = (about.names[arm] for arm in about.pair)
    labels = made(data_efficiency.display, main)
    times = made(time_to_accuracy.display, main)
    curves = made(learning_curves.display, main)
    race = replace(curves, sentence=times.sentence if times else curves.sentence)
    return [
        Slide(title="Was pretraining worth it?", draw=lambda: _draw_claim(main)),
        Slide(title="All models", draw=lambda: _draw(made(overview.display, main))),
        Slide(title="The race", draw=lambda: _draw(race, RACE_PX)),
        *([Slide(title="Labels saved", draw=lambda: _draw(labels))] if labels else []),
        Slide(
            title=f"By class: {a} and {b}",
            draw=lambda: _draw(made(classes.display, about, MOST_CLASSES)),
        ),
        Slide(title=f"Where {a} and {b} disagree", draw=lambda: _draw(made(agreement.display, about))),
        Slide(title="How fair was this?", draw=lambda: _draw_fairness(about)),
    ]


def leave() -> None:
    """End the presentation."""
    st.query_params.pop(SLIDE, None)


def _draw_claim(subject: Subject) -> None:
    verdict = subject.verdict
    below = f"{capitalised(verdict.interval)}."
    _large_text(key="thought", data={"thought": verdict.claim, "below": below})
    draw_status(verdict.status)
    draw_reservations(verdict.reservations)
    draw_large(made(pairs.display_one, subject), factor=SCALE)


def _draw(display: Display, height: int | None = None) -> None:
    _large_text(key="thought", data={"thought": display.sentence, "below": ""})
    draw_large(display, factor=SCALE, height=height)


def _draw_fairness(subject: Subject) -> None:
    facts = fairness_facts(subject.results, subject.train_size, subject.names)
    caption = fairness_caption(facts)
    _large_text(key="thought", data={"thought": f"{caption[0].upper()}{caption[1:]}.", "below": ""})
    draw_facts(facts, "### ")


def _step(label: str, shortcut: str, target: int, *, is_there: bool) -> None:
    st.button(
        label,
        on_click=_go,
        args=(target,),
        shortcut=shortcut,
        type="tertiary",
        disabled=not is_there,
    )


def _go(slide: int) -> None:
    st.query_params[SLIDE] = str(slide)
