"""Measure what the choice of the plain baseline is worth on real labelled sets.

``python -m benchmarks.tfidf`` fits TF-IDF with logistic regression on 500 examples of real sets, three draws
each: as the product does, and with words and punctuation alone, classes as they are and the strength chosen
by log loss, which the product did before. A part of the draw, 15%, is validation; test is the set's own.
"""

import json
from pathlib import Path
from statistics import mean
from typing import Any
from unittest.mock import patch

import numpy as np

from benchmarks.real_sets import real_set
from tl_core.datasets.dataset import build_dataset
from tl_core.evaluation.metrics import evaluate, log_loss
from tl_core.files.reading import read_table
from tl_core.planning.machine import inspect_hardware
from tl_core.schema import ColumnChoice, Metric
from tl_core.text import tfidf
from tl_core.text.tfidf import STRENGTHS, Analyzer, Tfidf

SETS = ("trec6", "cr", "rotten_tomatoes_mr", "tweeteval_emotion", "umsab_german", "hwu64")
NUM_DRAWS, NUM_TRAIN, VALIDATION_SHARE = 3, 500, 0.15
JSON = Path(__file__).with_suffix(".json")


def read(name: str, part: str) -> tuple[list[str], np.ndarray[Any, Any], tuple[str, ...]]:
    """Read a part of a set: texts, class ids, labels."""
    dataset = build_dataset(
        read_table(real_set(name, part)), name=name, choice=ColumnChoice.of("text", "label")
    )
    return dataset.whole_texts(), dataset.targets(), dataset.info.columns.labels


def before(*data: Any) -> Tfidf:
    """Fit words and punctuation alone, with the strength of the least log loss on validation."""
    fits = []
    for strength in STRENGTHS:
        with (
            patch.object(tfidf, "ANALYZERS", (Analyzer.BY_SCRIPT,)),
            patch.object(tfidf, "STRENGTHS", (strength,)),
            patch.object(tfidf, "BALANCES", (False,)),
        ):
            fits.append(Tfidf.fit(*data))
    validation, targets = data[2], data[3]
    return min(fits, key=lambda one: log_loss(targets, one.logits(validation)))


def main() -> None:
    """Measure and write the JSON."""
    found: dict[str, Any] = {}
    for name in SETS:
        texts, targets, labels = read(name, "train")
        test, test_targets, test_labels = read(name, "test")
        if labels != test_labels:
            raise SystemExit(f"train and test of {name} have other labels")
        of_set: dict[str, list[Any]] = {"before": [], "now": [], "chosen": []}
        for draw in range(NUM_DRAWS):
            drawn = np.random.default_rng(draw).choice(len(texts), NUM_TRAIN, replace=False)
            validation, train = np.split(drawn, [round(VALIDATION_SHARE * NUM_TRAIN)])
            data = (
                *([texts[place] for place in train], targets[train]),
                *([texts[place] for place in validation], targets[validation], len(labels)),
            )
            models = {"before": before(*data)}
            models |= {"now": Tfidf.fit(*data), "by_macro_f1": Tfidf.fit(*data, metric=Metric.MACRO_F1)}
            scores = {way: evaluate(test_targets, model.logits(test)) for way, model in models.items()}
            of_set["before"].append(
                {"accuracy": scores["before"].accuracy, "macro_f1": scores["before"].macro_f1}
            )
            of_set["now"].append(
                {"accuracy": scores["now"].accuracy, "macro_f1": scores["by_macro_f1"].macro_f1}
            )
            now = models["now"]
            of_set["chosen"].append(
                f"{now.analyzer}, {'balanced' if now.is_balanced else 'as they are'}, C {now.regression.C:g}"
            )
        found[name] = of_set | {
            f"gain_in_{metric}_points": 100
            * mean(
                one[metric] - other[metric]
                for one, other in zip(of_set["now"], of_set["before"], strict=True)
            )
            for metric in ("accuracy", "macro_f1")
        }
        print(name, json.dumps(found[name]), flush=True)
        answer = {
            "hardware": inspect_hardware().sentence,
            "num_train": NUM_TRAIN,
            "validation_share": VALIDATION_SHARE,
            "num_draws": NUM_DRAWS,
            "sets": found,
        }
        JSON.write_text(json.dumps(answer, indent=2) + "\n")


if __name__ == "__main__":
    main()
