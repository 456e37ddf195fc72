"""Presenter mode: one thought a slide in large type, steered by the arrow keys; the URL holds the slide."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import streamlit as st

from pages.cards.results.data_efficiency import NAME, efficiency_display
from pages.cards.results.evidence import draw_facts, fairness_caption
from pages.cards.results.time_figures import learning_curves_of, time_to_accuracy_of
from pages.ui.figures import Display, agreement_of, classes_of, interval_of, overview_of
from pages.ui.formatting import facts_of, literal
from pages.ui.frame import place_figure
from pages.ui.missing_runs import pooled_of
from pages.ui.readers import arm_names_of, observed_runs, results_of, states_of
from pages.ui.session import current
from pages.ui.verdict_card import capitalised, draw_reservations, draw_status
from tl_core.charts.template import enlarged
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
    size = verdict.train_size
    arm_names = arm_names_of(results.experiment)
    pair = f"{arm_names[verdict.a]} and {arm_names[verdict.b]}"
    worth = efficiency_display(pooled_of(results.experiment), headline.a, headline.b)
    return [
        Slide(title="Was pretraining worth it?", draw=lambda: _draw_claim(results, headline)),
        Slide(title="All arms", draw=lambda: _draw_display(overview_of(results, size))),
        Slide(
            title="The race",
            draw=lambda: _draw_display(
                replace(
                    learning_curves_of(results, headline.train_size),
                    caption=time_to_accuracy_of(results, headline),
                ),
                RACE_PX,
            ),
        ),
        *([Slide(title=NAME, draw=lambda: _draw_display(worth))] if worth else []),
        Slide(
            title=f"By class: {pair}", draw=lambda: _draw_display(classes_of(results, verdict, MOST_CLASSES))
        ),
        Slide(
            title=f"Who is right where: {pair}", draw=lambda: _draw_display(agreement_of(results, verdict)[1])
        ),
        Slide(title="How fair was this?", draw=lambda: _draw_fairness(results, size)),
    ]


def leave() -> None:
    """End the presentation."""
    st.query_params.pop(SLIDE, None)


def _draw_claim(results: ExperimentResults, verdict: Verdict) -> None:
    below = f"{capitalised(verdict.interval)}."
    _large_text(key="thought", data={"thought": verdict.claim, "below": below})
    draw_status(verdict.status)
    draw_reservations(verdict.reservations)
    place_figure(enlarged(interval_of(results, verdict), SCALE), key="slide_interval")


def _draw_display(display: Display, height: int | None = None) -> None:
    _large_text(key="thought", data={"thought": display.caption, "below": ""})
    figure = enlarged(display.figure, SCALE)
    place_figure(figure.update_layout(height=height or figure.layout.height), key=f"slide_{display.key}")


def _draw_fairness(results: ExperimentResults, train_size: int) -> None:
    facts = fairness_facts(results, train_size, arm_names_of(results.experiment))
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
