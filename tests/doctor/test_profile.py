import json
from dataclasses import replace

import numpy as np
import pytest

from tests.doctor.made import plain
from tests.doctor.test_near_duplicates import Groups
from tests.files.tables import table
from tl_core.datasets.dataset import Dataset
from tl_core.doctor.profile import ModelFacts, TokenLengths, profile
from tl_core.errors import DataError
from tl_core.files.lines import Reject, reject_table

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
        "base_model": None,
        "model_languages": None,
        "tokens": None,
    }


def test_label_counts_are_those_of_the_file() -> None:
    described = profile(table(text=[*TEXTS, TEXTS[0], "more"], label=[*LABELS, "x", ""]))
    assert described.label_counts == {"y": 7, "x": 6}
    assert {one.code: one.count for one in described.findings} == {"duplicates": 1, "empty_label": 1}


def test_whatever_prevents_a_training_is_an_error_finding() -> None:
    assert codes(text=TEXTS, label=["x"] * 12) == {"no_columns": ("error", 0)}
    (stop,) = profile(table(text=TEXTS, label=["x"] * 12)).findings
    assert stop.message == "“label” is “x” in every row; two different labels are needed."
    assert stop.remedy.startswith("Choose another label column")
    assert codes(text=TEXTS, label=["x"] * 10 + ["y"] * 2)["small_class"] == ("error", 2)
    conflicting = profile(table(a=["s", "s"], b=["x", "y"]), text="a", label="b")
    assert [one.code for one in conflicting.findings] == ["conflicting_labels", "no_rows"]
    single = profile(table(text=TEXTS, label=["x"] * 12), text="text", label="label")
    assert [(one.code, one.severity) for one in single.findings] == [("single_class", "error")]


def test_what_was_set_aside_is_shown_and_has_a_remedy() -> None:
    texts = [*TEXTS, TEXTS[0], "twice", "twice", " ", "a text", "b\N{REPLACEMENT CHARACTER}d"]
    labels = [*LABELS, "x", "x", "y", "x", "", "x"]
    rejects = reject_table([Reject(line=7, reason="Too many fields.", text="one,two,three")])
    damaged = replace(table(text=texts, label=labels), rejects=rejects, num_replaced_bytes=1)
    found = {one.code: one for one in profile(damaged).findings}
    assert {code: one.examples for code, one in found.items()} == {
        "rejected_rows": ("Line 7: one,two,three",),
        "broken_bytes": ("b\N{REPLACEMENT CHARACTER}d",),
        "empty_text": ("Row 16: labelled x",),
        "empty_label": ("Row 17: a text",),
        "duplicates": (TEXTS[0],),
        "conflicting_labels": ("“x”, “y”: twice",),
    }
    assert all(one.remedy for one in found.values())


def test_no_columns_leaves_text_and_label_open() -> None:
    described = profile(table(id=list("abc"), other=list("def")))
    assert (described.text, described.label, described.label_counts) == (None, None, {})


def test_named_column_that_is_missing_is_refused() -> None:
    with pytest.raises(DataError, match="“none”"):
        profile(table(text=TEXTS, label=LABELS), label="none")


def test_profile_gains_the_findings_of_the_doctor_when_asked() -> None:
    labels = ["x"] * 20 + ["y"] * 20 + ["z"] * 3
    texts = [plain(i) for i in range(42)] + ["<b>bold</b> words"]
    described = profile(table(text=texts, label=labels), should_examine=True)
    assert {one.code: one.count for one in described.findings} == {
        "small_class": 3,
        "expected_interval": 13,
        "rare_classes": 3,
        "html": 1,
    }
    assert json.loads(described.model_dump_json())["findings"][1]["remedy"]


def test_near_duplicates_are_part_of_it_where_they_can_be_found() -> None:
    def find_near(made: Dataset) -> Groups:
        assert made.texts() == [plain(i) for i in range(40)]
        return Groups(np.array([0, *range(39)]))

    columns = table(text=[plain(i) for i in range(40)], label=list("xy") * 20)
    described = profile(columns, should_examine=True, find_near=find_near)
    assert {one.code: one.count for one in described.findings}["near_duplicates"] == 1


def test_file_that_makes_no_dataset_is_profiled_all_the_same() -> None:
    single = profile(table(text=TEXTS, label=["x"] * 12), text="text", label="label", should_examine=True)
    assert [one.code for one in single.findings] == ["single_class"]
    assert profile(table(a=["1"], b=["2"]), should_examine=True).findings[0].code == "no_columns"


def reader(max_length: int, *languages: str) -> ModelFacts:
    """Return a base model whose tokens are words."""
    return ModelFacts(
        title="Words",
        languages="some",
        language_codes=languages,
        max_length=max_length,
        count_lengths=lambda rows: np.array([len(text.split()) for text in rows["text"].to_pylist()]),
    )


def test_a_base_model_brings_lengths_and_languages() -> None:
    german = "Das ist ein ganz gewöhnlicher Satz über das Wetter und die Arbeit im Garten Nummer"
    columns = table(text=[f"{german} {i}" for i in range(40)], label=list("xy") * 20)
    described = profile(columns, should_examine=True, model=reader(12, "en"))
    assert (described.base_model, described.model_languages) == ("Words", "some")
    assert described.tokens == TokenLengths(
        max_length=12,
        num_texts=40,
        num_examples=40,
        p50=16,
        p95=16,
        longest=16,
        num_cut=40,
        cut_texts=1,
        cut_tokens=0.25,
    )
    found = {one.code: one.count for one in described.findings}
    assert (found["too_long"], found["unknown_language"]) == (40, 40)
    at_home = profile(columns, should_examine=True, model=reader(16, "en", "de"))
    assert not {"too_long", "unknown_language"} & {one.code for one in at_home.findings}
