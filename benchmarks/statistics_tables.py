"""Put the figures of some benchmarks into the page on statistics.

``python -m benchmarks.statistics_tables`` rewrites what stands between the markers.
"""

import json
from collections import defaultdict
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "fairness_and_statistics.md"
_ARMS = {"scratch": "from scratch", "fine_tuned": "fine-tuned"}
_SHOWN = (3, 5, 10)
_WORDS = {
    "macro_f1": "macro-F1",
    "balanced_accuracy": "balanced accuracy",
    "auroc": "AUROC",
    "quadratic_kappa": "quadratic kappa",
    "matthews": "MCC",
    "average_precision": "PR-AUC",
    "mean_absolute_error": "mean absolute error, in classes",
    "log_loss": "log loss",
    "brier": "Brier score",
    "accuracy": "accuracy",
}
_TREND_SEEDS = (1, 5, 10)
_AHEAD = {0.5: "half", 0.25: "a quarter", 0.125: "an eighth", 0.0: "nothing"}
_AHEAD_IF_CORRELATED = (0.25, 0.0)
_HEADINGS = {
    "methods": "accuracy, simulated, by method",
    "robustness": "accuracy, simulated otherwise",
    "other_metrics": "other metrics, simulated",
    "real_nulls": "real arms against themselves",
    "grouped_examples": "examples in groups, simulated",
    "class_gains": "F1 of one class, by its test examples, simulated",
}


def intervals_block(measured: dict[str, Any]) -> str:
    """Write the summaries as tables, a row for each method, scenario or metric."""
    tables = [
        line
        for part, heading in _HEADINGS.items()
        for line in [*_table(heading, measured["summary"][part]), ""]
    ]
    errors = measured["error"]
    note = (
        f"{measured['repetitions']:,} repetitions a cell. Two standard errors are {_percent(errors['0.93'])} "
        f"points for a coverage of 93%, {_percent(errors['0.9'])} for one of 90% and "
        f"{_percent(errors['0.06'])} for a rate of 6%."
    )
    naive = [
        row["false_positive_rate_without_groups"]
        for row in measured["grouped_examples"]
        if row["group_sd"] > 0
    ]
    groups = (
        "Where each arm suits some groups, an interval that took each example for independent would call up "
        f"to {_percent(max(naive))}% of equal arms different."
    )
    return "\n".join([*tables, note, groups, ""])


def _table(heading: str, rows: list[dict[str, Any]]) -> list[str]:
    field = next(iter(rows[0]))
    names = dict.fromkeys(row[field] for row in rows)
    found = {(row[field], row["num_seeds"]): row for row in rows}
    titles = " | ".join(f"{seeds} seeds" for seeds in _SHOWN)
    lines = [f"| {heading} | {titles} |", "|---|" + "---|" * len(_SHOWN)]
    for name in names:
        cells = " | ".join(_cell(found[name, seeds]) for seeds in _SHOWN)
        lines.append(f"| {_WORDS.get(name, name)} | {cells} |")
    return lines


def _cell(row: dict[str, Any]) -> str:
    coverage, rate = _percent(row["lowest_coverage"]), _percent(row["highest_false_positive_rate"])
    return f"{coverage}%, {rate}%, {100 * row['mean_width']:.1f}"


def _percent(fraction: float) -> str:
    return f"{100 * fraction:.1f}"


def settings_block(measured: dict[str, Any]) -> str:
    """Write what each setting gains over the app's own, in points, with its standard error."""
    gains: dict[str, dict[str, Any]] = measured["gains"]
    titles = " | ".join(f"{_ARMS[arm]}, points (standard error)" for arm in gains)
    lines = [f"| instead of the app's own | {titles} |", "|---|" + "---|" * len(gains)]
    for setting in gains["scratch"]:
        cells = (
            f"{of[setting]['gain_points']:+.1f} ({of[setting]['standard_error']:.1f})"
            for of in gains.values()
        )
        lines.append(f"| {setting.replace('_', ' ')} | {' | '.join(cells)} |")
    note = (
        f"Mean differences on validation over {len(measured['sets'])} sets and {measured['num_seeds']} seeds,"
        f" {measured['train_size']} training examples. The app's own: warm-up 0.1, dropout 0.1, weight decay"
        " 0.01."
    )
    return "\n".join([*lines, "", note, ""])


def rates_block(measured: dict[str, Any]) -> str:
    """Write which rates are best on all sets, and what those of the other sets cost a set that had no say."""
    sets, regret = measured["sets"], measured["regret"]
    lines = [
        f"| arm | encoder, head | cost on {' | '.join(sets)} | mean, points (95% over sets) |",
        "|---|---|" + "---|" * (len(sets) + 1),
    ]
    for arm, row in regret.items():
        chosen, (low, high) = measured["chosen"]["mean"][arm], row["ci95_points"]
        costs = " | ".join(f"{row['by_set'][name]['regret_points']:.1f}" for name in sets)
        lines.append(
            f"| {_ARMS[arm]} | {chosen['encoder']:g}, {chosen['head']:g} | {costs} "
            f"| {row['mean_points']:.1f} ({low:.1f} to {high:.1f}) |"
        )
    note = (
        f"Accuracy on validation, {measured['train_size']} training examples, {measured['num_seeds']} seeds. "
        "A set's own best is the highest of several noisy means, so the cost is, if anything, too high."
    )
    return "\n".join([*lines, "", note, ""])


def rate_search_block(measured: dict[str, Any]) -> str:
    """Write what a search of learning rates is worth on test, and what it takes, for each arm."""
    if not measured["arms"]:
        return "Not measured yet.\n"
    lines = [
        "| arm | benefit over the recorded rates, points (95% over sets) | by set | sets where it left them "
        "| trainings of a search | steps of a search |",
        "|---|---|---|---|---|---|",
    ]
    for arm, row in measured["arms"].items():
        low, high = row["ci95_points"]
        by_set = ", ".join(_benefit_on(name, of) for name, of in row["sets"].items())
        lines.append(
            f"| {_ARMS[arm]} | {row['benefit_points']:+.1f} ({low:+.1f} to {high:+.1f}) | {by_set} "
            f"| {row['num_changed']} of {len(row['sets'])} | {row['mean_trainings']:.1f} "
            f"| {row['mean_steps']:,.0f} |"
        )
    note = (
        f"Accuracy on test, equal steps, {measured['num_seeds']} seeds, {measured['num_labelled']} labelled "
        "examples split by the app into train and validation."
    )
    return "\n".join([*lines, "", note, ""])


def _benefit_on(name: str, of: dict[str, Any]) -> str:
    """Write the benefit on a set, by seed where the rates differ: elsewhere both are the same runs."""
    if of["is_recorded"]:
        return f"{name} the same"
    return f"{name} {of['benefit_points']:+.1f} (seeds {', '.join(f'{one:+.1f}' for one in of['by_seed'])})"


def budgets_block(measured: dict[str, Any]) -> str:
    """Write what scratch reaches on test under each budget and what it takes, of the sets that are whole."""
    if not measured["sets"]:
        return "Not measured yet.\n"
    budgets = list(next(iter(measured["sets"].values()))["budgets"])
    titles = " | ".join(f"{budget}, %" for budget in budgets)
    lines = [
        f"| set (training examples, seeds) | {titles} | default less the best other, points (95%) "
        "| steps of the default | flags of the default |",
        "|---|" + "---|" * (len(budgets) + 3),
    ]
    for name, row in measured["sets"].items():
        reached = " | ".join(_percent(row["budgets"][budget]["mean_test_accuracy"]) for budget in budgets)
        low, high = row["ci95_points"]
        default = row["budgets"][budgets[0]]
        codes = ", ".join(flag.partition(":")[0] for flag in default["flags"]) or "none"
        lines.append(
            f"| {name} ({row['train_size']:,}, {row['num_seeds']}) | {reached} | "
            f"{-row['default_below_best_points']:+.1f} ({-high:+.1f} to {-low:+.1f}) | "
            f"{default['steps_by_equal_steps']:.1f} times equal steps | {codes} |"
        )
    return "\n".join([*lines, ""])


def failures_block(measured: dict[str, Any]) -> str:
    """Write what the interval covers where trainings fail now and then."""
    lines = [
        "| trainings that fail | seeds | coverage | none failed in | coverage in these "
        "| coverage where one failed |",
        "|---|---|---|---|---|---|",
    ]
    for row in measured["rare_failures"]:
        without, with_one = (
            "–" if row[name] is None else f"{_percent(row[name])}%"
            for name in ("coverage_where_none_seen", "coverage_where_seen")
        )
        lines.append(
            f"| {100 * row['failure_rate']:.0f}% | {row['num_seeds']} | {_percent(row['coverage'])}% "
            f"| {_percent(row['none_seen'])}% | {without} | {with_one} |"
        )
    return "\n".join([*lines, ""])


def mixed_models_block(measured: dict[str, Any]) -> str:
    """Write what statsmodels' mixed model covers where it can be run, beside the closed form of its fit."""
    rows = measured.get("mixed_models")
    if not rows:
        return "Not measured yet.\n"
    lines = [
        "| seeds, examples, sd of seeds | statsmodels | closed form | within 0.1 points | not converged |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        methods = " | ".join(
            f"{_percent(row[f'coverage_{name}'])}%, {_percent(row[f'false_positive_rate_{name}'])}%, "
            f"{100 * row[f'mean_width_{name}']:.1f}"
            for name in ("statsmodels", "closed_form")
        )
        agreement = (row["agreement_coverage"] + row["agreement_false_positive_rate"]) / 2
        lost = row["not_converged_coverage"] + row["not_converged_false_positive_rate"]
        lines.append(
            f"| {row['num_seeds']}, {row['num_examples']}, {row['seed_sd']:g} | {methods} "
            f"| {100 * agreement:.0f}% | {lost} of {2 * row['repetitions']} |"
        )
    first = rows[0]
    low, high = (100 * accuracy for accuracy in (first["accuracy"] - first["difference"], first["accuracy"]))
    error = 200 * (0.9 * 0.1 / first["repetitions"]) ** 0.5
    note = (
        f"{first['repetitions']} repetitions a cell, accuracies of {high:.0f} and {low:.0f}%. Two standard "
        f"errors are {error:.1f} points for a coverage of 90%."
    )
    return "\n".join([*lines, "", note, ""])


def trends_block(measured: dict[str, Any]) -> str:
    """Write how often curves are called improving, settled or not to be told, by noise and correlation."""
    noises = list(dict.fromkeys(cell["noise_nats"] for cell in measured["cells"]))
    found: dict[tuple[float, float, int], list[str]] = {}
    for cell in measured["cells"]:
        if cell["num_seeds"] in _TREND_SEEDS:
            shares = (100 * cell[trend] for trend in ("improving", "settled", "unknown"))
            row = found.setdefault((cell["correlation"], cell["ahead"], cell["num_seeds"]), [])
            row.append(", ".join(f"{share:.0f}" for share in shares))
    lines = [
        f"| r, still ahead, seeds | noise {noises[0]} nats | {' | '.join(map(str, noises[1:]))} |",
        "|---|" + "---|" * len(noises),
    ]
    for (correlation, ahead, num_seeds), cells in found.items():
        if correlation == 0 or ahead in _AHEAD_IF_CORRELATED:
            lines.append(f"| {correlation:g}, {_AHEAD[ahead]}, {num_seeds} | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def label_worth_block(measured: dict[str, Any]) -> str:
    """Write coverage, open intervals and claims for each shape of curve and number of seeds."""
    lines = [
        "| curve | seeds | coverage of the nominal 95% | lowest of the cells | open on a side "
        "| savings claimed |",
        "|---|---|---|---|---|---|",
    ]
    for row in measured["summary"]:
        shares = " | ".join(
            f"{_percent(row[name])}%" for name in ("coverage", "lowest_coverage", "open", "claimed")
        )
        lines.append(f"| {row['curve']} | {row['num_seeds']} | {shares} |")
    num_cells = measured["summary"][0]["num_cells"]
    note = f"{measured['num_repetitions_a_cell']:,} repetitions a cell, {num_cells} cells a row."
    return "\n".join([*lines, "", note, ""])


_INTERVALS = {
    "one_split": "this project, {} split",
    "this_project": "this project, {} splits",
    "nadeau_bengio": "Nadeau and Bengio, {} splits",
    "overlap": "share in common, {} splits",
    "plain_t": "plain t, {} splits",
}


def splits_block(measured: dict[str, Any]) -> str:
    """Write what each interval covers of each pair of learners, and how wide it is."""
    pairs = measured["pairs"]
    rows: dict[tuple[str, int], list[str]] = {}
    for row in measured["summary"]:  # pair by pair, in their order
        coverage, lowest = _percent(row["coverage"]), _percent(row["lowest_coverage"])
        cell = f"{coverage}% ({lowest}), {100 * row['mean_width']:.1f}"
        rows.setdefault((row["interval"], row["num_splits"]), []).append(cell)
    lines = [f"| interval | {' | '.join(pairs.values())} |", "|---|" + "---|" * len(pairs)]
    for way, words in _INTERVALS.items():
        lines += [
            f"| {words.format(count)} | {' | '.join(cells)} |"
            for (own, count), cells in rows.items()
            if own == way
        ]
    note = (
        f"{measured['repetitions']} draws for each of {len(measured['cells'])} cells (a set, and how many of "
        f"how many examples are trained on: {'; '.join(measured['cells'])}). The truth is the mean of "
        f"{measured['draws_for_the_truth']} other draws."
    )
    return "\n".join([*lines, "", note, "", _widths_over_splits(measured), ""])


def _widths_over_splits(measured: dict[str, Any]) -> str:
    """Compare the intervals over splits with that of one split, in the median of cells and pairs."""
    shares, ratios = measured["shares"], defaultdict(list)
    for cell in measured["cells"].values():
        is_whole = cell["num_train"] / shares["train"] > 0.9 * cell["num_test"] / shares["test"]
        widths = {
            (row["interval"], row["pair"], row["num_splits"]): row["mean_width"] for row in cell["rows"]
        }
        for pair in measured["pairs"]:
            for count in (5, 10):
                ratio = widths["this_project", pair, count] / widths["one_split", pair, 1]
                ratios[is_whole, count].append(ratio)
    middle = {key: f"{median(values):.1f}" for key, values in ratios.items()}
    return (
        f"Median width, in that of one split: {middle[True, 5]} with 5 splits and {middle[True, 10]} with 10 "
        "where the whole training part is used, "
        f"{middle[False, 5]} and {middle[False, 10]} with a fifth of it."
    )


BLOCKS = {
    "label_worth": label_worth_block,
    "intervals": intervals_block,
    "mixed_models": mixed_models_block,
    "rare_failures": failures_block,
    "repeated_splits": splits_block,
    "trends": trends_block,
    "training_settings": settings_block,
    "budgets": budgets_block,
    "learning_rates": rates_block,
    "rate_search": rate_search_block,
}
"""What stands between the markers of each name."""
_SOURCES = {"rare_failures": "intervals", "mixed_models": "intervals"}
"""The benchmark of a block that has another name."""


def read(name: str) -> dict[str, Any]:
    """Read a benchmark's JSON."""
    measured: dict[str, Any] = json.loads((ROOT / "benchmarks" / f"{name}.json").read_text())
    return measured


def with_figures(page: str) -> str:
    """Replace what stands between the markers."""
    for name, block in BLOCKS.items():
        begin, end = (f"<!-- {name}: {place} -->\n" for place in ("begin", "end"))
        before, rest = page.split(begin)
        _, after = rest.split(end)
        source = _SOURCES.get(name, name)
        is_measured = (ROOT / "benchmarks" / f"{source}.json").exists()
        figures = block(read(source)) if is_measured else "Not measured yet.\n"
        page = f"{before}{begin}{figures}{end}{after}"
    return page


def main() -> None:
    """Rewrite the page."""
    PAGE.write_text(with_figures(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
