"""Does a first task help, and what is left of it? Direct against two-stage transfer."""

import pandas as pd

from tl_core.catalogue.locating import describe
from tl_core.charts import ArmStyle, arm_styles, arms_overview
from tl_core.charts.colors import Theme
from tl_core.displays.display import Display
from tl_core.displays.tried import pooled_numbers
from tl_core.displays.words import as_percent, as_points, count_groups, p_value
from tl_core.evaluation.wording import METRIC_WORDS, pairs_words
from tl_core.results.fairness import BUDGET_WORDS
from tl_core.results.pooled import Pooled, mean_rows, seed_rows
from tl_core.results.related_tasks import STAGES, TwoStages, left_means, left_seeds
from tl_core.schema import Arm


def display_transfer(pooled: Pooled, stages: TwoStages) -> Display:
    """Show direct and two-stage transfer on the second task."""
    keys = [(arm.name, pooled.largest) for arm in (stages.arm, stages.direct)]
    keys = [key for key in keys if key in pooled.predictions]

    def styles(theme: Theme) -> dict[str, ArmStyle]:
        models = [arm.base_model for arm in (stages.direct, stages.arm) if arm.base_model]
        titles = {model: describe(model).title for model in models}
        return arm_styles([stages.direct, stages.arm], titles, theme)

    names = {name: style.label for name, style in styles("light").items()}
    return Display(
        key=f"transfer_{stages.arm.name}",
        frame=pooled_numbers(pooled, keys, names),
        draw=lambda theme: arms_overview(
            seed_rows(pooled, keys),
            mean_rows(pooled, keys),
            styles(theme),
            metric=pooled.experiment.headline_metric,
            floor=pooled.floor,
            theme=theme,
        ),
        budget=BUDGET_WORDS[pooled.experiment.training.budget],
    )


def display_left(stages: TwoStages) -> Display:
    """Show what is left of the first task, with its own head and with a new one, and what was lost."""

    def styles(theme: Theme) -> dict[str, ArmStyle]:
        by_key = arm_styles([Arm.parse(key) for key in STAGES], {}, theme)
        return {
            key: ArmStyle(STAGES[key], style.color, style.dash, style.ink) for key, style in by_key.items()
        }

    rows = left_means(stages)
    verdicts = {verdict.a: verdict for verdict in stages.verdicts}
    found = [verdicts.get(key) for key in rows["arm"]]  # what was before has none
    corrected = pd.Series([one and one.p_corrected for one in found], dtype=float)
    num_groups = [one.num_groups if one else None for one in found]
    frame = pd.DataFrame(
        {
            "First task": rows["arm"].map(STAGES),
            f"Mean test {METRIC_WORDS[stages.metric]}, %": rows["mean"].map(as_percent),
            "95% interval from": rows["low"].map(as_percent),
            "to": rows["high"].map(as_percent),
            "Seeds": rows["num_seeds"],
            "Test examples": len(stages.first.targets),
            "After − before, points": [one and as_points(one.difference) for one in found],
            "p-value": [one and p_value(one.p_value) for one in found],
            "Corrected p": corrected.map(p_value, na_action="ignore"),
            "Result on test": [one and one.sentence for one in found],
        }
    )
    return Display(
        key=f"left_{stages.arm.name}",
        frame=count_groups(frame, num_groups) if stages.left else None,
        draw=lambda theme: arms_overview(
            left_seeds(stages), left_means(stages), styles(theme), metric=stages.metric, theme=theme
        ),
        limits=pairs_words(stages.verdicts),
    )
