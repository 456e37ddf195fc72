"""Would another threshold help? Of two classes, what one that is chosen on validation changes on test."""

import pandas as pd

from tl_core.displays.display import Subject
from tl_core.displays.words import as_percent, as_points, percent, quoted
from tl_core.evaluation.wording import METRIC_WORDS, points, spoken_names
from tl_core.results.thresholds import ThresholdEffect, threshold_effects
from tl_core.words import plural


def numbers(subject: Subject) -> pd.DataFrame | None:
    """List every model's thresholds and what they change on test; None with more than two classes."""
    effects = threshold_effects(subject.results, subject.train_size)
    if not effects:
        return None
    metric = METRIC_WORDS[effects[0].metric]
    return pd.DataFrame(
        {
            "Model": subject.names[one.arm],
            "Lowest threshold, %": as_percent(min(one.thresholds)),
            "Highest": as_percent(max(one.thresholds)),
            f"Test {metric} at 50%, %": as_percent(one.usual),
            "at the threshold": as_percent(one.chosen),
            "Difference, points": as_percent(one.difference),
            "95% interval from": as_points(one.low),
            "to": as_points(one.high),
            "Answers changed": one.num_changed,
            "Runs": one.num_seeds,
            "Validation examples": one.num_validation,
            "Test examples": one.num_examples,
        }
        for one in effects
    )


def sentences(subject: Subject) -> list[str]:
    """Say what it changes for each model of the pair; empty with more than two classes."""
    names = spoken_names(subject.results.titles)
    effects = {one.arm: one for one in threshold_effects(subject.results, subject.train_size)}
    return [tell(effects[arm], names[arm]) for arm in subject.pair if arm in effects]


def limits(subject: Subject) -> str:
    """Say how thresholds were chosen, and where they count."""
    effects = threshold_effects(subject.results, subject.train_size)
    if not effects:
        return ""
    label, metric = quoted(subject.results.experiment.labels[1]), METRIC_WORDS[effects[0].metric]
    return (
        f"The probability from which {label} is answered, chosen for each run by {metric} on "
        f"{plural(effects[0].num_validation, 'validation example')}. All other results answer from 50%."
    )


def tell(effect: ThresholdEffect, name: str) -> str:
    """Say what another threshold changes for one model, named ``name``."""
    metric = METRIC_WORDS[effect.metric]
    if not effect.num_changed:
        return f"{name}: another threshold changes no test answer."
    size, low, high = points(effect.difference, effect.low, effect.high)
    runs = plural(effect.num_seeds, "run")
    proof = f"{size} points of {metric}, 95% interval {low} to {high}, {runs}"
    if not effect.is_clear:
        return f"{name}: another threshold makes no clear difference ({proof})."
    middle = percent(sum(effect.thresholds) / effect.num_seeds)
    verb = "helps" if effect.difference > 0 else "hurts"
    return f"{name}: a threshold of {middle} on average {verb} ({proof})."
