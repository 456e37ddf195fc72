"""Put the figures of ``intervals.json`` into the page on statistics.

``python -m benchmarks.statistics_tables`` rewrites what stands between the markers.
"""

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "fairness_and_statistics.md"
BEGIN, END = "<!-- intervals: begin -->\n", "<!-- intervals: end -->\n"
_SHOWN = (3, 5, 10)
_WORDS = {
    "macro_f1": "macro-F1",
    "log_loss": "log loss",
    "brier": "Brier score",
    "accuracy": "accuracy",
}
_HEADINGS = {
    "methods": "accuracy, simulated, by method",
    "robustness": "accuracy, simulated otherwise",
    "other_metrics": "other metrics, simulated",
    "real_nulls": "real arms against themselves",
    "grouped_examples": "examples in groups, simulated",
}


def block(measured: dict[str, Any]) -> str:
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


def with_figures(page: str, measured: dict[str, Any]) -> str:
    """Replace what stands between the markers."""
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}{block(measured)}{END}{after}"


def main() -> None:
    """Rewrite the page."""
    measured = json.loads((ROOT / "benchmarks" / "intervals.json").read_text())
    PAGE.write_text(with_figures(PAGE.read_text(encoding="utf-8"), measured), encoding="utf-8")


if __name__ == "__main__":
    main()
