"""The head of *Results*: experiment, status, the pair that the page speaks of, and what can be taken away."""

from collections.abc import Callable, Sequence

import streamlit as st

from pages.cards.results.report import offer_numbers, offer_predictions, offer_report
from pages.cards.results.slides import offer_presentation
from pages.ui.formatting import literal, plural, started_at
from pages.ui.readers import arm_names_of
from pages.ui.session import remember, workspace
from pages.ui.verdict_card import draw_status
from tl_core.results.comparison import ExperimentResults
from tl_core.schema import ExperimentConfig, Verdict

OTHERS = "other_experiment"
"""Session key of the menu of experiments."""
ALL = "all"
MOST_LISTED = 15


def draw_experiments(experiment: ExperimentConfig) -> None:
    """Name the experiment, and lead to the newest of the others."""
    others = [one for one in workspace().database.list_experiments() if one != experiment]
    if not others:
        st.markdown(f"**{literal(experiment.name)}**", width="content")
        return
    titles = {ALL: "All experiments"}
    for one in others[:MOST_LISTED]:
        # The end of the id tells apart two that were started in the same minute.
        words = f"{one.name}, {started_at(one)}, {plural(len(one.arms), 'model')}, {one.experiment_id[-4:]}"
        titles[one.experiment_id] = literal(words)
    chosen = st.menu_button(
        f"**{literal(experiment.name)}**",
        [*list(titles)[1:], ALL],
        format_func=titles.__getitem__,
        key=OTHERS,
    )
    if chosen == ALL:
        st.switch_page("experiments.py")
    elif chosen:
        remember("experiment", chosen)
        st.rerun()


def draw_head(results: ExperimentResults) -> Verdict:
    """Draw status, pair and train size, the presentation and what can be taken away.

    Returns
    -------
    The verdict of the pair and train size that are chosen, at first the main ones.
    """
    arm_names = arm_names_of(results.experiment)
    status = st.container(width="content")
    sizes = sorted({verdict.train_size for verdict in results.verdicts}, reverse=True)
    of_pair = st.container(width="content")
    size = sizes[0]
    if len(sizes) > 1:
        words = {str(one): f"{one:,} training examples" for one in sizes}
        size = int(_choose("size", list(words), words.__getitem__))
    of_size = {f"{one.a}~{one.b}": one for one in results.verdicts if one.train_size == size}
    with of_pair:
        names = {key: f"{arm_names[one.a]} vs {arm_names[one.b]}" for key, one in of_size.items()}
        pair = _choose("pair", list(of_size), names.__getitem__)
    with status:
        draw_status(of_size[pair].status)
    offer_presentation()
    with st.popover("Take away", icon=":material/download:"):
        offer_report(results)
        offer_predictions(results)
        offer_numbers(results)
    return of_size[pair]


def _choose(parameter: str, options: Sequence[str], words: Callable[[str], str]) -> str:
    """Let one of ``options`` be chosen, the first by default; the URL and the session keep the choice."""
    wanted = st.query_params.get(parameter) or st.session_state.get(f"chosen_{parameter}")
    chosen = wanted if wanted in options else options[0]
    if wanted in options and st.query_params.get(parameter) != chosen:
        st.query_params[parameter] = chosen
    if len(options) > 1:
        st.menu_button(
            literal(words(chosen)),
            options,
            format_func=lambda one: literal(words(one)),
            key=parameter,
            on_click=_keep,
            args=[parameter],
        )
    else:
        st.markdown(f"**{literal(words(chosen))}**", width="content")
    return chosen


def _keep(parameter: str) -> None:
    chosen = st.session_state[parameter]
    st.session_state[f"chosen_{parameter}"] = st.query_params[parameter] = chosen
