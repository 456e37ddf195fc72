import json

import numpy as np
import pytest

from tests.data.tables import table
from tl_core.data.profiling import length_summary, profile
from tl_core.errors import DataError

TEXTS = [f"some words number {i}" for i in range(12)]
LABELS = ["x"] * 5 + ["y"] * 7


def codes(**columns: list[str]) -> dict[str, tuple[str, int]]:
    return {one.code: (one.severity, one.count) for one in profile(table(**columns)).findings}


def test_profile_has_the_fields_of_the_contract() -> None:
    described = json.loads(profile(table(text=TEXTS, label=LABELS)).model_dump_json())
    assert described == {
        "num_rows": 12,
        "format": "delimited",
        "compression": "",
        "member": "",
        "sheet": "",
        "encoding": "utf-8",
        "delimiter": ",",
        "quote": '"',
        "has_header": True,
        "columns": ["text", "label"],
        "text": "text",
        "label": "label",
        "label_counts": {"y": 7, "x": 5},
        "findings": [],
    }


def test_label_counts_are_those_of_the_file() -> None:
    described = profile(table(text=[*TEXTS, TEXTS[0], "more"], label=[*LABELS, "x", ""]))
    assert described.label_counts == {"y": 7, "x": 6}
    assert {one.code: one.count for one in described.findings} == {"duplicates": 1, "empty_label": 1}


def test_whatever_prevents_a_training_is_an_error_finding() -> None:
    assert codes(text=TEXTS, label=["x"] * 12) == {"no_columns": ("error", 0)}
    assert codes(text=TEXTS, label=["x"] * 10 + ["y"] * 2)["small_class"] == ("error", 2)
    conflicting = profile(table(a=["s", "s"], b=["x", "y"]), text="a", label="b")
    assert [one.code for one in conflicting.findings] == ["conflicting_labels", "no_rows"]
    single = profile(table(text=TEXTS, label=["x"] * 12), text="text", label="label")
    assert [(one.code, one.severity) for one in single.findings] == [("single_class", "error")]


def test_no_columns_leaves_text_and_label_open() -> None:
    described = profile(table(id=list("abc"), other=list("def")))
    assert (described.text, described.label, described.label_counts) == (None, None, {})


def test_named_column_that_is_missing_is_refused() -> None:
    with pytest.raises(DataError, match="'none'"):
        profile(table(text=TEXTS, label=LABELS), label="none")


def test_length_summary_by_hand() -> None:
    summary = length_summary(np.array([10, 20, 30, 40, 100]), max_length=30)
    assert (summary.p50, summary.longest, summary.cut_texts) == (30, 100, 0.4)
    assert summary.p95 == pytest.approx(88)
    assert summary.cut_tokens == pytest.approx(80 / 200)


def test_length_summary_of_empty_texts_cuts_nothing() -> None:
    assert length_summary(np.array([0, 0]), max_length=8).cut_tokens == 0
