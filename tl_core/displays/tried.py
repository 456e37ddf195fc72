"""What have the runs shown of an answer to "what is transfer learning?" Arms, or sizes, of pooled runs."""

from collections.abc import Iterable, Mapping

import pandas as pd

from tl_core.arms import ARMS
from tl_core.charts import ArmStyle, Theme, arm_styles, arms_overview
from tl_core.charts.data_efficiency import data_efficiency
from tl_core.charts.weights import starting_weights
from tl_core.displays.display import Display
from tl_core.displays.words import as_percent, count_groups
from tl_core.evaluation.wording import METRIC_WORDS
from tl_core.results.comparison import Key
from tl_core.results.data_efficiency import find_data_efficiency
from tl_core.results.fairness import BUDGET_WORDS
from tl_core.results.pooled import (
    SCRATCH,
    TUNED,
    Answer,
    Pooled,
    keys_of,
    mean_rows,
    seed_rows,
    weight_rows,
)
from tl_core.schema import Arm


def display(pooled: Pooled, answer: Answer) -> Display:
    """Show the arms that an answer is about, over training sets of growing size where it is about those."""
    keys = keys_of(answer, pooled)
    if answer is not Answer.MORE_LABELS:
        return display_arms("tried", pooled, keys)
    worths = find_data_efficiency(pooled, TUNED.name, SCRATCH.name)
    return Display(
        key="tried",
        frame=pooled_numbers(pooled, keys, _names()) if keys else None,
        draw=lambda theme: data_efficiency(
            seed_rows(pooled, keys),
            mean_rows(pooled, keys),
            _styles(theme),
            metric=pooled.experiment.headline_metric,
            floor=pooled.floor,
            worth=next(iter(worths), None),
            theme=theme,
        ),
        budget=BUDGET_WORDS[pooled.experiment.training.budget],
    )


def display_arms(key: str, pooled: Pooled, keys: list[Key], arms: Iterable[Arm] = ()) -> Display:
    """Show some arms at some train sizes; ``arms`` are those to style beside one of each kind."""
    return Display(
        key=key,
        frame=pooled_numbers(pooled, keys, _names(arms)) if keys else None,
        draw=lambda theme: arms_overview(
            seed_rows(pooled, keys),
            mean_rows(pooled, keys),
            _styles(theme, arms),
            metric=pooled.experiment.headline_metric,
            floor=pooled.floor,
            theme=theme,
        ),
        budget=BUDGET_WORDS[pooled.experiment.training.budget],
    )


def display_weights(pooled: Pooled) -> Display:
    """Show how many weights of each arm start pretrained, and how many at random."""
    rows = weight_rows(pooled)
    frame = pd.DataFrame(
        {
            "Model": rows["arm"].map(_names()),
            "Weights that start pretrained": rows["pretrained"],
            "Weights that start at random": rows["random"],
            "What learns": rows["is_trained"].map({True: "all weights", False: "the head"}),
        }
    )
    return Display(
        key="weights",
        frame=frame if len(rows) else None,
        draw=lambda theme: starting_weights(rows, _styles(theme), theme=theme),
    )


def pooled_numbers(pooled: Pooled, keys: Iterable[Key], names: Mapping[str, str]) -> pd.DataFrame:
    """List the means of some arms and train sizes; ``names`` are display names by arm name."""
    rows = mean_rows(pooled, keys)
    frame = pd.DataFrame(
        {
            "Model": rows["arm"].map(names),
            "Training examples": rows["train_size"],
            f"Mean test {METRIC_WORDS[pooled.experiment.headline_metric]}, %": rows["mean"].map(as_percent),
            "95% interval from": rows["low"].map(as_percent),
            "to": rows["high"].map(as_percent),
            "Seeds": rows["num_seeds"],
            "Test examples": rows["num_examples"],
        }
    )
    return count_groups(frame, rows["num_groups"].astype("Int64"))


def _styles(theme: Theme = "light", arms: Iterable[Arm] = ()) -> dict[str, ArmStyle]:
    kinds = [spec.kind for spec in ARMS if not (spec.kind.is_partial or spec.kind.is_on_pairs)]
    return arm_styles([*(Arm(kind=kind) for kind in kinds), *arms], {}, theme)


def _names(arms: Iterable[Arm] = ()) -> dict[str, str]:
    return {name: style.label for name, style in _styles(arms=arms).items()}
