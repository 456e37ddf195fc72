"""The card *Related tasks*: a first task as the start of a second, and what is left of the first."""

from collections.abc import Sequence

import streamlit as st

from pages.ui.base_models import label_of
from pages.ui.displays import draw_display
from pages.ui.errors import show_error
from pages.ui.frame import card
from pages.ui.missing_runs import NOT_TRIED, draw_coming, draw_said, offer_missing
from pages.ui.session import workspace
from tl_core.arms import FINE_TUNED
from tl_core.displays import related_tasks
from tl_core.errors import TlError
from tl_core.planning.finetuned_base_models import list_finetuned, settle_base_model
from tl_core.results.comparison import ExperimentResults
from tl_core.results.overlaps import overlap_words
from tl_core.results.pooled import TUNED, Pooled, live_cells
from tl_core.results.pooled_sentences import difference
from tl_core.results.related_tasks import TwoStages, find_two_stages, tell_left
from tl_core.schema import Arm

MEANING = (
    "A network that was fine-tuned on one task can be the start for another: sentiment before irony, one set "
    "of intents before the next. **Direct** starts from the pretrained weights, **two-stage** from the "
    "network that the first task left, with a new head."
)
LIMITS = (
    "The first task was trained once; the seeds are those of the second. A head that no longer fits does not "
    "mean that the knowledge is lost. So a new head is fitted on the first task's training examples, and the "
    "network stays as it is."
)


def draw_related(pooled: Pooled, results: Sequence[ExperimentResults]) -> None:
    """Draw direct against two-stage transfer and what is left of the first task, or offer to try it."""
    stages = find_two_stages(pooled, results, workspace())
    explains = "A first task as the start for this one, and what is left of the first."
    with card("Related tasks", explains=explains):
        st.markdown(MEANING)
        for one in stages:
            _draw_stages(pooled, one)
        if stages:
            st.markdown(f":small[{LIMITS}]")
        _offer(pooled)


def _draw_stages(pooled: Pooled, stages: TwoStages) -> None:
    left, right = st.columns([5, 6], gap="large")
    with left:
        said = difference(pooled, stages.arm, stages.direct)
        draw_said([said] if said else [])
        if said is None:
            st.markdown("No result yet: direct and two-stage need a finished seed in common.")
    with right:
        draw_display(related_tasks.display_transfer(pooled, stages))

    left, right = st.columns([5, 6], gap="large")
    with left:
        draw_said(tell_left(stages))
        st.markdown(overlap_words(stages.overlap))
    with right:
        draw_display(related_tasks.display_left(stages))


def _offer(pooled: Pooled) -> None:
    """Offer a finished fine-tuning on other texts as the start of this task."""
    here = workspace()
    own = pooled.experiment.dataset_fingerprint
    firsts = [
        one for one in list_finetuned(here, here.database.list_runs()) if one.run.dataset_fingerprint != own
    ]
    if not firsts:
        st.markdown("Fine-tune a network on other data first. Then you can start this task from it.")
        st.page_link("data.py", label="Upload other data", icon=":material/arrow_forward:")
        return
    by_id = {one.run.run_id: one for one in firsts}
    first_id = st.selectbox(
        "First task",
        list(by_id),
        format_func=lambda one: f"{by_id[one].title} · {label_of(by_id[one].run.arm)}, {one[-4:]}",
        key="first_task",
        persist_state="session",
    )
    try:
        arm = Arm(kind=FINE_TUNED.kind, base_model=settle_base_model(here, by_id[first_id].typed))
    except TlError as error:  # its weights are damaged: the rest of the page does without them
        show_error(error)
        return
    cells = [(TUNED, pooled.largest), (arm, pooled.largest)]
    there = live_cells(pooled.runs)
    pending = [run for run in pooled.runs if not run.state.is_final]
    draw_coming([run for run in pending if (run.config.arm, run.config.train_size) in cells])
    offer_missing(
        pooled.experiment, [cell for cell in cells if cell not in there], NOT_TRIED, key="offer_related"
    )
