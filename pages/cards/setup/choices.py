"""The choices of an experiment: each with one sentence of help and a good default."""

import contextlib
from collections.abc import Callable

import streamlit as st

from pages.ui.base_models import label_of
from pages.ui.errors import InputErrors
from pages.ui.formatting import about, literal
from pages.ui.frame import dataset_line
from pages.ui.plan import estimate_of
from tl_core.arms import ARMS
from tl_core.errors import PlanError, TlError
from tl_core.evaluation.wording import METRIC_WORDS
from tl_core.intake.bundled import guess_task
from tl_core.intake.intake import Intake
from tl_core.planning.plan import default_metric
from tl_core.planning.presets import DEFAULT_BUDGET, PRESETS
from tl_core.planning.repeated_splits import MAX_SPLITS, require_repeatable
from tl_core.schema import (
    DEFAULT_MARGIN,
    Arm,
    BudgetRule,
    DatasetInfo,
    ExperimentConfig,
    Metric,
    Preset,
    SplitInfo,
    Task,
    metrics_for,
)
from tl_core.words import capitalised

BUDGET_SENTENCES = {
    BudgetRule.EQUAL_STEPS: (
        "Same number of steps for every network; the final checkpoint is scored. Quicker, but often too few "
        "for a network from scratch."
    ),
    BudgetRule.PLATEAU: (
        "Every network trains until the main metric on validation levels off, with the same minimum, "
        "patience and cap. The running average of the weights that did best on validation is scored."
    ),
}
BUDGET_TITLES = {BudgetRule.PLATEAU: "Train until it stops improving", BudgetRule.EQUAL_STEPS: "Equal steps"}
METRIC_SENTENCES = {
    Metric.ACCURACY: "The share of test examples answered right.",
    Metric.MACRO_F1: "F1 averaged over classes: small classes count as much as large ones.",
    Metric.BALANCED_ACCURACY: "The share answered right in each class, averaged over classes.",
    Metric.AUROC: "How often an example of one label scores higher for that label than one of the other.",
    Metric.QUADRATIC_KAPPA: "Agreement beyond chance: two steps off counts four times as much as one.",
}
USUAL_SIZES = (50, 100, 200, 500, 1_000, 2_000, 5_000)
MAX_SEEDS = 20
SPLITS = "splits"
"""Session key of the number of splits."""


def choose_dataset(datasets: list[DatasetInfo], current: str | None) -> DatasetInfo:
    """Choose among the stored datasets."""
    by_id = {info.fingerprint: info for info in datasets}
    ids = list(by_id)
    chosen = st.selectbox(
        "Dataset",
        ids,
        index=ids.index(current) if current in by_id else 0,
        format_func=lambda one: dataset_line(by_id[one]),
    )
    return by_id[chosen]


def choose_task(dataset: DatasetInfo) -> Task:
    """Choose what the labels mean."""
    return st.segmented_control(
        "Kind of labels",
        list(Task),
        default=guess_task(dataset.name, dataset.columns.labels),
        required=True,
        format_func=lambda task: task.value.capitalize(),
        key=f"task_{dataset.fingerprint}",
        persist_state="session",
        help="A word for the JSON and for the example on Try it. It changes no number.",
    )


def choose_arms(modality: str | None) -> list[Arm]:
    """Choose what stands side by side, of what can read such examples."""
    arms = []
    for spec in ARMS:
        if not spec.choice or not spec.kind.can_read(modality):
            continue
        arm = Arm(kind=spec.kind)
        name, sentence = st.columns([3, 7], vertical_alignment="center", gap="xsmall")
        sentence.markdown(f":small[{spec.choice}]")
        if name.checkbox(
            label_of(arm),
            value=spec.is_default,
            key=f"arm_{spec.kind.value}",
            persist_state="session",
        ):
            arms.append(arm)
    return arms


def choose_preset(planned: Callable[..., ExperimentConfig], intake: Intake) -> Preset:
    """Choose how much time to spend: presets, each with what its usual values take on this machine.

    Parameters
    ----------
    planned
        Makes the plan of a preset and a task.
    """
    times = {}
    for preset in Preset:
        with contextlib.suppress(TlError):  # told where the plan is drawn
            plan = planned(preset=preset, task=Task.OTHER)
            cost = estimate_of(plan, intake).repeated(plan.num_splits)
            times[preset] = about(cost.total, is_short=True)
    preset = st.segmented_control(
        "How long may it take?",
        list(Preset),
        default=Preset.QUICK,
        required=True,
        format_func=lambda one: one.value.capitalize() + (f", {times[one]}" if one in times else ""),
        key="preset",
        persist_state="session",
    )
    st.markdown(PRESETS[preset].purpose)
    return preset


def choose_amount(preset: Preset, split: SplitInfo, input_errors: InputErrors) -> tuple[int, list[int]]:
    """Choose seeds and train sizes, which follow the preset until they are changed."""
    choice = PRESETS[preset]
    seeds, sizes = st.columns(2)
    num_seeds = seeds.number_input(
        "Seeds",
        1,
        MAX_SEEDS,
        choice.num_seeds,
        key=f"seeds_{preset}",
        persist_state="session",
        help="Trainings of each model. With one, the result is about these trained models only.",
    )
    largest = min(split.train, choice.max_train_size or split.train)
    typed = sizes.multiselect(
        "Training examples",
        [str(size) for size in sorted({*USUAL_SIZES, largest, split.train}) if size <= split.train],
        default=[str(largest)],
        accept_new_options=True,
        key=f"sizes_{preset}_{split.hash}",
        persist_state="session",
        help=f"At most {split.train:,}. Several sizes show how few labels are enough.",
    )
    train_sizes = [largest]
    with sizes, input_errors.told():
        train_sizes = _sizes(typed)
    if num_seeds > 1 and max(train_sizes) == split.train:
        st.markdown(
            f"All seeds learn from the same {split.train:,} examples, so one split doesn't say how much "
            "others would have changed the result."
        )
    return int(num_seeds), train_sizes


def chosen_splits(dataset: DatasetInfo, split: SplitInfo) -> int:
    """Return the number of splits that was chosen last, where this one can be repeated."""
    try:
        require_repeatable(dataset, split)
    except PlanError:
        return 1
    return int(st.session_state.get(SPLITS, 1))


def choose_splits(dataset: DatasetInfo, split: SplitInfo) -> int:
    """Choose on how many random splits everything is repeated; say why where there can be only one."""
    try:
        require_repeatable(dataset, split)
    except PlanError as error:
        st.markdown(f":small[{literal(error.message)}]")
        return 1
    num_splits = st.number_input(
        "Splits",
        1,
        MAX_SPLITS,
        1,
        key=SPLITS,
        persist_state="session",
        help="Random splits, each with all seeds. With 5 or 10, the result also covers the choice of "
        "examples for training and test.",
    )
    return int(num_splits)


def _sizes(typed: list[str]) -> list[int]:
    if not typed:
        raise PlanError("No number of training examples is chosen.", "Choose at least one.")
    try:
        return [int(size.replace(",", "")) for size in typed]
    except ValueError as error:
        raise PlanError(
            f"“{', '.join(typed)}” are no whole numbers.", "Write such as 50 or 1,000."
        ) from error


def choose_budget() -> BudgetRule:
    """Choose how long every network trains."""
    budget = st.segmented_control(
        "Length of training",
        list(BUDGET_TITLES),
        default=DEFAULT_BUDGET,
        required=True,
        format_func=BUDGET_TITLES.__getitem__,
        key="budget",
        persist_state="session",
    )
    st.markdown(BUDGET_SENTENCES[budget])
    return budget


def choose_metric(dataset: DatasetInfo) -> Metric:
    """Choose the number that the verdict is about, before anything is measured."""
    metric = st.segmented_control(
        "Main metric",
        metrics_for(dataset.columns.labels),
        default=default_metric(dataset.label_counts),
        required=True,
        format_func=lambda one: capitalised(METRIC_WORDS[one]),
        key=f"metric_{dataset.fingerprint}",
        persist_state="session",
    )
    st.markdown(METRIC_SENTENCES[metric])
    return metric


def choose_margin() -> float:
    """Choose the difference that does not matter, before anything is measured; return it as a share."""
    points = st.number_input(
        "Smallest difference that matters, in points",
        0.1,
        50.0,
        100 * DEFAULT_MARGIN,
        0.5,
        format="%g",
        key="margin",
        persist_state="session",
        help="0.1 to 50 points of the main metric. Two models count as equivalent only if the 90% interval "
        "of their difference lies within it.",
    )
    return round(points / 100, 6)
