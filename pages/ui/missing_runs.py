"""What an experiment lacks for an answer: read together with those that are alike, offered, and watched."""

from collections.abc import Iterable, Mapping, Sequence

import streamlit as st

from pages.ui.base_models import can_be_had, label_of
from pages.ui.errors import begin_anew, live_part
from pages.ui.formatting import about, after_queue, literal, plural
from pages.ui.plan import ahead_of, estimate_of, promise_of
from pages.ui.readers import States, observed_runs, results_of, states_of, stored_intake
from pages.ui.session import workspace
from pages.ui.verdict_card import draw_status
from tl_core.errors import NotFoundError
from tl_core.jobs import client
from tl_core.planning.missing_runs import plan_missing
from tl_core.planning.plan import launch, num_runs
from tl_core.results.comparable import gather_alike
from tl_core.results.comparison import ExperimentResults
from tl_core.results.pooled import Pooled, put_together
from tl_core.results.pooled_sentences import Said
from tl_core.results.runs import find_cancelled, name_runs
from tl_core.schema import Arm, ExperimentConfig, Span
from tl_core.store.rows import RunRow

NOT_TRIED = "**Not tried yet:**"
"""What begins an offer of arms and sizes that nobody has tried."""


def alike_results(experiment: ExperimentConfig) -> list[ExperimentResults]:
    """Read an experiment's results first, then those like it that add an arm or a train size."""
    return gather_alike(workspace(), _known(experiment.experiment_id), _known)


def _known(experiment_id: str) -> ExperimentResults:
    return results_of(experiment_id, states_of(observed_runs(experiment_id)))


def pooled_of(experiment: ExperimentConfig) -> Pooled:
    """Put together what this experiment has shown, and those like it that add an arm or a train size."""
    return put_together(experiment, alike_results(experiment))


def draw_said(said: Sequence[Said]) -> None:
    """Draw claims with their proof and status, the first one in bold."""
    for position, one in enumerate(said):
        claim = literal(one.claim) if position else f"**{literal(one.claim)}**"
        st.markdown(claim + (f"  \n:small[{literal(one.proof)}]" if one.proof else ""))
        if one.status is not None:
            draw_status(one.status)


def draw_coming(runs: Sequence[RunRow]) -> None:
    """Say how many runs something waits for, and lead to them."""
    if runs:
        st.info(
            f"{plural(len(runs), 'run')} on the way; this page fills in by itself.",
            icon=":material/hourglass_top:",
        )
        query = {"experiment": runs[0].config.experiment_id}
        st.page_link("runs.py", label="Watch them", icon=":material/arrow_forward:", query_params=query)


def offer_missing(
    experiment: ExperimentConfig,
    cells: Sequence[tuple[Arm, int]],
    words: str,
    *,
    key: str,
    is_first: bool = True,
) -> None:
    """Offer exactly these arms at these train sizes, with what they cost; see `offer_plans`.

    ``words`` say what they are for.
    """
    if not cells:
        return
    plans = plan_missing(experiment, cells)
    lacking = []
    for plan in plans:
        *first, last = [label_of(arm) for arm in plan.arms]
        arms = f"{', '.join(first)} and {last}" if first else last
        sizes = ", ".join(f"{size:,}" for size in plan.train_sizes)
        lacking.append(f"{arms} with {sizes} training examples, {plural(plan.num_seeds, 'seed')}")
    offer_plans(plans, f"{words} {literal('; '.join(lacking))}.", "Try it", key=key, is_first=is_first)


def offer_plans(
    plans: Sequence[ExperimentConfig], words: str, verb: str, *, key: str, is_first: bool = True
) -> None:
    """Offer to queue some experiments on one dataset with one click, which leads to their runs.

    Parameters
    ----------
    words
        What they are, in markdown.
    verb
        Begins the button, before the number of runs and their time.
    is_first
        Whether it is the first thing to do here, so that the button stands out.
    """
    try:
        intake = stored_intake(plans[0].dataset_fingerprint)
    except NotFoundError:
        st.markdown("The dataset is not in this workspace, so the missing runs cannot be started.")
        return
    count = plural(sum(num_runs(plan) for plan in plans), "run")
    duration = about(Span.total(estimate_of(plan, intake).total for plan in plans))
    if words:
        st.markdown(words)
    if waits := after_queue(ahead_of()):
        st.markdown(waits)
    base_models = {
        arm.base_model or plan.base_model for plan in plans for arm in plan.arms if arm.kind.is_neural
    }
    is_ready = can_be_had(sorted(base_models))
    if st.button(
        f"{verb}: {count}, {duration}",
        type="primary" if is_first else "secondary",
        icon=":material/play_arrow:",
        disabled=not is_ready,
        key=key,
    ):
        for plan in plans:
            launch(workspace(), plan, promise_of(plan))
        st.switch_page("runs.py", query_params={"experiment": plans[0].experiment_id})


def draw_cancelled(runs: Iterable[RunRow], arm_names: Mapping[str, str]) -> None:
    """Say which runs were cancelled and by whom, and offer to run all of them."""
    groups = find_cancelled(runs)
    for words, group in groups.items():
        were = "was" if len(group) == 1 else "were"
        st.info(
            f"{plural(len(group), 'run')} {were} {words}: {literal(name_runs(group, arm_names))}.",
            icon=":material/cancel:",
        )
    offer_again(
        [run for group in groups.values() for run in group],
        "Run the cancelled one",
        "Run the {} cancelled",
        key="again_cancelled",
    )


def offer_again(runs: Sequence[RunRow], one: str, several: str, *, key: str) -> None:
    """Offer to queue exactly these runs once more, which ended early; imported ones cannot be.

    Parameters
    ----------
    one, several
        Label of the button for a single run, and for so many.
    """
    own = [run.run_id for run in runs if run.job_id is not None]
    label = one if len(own) == 1 else several.format(len(own))
    if not own or not st.button(label, icon=":material/replay:", key=key):
        return
    # A run whose process vanished unseen fails only when a supervisor looks.
    if not client.retry(workspace(), own):
        st.toast("The end of a run is only just being noted. Try again in a moment.")
        return
    st.rerun()


def watch(runs: Iterable[RunRow], poll_s: float) -> None:
    """Ask for the whole page anew whenever one of these runs changes its state."""
    pending = {run.config.experiment_id for run in runs if not run.state.is_final}
    states = {one: states_of(observed_runs(one)) for one in pending}
    if pending:
        live_part(_watch, poll_s)(states)


def _watch(states: dict[str, States]) -> None:
    if any(states_of(observed_runs(one)) != known for one, known in states.items()):
        begin_anew()
