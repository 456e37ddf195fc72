"""How long until it is as good? The training each model needs for the best score of another."""

from collections.abc import Callable

import pandas as pd

from tl_core.charts.text import watt_hours
from tl_core.charts.time_to_accuracy import XAxis, time_to_reach
from tl_core.displays.display import Display, Subject
from tl_core.displays.learning_curves import cost_limits
from tl_core.displays.words import as_percent
from tl_core.evaluation.wording import METRIC_WORDS, spoken_names
from tl_core.results.curves import is_energy_known, learning_curve_points
from tl_core.results.time_to_accuracy import (
    TimeToAccuracy,
    factor_words,
    find_time_to_accuracy,
    pace_of,
    seconds_words,
    time_rows,
)
from tl_core.schema import Metric

SCHEDULE = (
    "The schedule decides much of this: where rates fall to zero, models are best near the end, however long "
    "they train."
)


def display(subject: Subject, x: XAxis = "train_s") -> Display | None:
    """Show how long every arm needs for the best of the pair's second; None if that one has no curve."""
    points, metric = learning_curve_points(subject.runs), subject.metric
    rows = time_rows(points, list(subject.names), subject.verdict.b, metric)
    if rows.empty:
        return None
    return Display(
        key="time_to_accuracy",
        frame=numbers(rows, metric, subject.names),
        draw=lambda theme: time_to_reach(rows, subject.styles(theme), x=x, theme=theme),
        sentence=" ".join(filter(None, (tell_pair(subject), _tell(subject, *reversed(subject.pair))))),
        limits=" ".join(filter(None, (_limits(subject, rows), cost_limits(subject)))),
        budget=subject.budget,
    )


def tell(found: TimeToAccuracy, names: dict[str, str], *, is_estimated: bool = False) -> str:
    """Say how soon the first arm was as good as the second at its best.

    Parameters
    ----------
    names
        The arms in a sentence, by arm name.
    is_estimated
        Whether the energies are estimated and not measured.
    """
    spent = _spent(found, is_estimated=is_estimated)
    return f"{headline(found, names).removesuffix('.')}{f' ({spent})' if spent else ''}."


def headline(found: TimeToAccuracy, names: dict[str, str]) -> str:
    """Say the same in a few words, without times."""
    a, b = names[found.a], names[found.b]
    if found.median_a is None:
        if found.num_reached:
            return f"{a} reached {b}'s best score in only {found.num_reached} of {len(found.seeds)} seeds."
        return f"{a} never reached {b}'s best score."
    if found.factor is not None and not found.factor.is_clear:
        return f"{a} reached {b}'s best score, not clearly sooner or later."
    return f"{a} reached {b}'s best score {pace_of(found)}."


def _spent(found: TimeToAccuracy, *, is_estimated: bool) -> str:
    """Write both times with the interval of their ratio, and both energies where they are known.

    Empty if the score was never reached.
    """
    if found.median_a is None:
        return ""
    spent: list[tuple[float, float, Callable[[float], str]]]
    spent = [(found.median_a, found.median_b, seconds_words)]
    if energies := found.median_energies:
        spent.append((*energies, watt_hours))
    words = [write(a) if a == b else f"{write(a)} instead of {write(b)}" for a, b, write in spent]
    if len(found.seeds) > 1:
        words[0] = f"median {words[0]}"
    if energies and is_estimated:
        words[-1] += " (estimated)"
    if found.factor is not None:
        words.insert(1, factor_words(found.factor))
    elif len(found.seeds) == 1:
        words.insert(1, "one seed")
    return ", ".join(words)


def race_of(subject: Subject) -> tuple[str, str]:
    """Return the headline of the pair's race and on what it rests; empty if they share no evaluations."""
    found = _found(subject, *subject.pair)
    if found is None:
        return "", ""
    spent = _spent(found, is_estimated=_is_estimated(subject))
    return headline(found, spoken_names(subject.results.titles)), spent


def tell_pair(subject: Subject) -> str:
    """Tell it of the pair's first arm; empty if the two share no seed with evaluations."""
    return _tell(subject, *subject.pair)


def _tell(subject: Subject, a: str, b: str) -> str:
    found = _found(subject, a, b)
    if not found:
        return ""
    return tell(found, spoken_names(subject.results.titles), is_estimated=_is_estimated(subject))


def _is_estimated(subject: Subject) -> bool:
    """Whether the energy of any run at this size was estimated from its load."""
    own = (run for run in subject.results.finished if run.config.train_size == subject.train_size)
    return any((run.record.energy_method or "").startswith("estimated") for run in own)


def _found(subject: Subject, a: str, b: str) -> TimeToAccuracy | None:
    return find_time_to_accuracy(learning_curve_points(subject.runs), a, b, subject.metric)


def _limits(subject: Subject, rows: pd.DataFrame) -> str:
    """Say what the marks are, on how much they rest, and what choosing learning rates took before."""
    num_seeds = rows["seed"].nunique()
    medians = f"medians over {num_seeds} seeds" if num_seeds > 1 else "one seed"
    words = (
        "Dots are seeds that got there, crosses those that did not, the tick is the median. Scores are on "
        f"{int(rows['num_examples'].max()):,} validation examples, smoothed to rise; times are {medians}. "
        f"{SCHEDULE}"
    )
    searches = {
        run.config.arm.name: run.record.rate_search.train_s
        for run in subject.results.finished
        if run.config.train_size == subject.train_size and run.record.rate_search
    }
    took = ", ".join(
        f"{name} {searches[arm]:,.0f} s" for arm, name in subject.names.items() if arm in searches
    )
    return f"{words} The search for learning rates is not included: {took}." if took else words


def numbers(rows: pd.DataFrame, metric: Metric, names: dict[str, str]) -> pd.DataFrame:
    """List what `time_rows` found; ``names`` are display names by arm name."""
    energy = {"Energy of training, Wh": rows["energy_wh"].round(4)} if is_energy_known(rows) else {}
    return pd.DataFrame(
        {
            "Model": rows["arm"].map(names),
            "Seed": rows["seed"],
            f"Validation {METRIC_WORDS[metric]} to reach, %": rows["target"].map(as_percent),
            "Reached": rows["is_reached"].map({True: "yes", False: "no, ended before"}),
            "Training seconds": rows["train_s"].round(1),
            "Steps": rows["step"],
            **energy,
            "Validation examples": rows["num_examples"],
        }
    )
