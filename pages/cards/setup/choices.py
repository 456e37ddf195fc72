"""The choices of a comparison: each with one sentence of help and a good default."""

from dataclasses import dataclass

import streamlit as st

from pages.ui.base_models import label_of
from pages.ui.errors import InputErrors
from pages.ui.formatting import METRIC_WORDS
from pages.ui.frame import dataset_line
from tl_core.arms import ARMS
from tl_core.errors import PlanError
from tl_core.intake.bundled import guess_task
from tl_core.planning.plan import default_metric
from tl_core.planning.presets import PRESETS
from tl_core.schema import (
    DEFAULT_MARGIN,
    Arm,
    BudgetRule,
    DatasetInfo,
    Metric,
    Preset,
    SplitInfo,
    Task,
)

BUDGET_SENTENCES = {
    BudgetRule.EQUAL_STEPS: "Same number of steps for every network; the final checkpoint is scored.",
    BudgetRule.PLATEAU: (
        "Every network trains until its headline metric on validation has levelled off, with the same "
        "minimum, patience and cap. Then the learning rate falls to zero, and the best weights of that "
        "stretch are kept."
    ),
}
BUDGET_TITLES = {BudgetRule.EQUAL_STEPS: "Equal steps", BudgetRule.PLATEAU: "Train until it stops improving"}
METRIC_SENTENCES = {
    Metric.ACCURACY: "The share of test texts that are answered right.",
    Metric.MACRO_F1: "The F1 score averaged over the classes: small classes count as much as large ones.",
}
USUAL_SIZES = (50, 100, 200, 500, 1_000, 2_000, 5_000)
MAX_SEEDS = 20


@dataclass(frozen=True, kw_only=True)
class Amount:
    """How much is trained: preset, seeds and train sizes."""

    preset: Preset
    num_seeds: int
    train_sizes: list[int]


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
        "Task",
        list(Task),
        default=guess_task(dataset.name, dataset.columns.labels),
        required=True,
        format_func=lambda task: task.value.capitalize(),
        key=f"task_{dataset.fingerprint}",
        persist_state="session",
        help="What the labels mean to you. It decides words, never the computation.",
    )


def choose_arms() -> list[Arm]:
    """Choose what stands side by side."""
    arms = []
    for spec in ARMS:
        if not spec.choice:
            continue
        arm = Arm(kind=spec.kind)
        name, sentence = st.columns([4, 5], vertical_alignment="center", gap="xsmall")
        sentence.caption(spec.choice)
        if name.checkbox(
            label_of(arm),
            value=spec.is_default,
            key=f"arm_{spec.kind.value}",
            persist_state="session",
        ):
            arms.append(arm)
    return arms


def choose_amount(split: SplitInfo, input_errors: InputErrors) -> Amount:
    """Choose preset, seeds and train sizes; seeds and sizes follow the preset until they are changed."""
    preset = st.segmented_control(
        "Preset",
        list(Preset),
        default=Preset.QUICK,
        required=True,
        format_func=lambda one: one.value.capitalize(),
        key="preset",
        persist_state="session",
    )
    choice = PRESETS[preset]
    st.caption(choice.purpose)
    seeds, sizes = st.columns(2)
    num_seeds = seeds.number_input(
        "Seeds",
        1,
        MAX_SEEDS,
        choice.num_seeds,
        key=f"seeds_{preset}",
        persist_state="session",
        help="Trainings of each arm. One seed speaks of these trained models only; three or more of the arm.",
    )
    largest = min(split.train, choice.max_train_size or split.train)
    typed = sizes.multiselect(
        "Train sizes",
        [str(size) for size in sorted({*USUAL_SIZES, largest, split.train}) if size <= split.train],
        default=[str(largest)],
        accept_new_options=True,
        key=f"sizes_{preset}_{split.hash}",
        persist_state="session",
        help=f"Labelled texts to learn from, at most {split.train:,}. Several show from how few it works.",
    )
    train_sizes = [largest]
    with sizes, input_errors.told():
        train_sizes = _sizes(typed)
    if num_seeds > 1 and max(train_sizes) == split.train:
        st.caption(
            f"All seeds learn from the same {split.train:,} texts, all that there are: no interval counts "
            "that others could have been drawn to learn from."
        )
    return Amount(preset=preset, num_seeds=int(num_seeds), train_sizes=train_sizes)


def _sizes(typed: list[str]) -> list[int]:
    if not typed:
        raise PlanError("Expected at least one train size; got none.", "Choose how many texts to learn from.")
    try:
        return [int(size.replace(",", "")) for size in typed]
    except ValueError as error:
        raise PlanError(f"Expected whole numbers as train sizes; got {', '.join(typed)}.") from error


def choose_budget() -> BudgetRule:
    """Choose how long every network trains."""
    budget = st.segmented_control(
        "Budget",
        list(BudgetRule),
        default=BudgetRule.EQUAL_STEPS,
        required=True,
        format_func=BUDGET_TITLES.__getitem__,
        key="budget",
        persist_state="session",
    )
    st.caption(BUDGET_SENTENCES[budget])
    return budget


def choose_metric(dataset: DatasetInfo) -> Metric:
    """Choose the number that the verdict is about, before anything is measured."""
    metric = st.segmented_control(
        "Headline metric",
        list(Metric),
        default=default_metric(dataset.label_counts),
        required=True,
        format_func=lambda one: METRIC_WORDS[one].capitalize().replace("f1", "F1"),
        key=f"metric_{dataset.fingerprint}",
        persist_state="session",
    )
    st.caption(METRIC_SENTENCES[metric])
    return metric


def choose_margin() -> float:
    """Choose the difference that does not matter, before anything is measured; return it as a share."""
    points = st.number_input(
        "Margin, in points",
        0.1,
        50.0,
        100 * DEFAULT_MARGIN,
        0.5,
        format="%g",
        key="margin",
        persist_state="session",
        help="The smallest difference that matters, 0.1 to 50 points of the main metric. Two models are "
        "called equivalent only if the 90% interval of their difference lies within it.",
    )
    return round(points / 100, 6)
