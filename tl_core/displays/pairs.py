"""How do all pairs compare? The difference of every pair with its interval and proof."""

import pandas as pd

from tl_core.charts import difference_interval
from tl_core.displays.display import Display, Subject
from tl_core.displays.words import as_points, count_groups, p_value
from tl_core.evaluation.mcnemar import exact_mcnemar
from tl_core.results.comparison import ExperimentResults
from tl_core.schema import LEVEL, Verdict, has_few_groups

_METHOD_WORDS = {
    "crossed_random_effects": "crossed random effects over seeds and examples",
    "examples_t": "paired t over test examples",
    "exact_bound": "exact bound",
    "one_group": "one group, no interval",
}


def display(subject: Subject) -> Display:
    """Show the difference of every pair at the train size, the main one first."""
    rows = verdict_rows(subject)
    num_flagged = sum(bool(one.flags) for one in _verdicts(subject))
    return Display(
        key="pairs",
        frame=pair_numbers(rows),
        draw=lambda theme: difference_interval(rows, theme=theme),
        sentence=tell(rows, num_flagged),
        limits="Hollow marks: the interval contains zero, which means a p-value of 0.05 or more.",
        budget=subject.budget,
    )


def display_one(subject: Subject) -> Display:
    """Show the difference of the pair alone."""
    rows = verdict_rows(subject)
    place = [(one.a, one.b) for one in _verdicts(subject)].index(subject.pair)
    return Display(
        key="interval",
        frame=pair_numbers(rows.iloc[[place]]),
        draw=lambda theme: difference_interval(rows.iloc[[place]], theme=theme),
        sentence=subject.verdict.claim,
        budget=subject.budget,
    )


def verdict_rows(subject: Subject) -> pd.DataFrame:
    """List the verdicts of the train size, the main pair first.

    Returns
    -------
    Columns ``pair, difference, low, high`` (fractions), ``p_value, p_corrected``, ``mcnemar`` (exact p-values
    by seed), ``detectable`` (a fraction or None), ``method, num_seeds, num_examples, num_groups, sentence``.
    """
    names = subject.names
    return pd.DataFrame(
        {
            "pair": f"{names[verdict.a]} − {names[verdict.b]}",
            "difference": verdict.difference,
            "low": verdict.ci95[0],
            "high": verdict.ci95[1],
            "p_value": verdict.p_value,
            "p_corrected": verdict.p_corrected,
            "detectable": verdict.detectable_difference,
            "mcnemar": mcnemar_values(subject.results, verdict),
            "method": verdict.method,
            "num_seeds": verdict.num_seeds,
            "num_examples": verdict.num_examples,
            "num_groups": verdict.num_groups,
            "sentence": verdict.sentence,
        }
        for verdict in _verdicts(subject)
    )


def mcnemar_values(results: ExperimentResults, verdict: Verdict) -> list[float]:
    """Return the exact McNemar p-value of each seed of a verdict."""
    a, b = (results.predictions[arm, verdict.train_size] for arm in (verdict.a, verdict.b))
    return [test.p_value for test in exact_mcnemar(a, b)]


def pair_numbers(rows: pd.DataFrame) -> pd.DataFrame:
    """List the verdict of every pair with its proof; ``rows`` are what `verdict_rows` returns."""
    frame = pd.DataFrame(
        {
            "Pair": rows["pair"],
            "Result on test": rows["sentence"],
            "Difference, points": rows["difference"].map(as_points),
            "95% interval from": rows["low"].map(as_points),
            "to": rows["high"].map(as_points),
            "p-value": rows["p_value"].map(p_value),
            "Corrected p": rows["p_corrected"].map(p_value, na_action="ignore").fillna("main pair"),
            "Detectable, points": rows["detectable"].map(as_points, na_action="ignore"),
            "Exact McNemar p by seed": [", ".join(map(p_value, values)) for values in rows["mcnemar"]],
            "Method": rows["method"].map(_METHOD_WORDS),
            "Seeds": rows["num_seeds"],
            "Test examples": rows["num_examples"],
        }
    )
    return count_groups(frame, rows["num_groups"].astype("Int64"))


def tell(rows: pd.DataFrame, num_flagged: int = 0) -> str:
    """Say how many differences are clear, how many still once corrected, and how many rest on a flagged arm.

    Parameters
    ----------
    rows
        What `verdict_rows` returns.
    num_flagged
        Pairs with an arm that is flagged.
    """
    is_few = rows["num_groups"].map(has_few_groups).astype(bool)
    num_clear = int((((rows["low"] > 0) | (rows["high"] < 0)) & ~is_few).sum())
    flagged = f" Read {num_flagged} of them with care: a model is flagged." if num_flagged else ""
    if len(rows) == 1:
        flagged = " Read it with care: a model is flagged." if num_flagged else ""
        return f"The difference is {'statistically clear' if num_clear else 'not clear'}.{flagged}"
    num_left = int(((rows["p_corrected"].fillna(rows["p_value"]) < LEVEL) & ~is_few).sum())
    left = f", {num_left} after correction for the number of pairs" if num_clear else ""
    return f"{num_clear} of {len(rows)} differences are statistically clear{left}.{flagged}"


def _verdicts(subject: Subject) -> list[Verdict]:
    return [one for one in subject.results.verdicts if one.train_size == subject.train_size]
