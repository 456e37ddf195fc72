"""Put the figures of ``end_to_end.json`` into the README: ``python -m benchmarks.readme``."""

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
BEGIN, END = "<!-- end_to_end: begin -->\n", "<!-- end_to_end: end -->\n"
MOMENTS = {
    "first_point_s": "first point of a learning curve",
    "first_verdict_s": "first result, marked “one seed”",
    "final_verdict_s": "final result, 5 seeds",
}
ARMS = {
    "fine_tuned": "Fine-tuned",
    "tfidf": "TF-IDF with logistic regression",
    "scratch": "From scratch",
    "majority": "Majority class",
}


def block(measured: dict[str, Any]) -> str:
    """Write the figures as two small tables and the sentence."""
    default = measured["to_the_plateau"]
    moments = [
        f"| {words} | {default[name]:.0f} s | {measured[name]:.0f} s |" for name, words in MOMENTS.items()
    ]
    arms = [
        f"| {words} | {_percent(found['mean'])} | {' to '.join(_percent(end) for end in found['ci95'])} |"
        for name, words in ARMS.items()
        for found in [default["accuracy"][name]]
    ]
    return "\n".join(
        [
            "| after pressing *Start* | each network until it stops improving (default) | equal steps |",
            "|---|---|---|",
            *moments,
            "",
            "| model | test accuracy, mean of 5 seeds | 95% interval over seeds and 180 test examples |",
            "|---|---|---|",
            *arms,
            "",
            f"> {default['sentence'].replace('95 %', '95%')}",
            "",
        ]
    )


def _percent(fraction: float) -> str:
    return f"{100 * fraction:.1f}%"


def with_figures(readme: str, measured: dict[str, Any]) -> str:
    """Replace what stands between the markers."""
    before, rest = readme.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}{block(measured)}{END}{after}"


def main() -> None:
    """Rewrite the README."""
    measured = json.loads((ROOT / "benchmarks" / "end_to_end.json").read_text())
    README.write_text(with_figures(README.read_text(encoding="utf-8"), measured), encoding="utf-8")


if __name__ == "__main__":
    main()
