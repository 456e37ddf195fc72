from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.doctor.made import of_classes, of_rows, of_texts
from tests.doctor.test_near_duplicates import Groups
from tests.files.tables import table
from tl_core.datasets.dataset import Dataset, build_dataset, read_dataset, write_dataset
from tl_core.datasets.identity import example_id
from tl_core.datasets.screening import Conflict
from tl_core.doctor.fixes import FIXES, apply_fix
from tl_core.errors import DataError
from tl_core.modality import content_of
from tl_core.schema import ColumnChoice


def rows(made: Dataset) -> list[tuple[Any, str]]:
    labels = made.info.columns.labels
    return [(text, labels[target]) for text, target in zip(made.texts(), made.targets(), strict=True)]


def test_dropping_makes_a_version_that_names_its_parent_and_the_change() -> None:
    made = of_texts(["?", "!"])
    fixed = apply_fix(made, "drop_near_empty")
    assert fixed.texts() == made.texts()[2:]
    assert fixed.info.parent == made.info.fingerprint
    assert [(one.fix, one.count) for one in fixed.info.changes] == [("drop_near_empty", 2)]
    assert fixed.info.changes[0].message == "2 examples removed: fewer than two letters."
    assert (fixed.info.num_examples, fixed.info.num_rows) == (40, 42)
    assert fixed.info.label_counts == {"x": 20, "y": 20}


def test_version_is_what_the_mended_file_would_have_become() -> None:
    texts = ["<p>one &amp; two</p>", "three<br>four", "five", "six"]
    fixed = apply_fix(of_texts(texts, num_plain=4), "strip_html")
    mended = of_texts(["one & two", "three four", "five", "six"], num_plain=4)
    assert fixed.info.fingerprint == mended.info.fingerprint
    assert fixed.table.equals(mended.table)


def test_versions_follow_one_another_and_survive_the_disk(tmp_path: Any) -> None:
    made = of_texts(["?", "<b>bold</b> words"])
    fixed = apply_fix(apply_fix(made, "drop_near_empty"), "strip_html")
    assert [one.fix for one in fixed.info.changes] == ["drop_near_empty", "strip_html"]
    assert fixed.info.parent == apply_fix(made, "drop_near_empty").info.fingerprint
    write_dataset(fixed, tmp_path)
    assert read_dataset(tmp_path).info == fixed.info


def test_rewritten_texts_that_became_empty_equal_or_contradictory_are_set_aside_and_counted() -> None:
    made = of_rows(
        [
            ("<b>same</b>", "x"),
            ("same", "x"),
            ("<br>", "x"),
            ("<i>split</i>", "x"),
            ("split", "y"),
            ("<u>tested</u>", "y"),
            ("other", "y"),
            ("more", "x"),
        ],
        test=[("tested", "y"), ("<b>own</b>", "x")],
    )
    fixed = apply_fix(made, "strip_html")
    assert rows(fixed) == [("same", "x"), ("other", "y"), ("more", "x"), ("tested", "y"), ("<b>own</b>", "x")]
    assert fixed.conflicts == (Conflict(texts=("split",), labels=("x", "y")),)
    assert fixed.info.changes[0].count == 4
    assert fixed.info.changes[0].message == (
        "4 examples rewritten without HTML; removed: 1 now empty, 1 now also in the test file,"
        " 2 now with conflicting labels, 1 now a copy of another."
    )
    assert fixed.example_ids()[0] == example_id(["same"])


def test_masked_texts_get_new_ids() -> None:
    made = of_texts(["mail jo@mail.org", "mail al@mail.org"])
    fixed = apply_fix(made, "mask_personal_data")
    assert fixed.texts()[:1] == ["mail <email>"] or "mail <email>" not in fixed.texts()
    assert example_id(["mail jo@mail.org"]) not in fixed.example_ids()


def test_pairs_are_rewritten_in_both_texts() -> None:
    columns = table(one=["<b>a</b>", "c", "e"], two=["b", "d &amp; d", "f"], label=["x", "y", "x"])
    made = build_dataset(columns, name="pairs", choice=ColumnChoice(text=("one", "two"), label=("label",)))
    assert apply_fix(made, "strip_html").texts() == [("a", "b"), ("c", "d & d"), ("e", "f")]


def test_misspelt_labels_are_merged_by_default_and_others_as_asked() -> None:
    made = of_classes({"positive": 30, "postive": 2, "negative": 30})
    fixed = apply_fix(made, "merge_labels")
    assert fixed.info.columns.labels == ("negative", "positive")
    assert fixed.info.label_counts == {"negative": 30, "positive": 32}
    assert fixed.info.changes[0].message == "2 examples relabelled: “postive” → “positive”."
    renamed = apply_fix(made, "merge_labels", into={"postive": "bad", "negative": "bad"})
    assert renamed.info.label_counts == {"bad": 32, "positive": 30}


def test_rare_classes_are_dropped_by_default_and_others_as_asked() -> None:
    made = of_classes({"x": 40, "y": 40, "rare": 3})
    assert apply_fix(made, "drop_rare_classes").info.label_counts == {"x": 40, "y": 40}
    assert apply_fix(made, "drop_rare_classes", labels=["y"]).info.label_counts == {"rare": 3, "x": 40}


def test_one_of_near_duplicates_is_kept() -> None:
    made = of_classes({"x": 3, "y": 3})
    near = Groups(np.array([0, 0, 1, 2, 2, 2]))
    assert apply_fix(made, "keep_one_of_near_duplicates", near=near).texts() == [
        made.texts()[i] for i in (0, 2, 3)
    ]


def test_chosen_examples_are_dropped_but_those_of_the_own_test_file() -> None:
    made = of_classes({"x": 3, "y": 3}, test={"x": 2})
    ids = made.example_ids()
    assert apply_fix(made, "drop_examples", example_ids=[ids[0], ids[-1]]).example_ids() == ids[1:]


@pytest.mark.parametrize(
    ("fix", "choices"), [("drop_rare_classes", {"labels": ["y"]}), ("merge_labels", {"into": {"y": "x"}})]
)
def test_change_that_leaves_one_class_is_refused(fix: str, choices: dict[str, Any]) -> None:
    with pytest.raises(DataError, match="would leave only one label"):
        apply_fix(of_classes({"x": 9, "y": 9}), fix, **choices)


@pytest.mark.parametrize(
    ("fix", "choices"), [("drop_rare_classes", {"labels": ["y"]}), ("merge_labels", {"into": {"y": "x"}})]
)
def test_change_that_the_own_test_file_contradicts_is_refused(fix: str, choices: dict[str, Any]) -> None:
    made = of_classes({"x": 9, "y": 9, "z": 9}, test={"x": 1, "y": 2})
    with pytest.raises(DataError, match="remove “y” .* has 2 such rows") as caught:
        apply_fix(made, fix, **choices)
    assert "test file" in caught.value.remedy


def test_imbalance_is_told_of_the_new_version() -> None:
    made = of_classes({"x": 59, "y": 40, "z": 1})
    fixed = apply_fix(made, "merge_labels", into={"z": "x", "y": "x", "x": "y"})
    codes = [one.code for one in fixed.info.findings]
    assert fixed.info.label_counts == {"x": 41, "y": 59}
    assert codes == []
    assert [
        one.code
        for one in apply_fix(made, "drop_examples", example_ids=made.example_ids()[60:90]).info.findings
    ] == ["imbalance"]


HOSTILE = st.sampled_from(
    [
        "?",
        "<b>a</b>",
        "a",
        "&lt;b&gt;a",
        "<br>",
        "x@y.zz",
        "<b>x@y.zz</b>",
        "+4912345678",
        "ab",
        "&amp;amp;",
        "a cd",
    ]
)
LABEL = st.sampled_from(["positive", "postive", "negative", "Negative"])
PLAIN: dict[str, Callable[[Dataset], dict[str, Any]]] = {
    "drop_near_empty": lambda made: {},
    "merge_labels": lambda made: {},
    "strip_html": lambda made: {},
    "mask_personal_data": lambda made: {},
    "drop_rare_classes": lambda made: {"labels": ["postive"]},
    "drop_examples": lambda made: {"example_ids": sorted(made.example_ids())[:2]},
    "keep_one_of_near_duplicates": lambda made: {"near": Groups(np.arange(made.num_examples) // 2)},
}


def test_every_fix_is_tried_below() -> None:
    assert PLAIN.keys() == FIXES.keys() | content_of(None).fixes.keys()


@pytest.mark.parametrize("fix", [fix for fix in PLAIN if fix != "keep_one_of_near_duplicates"])
@given(data=st.data())
def test_fix_changes_the_fingerprint_if_anything_and_never_the_own_test_file(
    fix: str, data: st.DataObject
) -> None:
    drawn = data.draw(st.lists(st.tuples(HOSTILE, LABEL), max_size=12))
    base = [(f"plain words {label} {i}", label) for label in ("positive", "negative") for i in range(8)]
    own = data.draw(st.lists(st.tuples(HOSTILE, st.sampled_from(["positive", "negative"])), max_size=3))
    made = of_rows([*base, *drawn], test=own)
    choices = PLAIN[fix](made)
    fixed = apply_fix(made, fix, **choices)
    assert (fixed.info.fingerprint != made.info.fingerprint) == (len(fixed.info.changes) == 1)
    assert rows_of_own_test(fixed) == rows_of_own_test(made)
    assert len(set(fixed.example_ids())) == fixed.num_examples == fixed.info.num_examples
    assert sum(fixed.info.label_counts.values()) == fixed.num_examples
    assert apply_fix(fixed, fix, **choices).info == fixed.info


def rows_of_own_test(made: Dataset) -> list[tuple[str, Any, str]]:
    rows_with_ids = zip(made.example_ids(), rows(made), strict=True)
    return [
        (identity, *row)
        for (identity, row), is_own in zip(rows_with_ids, made.is_own_test(), strict=True)
        if is_own
    ]


@pytest.mark.parametrize("num_rows", [1, 3])
def test_rewriting_a_few_rows_at_a_time_changes_nothing(
    num_rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = of_rows(
        [("<b>same</b>", "x"), ("same", "x"), ("<br>", "x"), ("<i>split</i>", "x"), ("split", "y")]
        + [(f"<p>plain {i}</p>" if i % 3 else f"plain {i}", "xy"[i % 2]) for i in range(12)],
        test=[("<b>own</b>", "y"), ("plain 4", "x")],
    )
    whole = apply_fix(made, "strip_html")
    monkeypatch.setattr("tl_core.doctor.fixes._ROWS_AT_A_TIME", num_rows)
    monkeypatch.setattr("tl_core.datasets.versions._ROWS_AT_A_TIME", num_rows)
    parts = apply_fix(made, "strip_html")
    assert parts.info == whole.info
    assert parts.table.equals(whole.table)
    assert parts.conflicts == whole.conflicts
