"""Climb the knowledge ladder on a real set, and start one real task from another.

``python -m benchmarks.knowledge`` trains with the built-in model

- every arm of the ladder on 300 train examples of trec6, three seeds each;
- movie reviews first (1,000 train examples, one seed), then product reviews (64 train examples, three seeds)
  directly and from the network that the movies left, and asks what is left of the movies;

each on the set's own test file. ``--workspace`` keeps the runs, so that *Why it works* can show them. Writes
JSON.
"""

import argparse
import json
import tempfile
from pathlib import Path
from statistics import fmean
from typing import Any

from benchmarks.comparing import compare
from benchmarks.real_sets import real_set
from tl_core.planning.machine import inspect_hardware

LADDER = {"arms": "majority,ladder", "seeds": 3, "train_sizes": 300, "epochs": 3}
FIRST = {"arms": "fine_tuned", "seeds": 1, "train_sizes": 1000, "epochs": 2}
SECOND = {"seeds": 3, "train_sizes": 64, "epochs": 8}


def climb(workspace: Path) -> dict[str, Any]:
    """Compare all arms of the ladder; return what each kept, reached and changed, and every verdict."""
    report = compare(real_set("trec6"), real_set("trec6", "test"), workspace, **LADDER)
    return {"split": report["split"], "arms": _arms(report), "verdicts": _sentences(report)}


def start_from_another(workspace: Path) -> dict[str, Any]:
    """Compare direct and two-stage transfer; return both, and what is left of the first task."""
    movies = compare(
        real_set("rotten_tomatoes_mr"), real_set("rotten_tomatoes_mr", "test"), workspace, **FIRST
    )
    first = movies["arms"][0]["runs"][0]["run_id"]
    arms = f"fine_tuned,fine_tuned:run:{first}"
    report = compare(real_set("cr"), real_set("cr", "test"), workspace, **SECOND, arms=arms)
    return {
        "first": {"split": movies["split"], "arms": _arms(movies)},
        "second": {"split": report["split"], "arms": _arms(report), "verdicts": _sentences(report)},
        "left_of_the_first": [
            {**told, "verdicts": [verdict["sentence"] for verdict in told["verdicts"]]}
            for told in report["first_tasks"]
        ],
    }


def _arms(report: dict[str, Any]) -> list[dict[str, Any]]:
    rows = []
    for arm in report["arms"]:
        values = [run["test"]["accuracy"] for run in arm["runs"]]
        rows.append(
            {
                "arm": arm["arm"],
                "kept_share": arm["runs"][0]["kept_share"],
                "learning_rate": arm["runs"][0]["learning_rate"],
                "mean": fmean(values),
                "accuracies": values,
                "flags": sorted({flag for run in arm["runs"] for flag in run["flags"]}),
                "layers": _mean_layers([run["layers"] for run in arm["runs"] if run["layers"]]),
            }
        )
    return rows


def _mean_layers(of_runs: list[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Take means over the seeds, part by part."""
    return [
        {
            "part": parts[0]["part"],
            "moved": round(fmean(part["moved"] for part in parts), 4),
            "similarity": round(fmean(known), 3)
            if (known := [part["similarity"] for part in parts if part["similarity"] is not None])
            else None,
        }
        for parts in zip(*of_runs, strict=True)
    ]


def _sentences(report: dict[str, Any]) -> list[str]:
    return [verdict["sentence"] for verdict in report["verdicts"]]


def main() -> None:
    """Compare, print and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workspace", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        workspace = asked.workspace or Path(folder)
        answer = {
            "how": "accuracy on the sets' own test files; differences are paired over seeds and examples",
            "hardware": inspect_hardware().sentence,
            "ladder": climb(workspace),
            "related": start_from_another(workspace),
        }
    print(json.dumps(answer, indent=2, ensure_ascii=False))
    Path(__file__).with_suffix(".json").write_text(json.dumps(answer, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
