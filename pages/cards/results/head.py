"""The head of *Results*: experiment, status, the pair that the page speaks of, and what can be taken away."""

import json
from collections import Counter
from collections.abc import Callable, Sequence

import streamlit as st

from pages.ui.formatting import literal
from pages.ui.readers import arm_names_of, dataset_of, titles_of
from pages.ui.session import SLIDE, remember, workspace
from pages.ui.verdict_card import draw_status
from tl_core.export.comparison_json import comparison_json
from tl_core.export.predictions import predictions_csv
from tl_core.export.report import report_of
from tl_core.results.comparison import ExperimentResults
from tl_core.results.summaries import earlier_result, summary_of
from tl_core.schema import METHOD, ExperimentConfig, Verdict
from tl_core.store.rows import states_words

OTHERS = "other_experiment"
"""Session key of the menu of experiments."""
ALL = "all"
MOST_LISTED = 15


def draw_experiments(experiment: ExperimentConfig) -> None:
    """Name the experiment, and lead to the newest of the others."""
    current = workspace().database.list_experiments(with_archived=False)
    others = [one for one in current if one != experiment]
    if not others:
        st.markdown(f"**{literal(experiment.name)}**", width="content")
        return
    titles = titles_of(others[:MOST_LISTED])
    titles[ALL] = "All experiments"
    chosen = st.menu_button(
        f"**{literal(experiment.name)}**",
        list(titles),
        format_func=lambda one: literal(titles[one]),
        key=OTHERS,
    )
    if chosen == ALL:
        st.switch_page("experiments.py")
    elif chosen:
        remember("experiment", chosen)
        st.rerun()


def draw_head(results: ExperimentResults) -> Verdict:
    """Draw pair and train size, the presentation, what can be taken away, and the status.

    Returns
    -------
    The verdict of the pair and train size that are chosen, at first the main ones.
    """
    arm_names, stem = arm_names_of(results.experiment), results.experiment.file_stem
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
    if st.button("Present", icon=":material/slideshow:"):
        st.query_params[SLIDE] = "1"
        st.rerun()
    with st.popover("Take away", icon=":material/download:"):
        st.download_button(
            "Download the report (HTML)",
            lambda: report_of(workspace(), results),
            file_name=f"{stem}.html",
            mime="text/html",
            icon=":material/description:",
            help="One file that opens offline: result, figures, data, limits; no examples.",
            on_click="ignore",
        )
        st.markdown(":small[For a PDF, open the report and print it.]")
        st.download_button(
            "Download the predictions (CSV)",
            lambda: predictions_csv(results, dataset_of(results.experiment.dataset_fingerprint)),
            file_name=f"{stem}-predictions.csv",
            mime="text/csv",
            icon=":material/table_rows:",
            help="Every test example, model and seed, with all probabilities. The examples are in it.",
            on_click="ignore",
        )
        st.download_button(
            "Download all numbers (JSON)",
            lambda: json.dumps(comparison_json(workspace(), results), indent=2, ensure_ascii=False),
            file_name=f"{stem}.json",
            mime="application/json",
            icon=":material/download:",
            on_click="ignore",
        )
    with st.container(width="content"):
        draw_status(of_size[pair].status)
        _draw_earlier(results)
    return of_size[pair]


def _draw_earlier(results: ExperimentResults) -> None:
    """Say what an earlier version had concluded of the same runs: no conclusion changes silently."""
    before = workspace().database.get_summary(results.experiment.experiment_id)
    if before is None or (before.method == METHOD and before.earlier is None):
        return
    states = states_words(Counter(run.state for run in results.runs))
    earlier = earlier_result(before, summary_of(results, states))
    if earlier is not None:
        st.markdown(
            f":small[{literal(f'An earlier version of the app concluded otherwise: {earlier.words}')}]"
        )


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
