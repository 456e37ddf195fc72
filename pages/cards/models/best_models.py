"""The best model of each experiment on *Models*, to be taken away."""

from collections.abc import Sequence

import streamlit as st

from pages.cards.models.download import MB, archive_name, draw_download
from pages.ui.errors import guarded, show_error
from pages.ui.formatting import literal, plural
from pages.ui.frame import invite
from pages.ui.readers import arm_names_of
from pages.ui.session import workspace
from tl_core.catalogue.locating import describe
from tl_core.errors import ComparisonError
from tl_core.evaluation.wording import METRIC_WORDS, examples_words
from tl_core.intake.bundled import find_example
from tl_core.results.best_model import BestModel, choose_best
from tl_core.results.inventory import loading_lines
from tl_core.schema import ExperimentConfig, State
from tl_core.store.rows import ExperimentEntry

AT_ONCE = 20
"""Experiments that are read and drawn at a time."""
_SHOWN = "models_shown"
"""Session key of how many are shown."""


@st.cache_data(show_spinner=False, max_entries=5_000)
def _best_once(experiment_id: str, states: str) -> BestModel | None:
    """Choose an experiment's best model, once for each set of run states."""
    here = workspace()
    return choose_best(
        here, here.database.get_experiment(experiment_id), here.database.list_runs(experiment_id)
    )


def draw_best_models(entries: Sequence[ExperimentEntry]) -> None:
    """Draw a card for each experiment that has a model, in the order of ``entries``, some at a time."""
    limit = st.session_state.setdefault(_SHOWN, AT_ONCE)
    st.subheader("Best model of each experiment", anchor=False)
    head = st.empty()
    num_drawn = 0
    for entry in entries:
        if State.FINISHED not in entry.counts:
            continue
        try:
            best = _best_once(entry.config.experiment_id, entry.states)
        except ComparisonError as error:
            show_error(error)
            continue
        if best is None:
            continue
        if num_drawn == limit:
            if st.button("Show more", icon=":material/expand_more:"):
                st.session_state[_SHOWN] = limit + AT_ONCE
                st.rerun()
            break
        with st.container(border=True):
            guarded(_draw_best, "model")(entry.config, best)
        num_drawn += 1
    if num_drawn:
        head.markdown(
            "Chosen on validation: the model with the highest mean over the seeds, and of those the best. "
            "The test value is the mean over the seeds."
        )
    else:
        _invite_first(entries)


def _invite_first(entries: Sequence[ExperimentEntry]) -> None:
    """Say why no model is here, and lead to where one is made."""
    if any(not entry.is_over for entry in entries):
        invite("No model is ready yet.", "Experiments", "experiments")
    elif all(find_example(entry.config.experiment_id) for entry in entries):
        invite("Examples come without their models. Start a sample to train some.", "Home", "home")
    else:
        invite("No model has been kept. Train one.", "Data", "data")


def _draw_best(experiment: ExperimentConfig, best: BestModel) -> None:
    """Draw what the model is and how good; beside it its download, and the lines that load it."""
    run, test, metric = best.run, best.test, METRIC_WORDS[experiment.headline_metric]
    model = arm_names_of(experiment)[run.arm.name]
    query = {"experiment": experiment.experiment_id}
    left, right = st.columns([4, 7], gap="large")
    with left:
        st.markdown(f"**{literal(experiment.name)}**")
        st.metric(
            literal(f"{model}, test {metric}"),
            f"{100 * test.mean:.1f}%",
            help=f"Best of {plural(best.num_models, 'model')} on validation: "
            f"{100 * best.validation:.1f}% {metric}. The download is seed {run.seed}."
            + (f" {plural(best.num_without, 'model')} left no weights." if best.num_without else ""),
        )
        low, high = (f"{100 * end:.1f}" for end in test.ci95)
        seeds = "mean of " + plural(len(test.seeds), "seed") if len(test.seeds) > 1 else "one seed"
        if best.num_runs < len(test.seeds):
            seeds = "the same for every seed"
        base_model = f"Base model {literal(describe(run.base_model).title)}. " if run.base_model else ""
        st.markdown(
            f"95% interval {low} to {high}%, {seeds}, "
            f"{examples_words(test.num_examples, test.num_groups)}.  \n"
            f"{base_model}{best.size_bytes / MB:,.1f} MB on disk."
        )
        with st.container(horizontal=True):
            st.page_link("results.py", label="Results", icon=":material/bar_chart:", query_params=query)
            st.page_link("try_it.py", label="Try it", icon=":material/keyboard:", query_params=query)
    with right:
        draw_download(run.run_id, archive_name(experiment.name, model), place="best")
        st.markdown("Unzip it. This loads it from the same folder:")
        lines = loading_lines(workspace().run_folder(run.run_id), run.run_id)
        st.code("\n".join(filter(None, lines.splitlines())), language="python", wrap_lines=True)
