import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tests.files.tables import CHOICE, dataset, table
from tl_core.datasets.dataset import build_dataset, read_dataset, write_dataset
from tl_core.datasets.identity import example_id
from tl_core.datasets.screening import Conflict
from tl_core.errors import DataError, NotFoundError
from tl_core.files.lines import Reject, reject_table
from tl_core.files.reading import Table
from tl_core.schema import ColumnChoice


def build(text: list[str], label: list[str], test: Table | None = None):
    return build_dataset(table(text=text, label=label), name="made", choice=CHOICE, test=test)


def finding(made, code: str) -> int:
    return next((one.count for one in made.info.findings if one.code == code), 0)


def test_rows_become_examples_with_ids_texts_and_targets() -> None:
    made = build([" a ", "b", "c"], ["y", "x", "y"])
    assert made.info.columns.labels == ("x", "y")
    assert made.texts() == [" a ", "b", "c"]
    assert made.targets().tolist() == [1, 0, 1]
    assert made.targets().dtype == np.int32
    assert made.example_ids() == [example_id([text]) for text in (" a ", "b", "c")]
    assert made.info.label_counts == {"x": 1, "y": 2}
    assert made.info.findings[0].code == "imbalance"


def test_pairs_of_texts_are_kept_as_pairs() -> None:
    columns = table(one=["a", "a", "b"], two=["b", "c", "a"], label=["x", "y", "x"])
    made = build_dataset(columns, name="pairs", choice=ColumnChoice(text=("one", "two"), label=("label",)))
    assert made.texts() == [("a", "b"), ("a", "c"), ("b", "a")]
    assert made.table.column_names == ["example_id", "text", "text_b", "target", "origin"]


def test_what_is_stored_of_a_plain_dataset_does_not_change_with_the_roles_that_there_are(
    tmp_path: Path,
) -> None:
    """Golden: fingerprint and files as they were before weights were used."""
    made = dataset({"good": 3, "bad": 2})
    write_dataset(made, tmp_path / "made")
    assert made.info.fingerprint == "1e8372f57034c1659a96c19870b85d9749a0b03cde4e880f3519621eb059cbe7"
    assert made.table.column_names == ["example_id", "text", "target", "origin"]
    digest = hashlib.sha256((tmp_path / "made" / "dataset.json").read_bytes()).hexdigest()
    assert digest == "939d43990e69a88b98f48f4fc6e90a04daff47ef153ee4351ca82a08262c61e0"


def test_empty_texts_and_labels_are_set_aside_and_counted() -> None:
    made = build(["a", " \t", "b", "c", "d", ""], ["x", "y", "", "y", "x", " "])
    assert made.texts() == ["a", "c", "d"]
    assert (finding(made, "empty_text"), finding(made, "empty_label")) == (2, 1)


def test_first_of_equal_rows_is_kept_and_disputed_texts_are_set_aside() -> None:
    made = build(
        ["same", "split", "same", "é", "split", "e\N{COMBINING ACUTE ACCENT}", "z", "split"],
        ["x", "x", "x", "y", "y", "y", "y", "x"],
    )
    assert made.texts() == ["same", "é", "z"]
    assert (finding(made, "duplicates"), finding(made, "conflicting_labels")) == (2, 3)
    assert made.conflicts == (Conflict(texts=("split",), labels=("x", "y")),)


def test_every_row_is_an_example_or_counted_in_a_finding() -> None:
    rng = np.random.default_rng(0)
    text = [str(number) for number in rng.integers(0, 60, 200)]
    label = [str(number) for number in rng.integers(0, 2, 200)]
    text[::17], label[::13] = [""] * len(text[::17]), [""] * len(label[::13])
    made = build(text, label)
    aside = sum(one.count for one in made.info.findings if one.code != "imbalance")
    assert made.num_examples + aside == made.info.num_rows == 200


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["10", "9", "9"], ("9", "10")),
        (["1.5", "-1", "-1"], ("-1", "1.5")),
        (["001", "NA", "None", "NA"], ("001", "NA", "None")),
        (["b", "B", "a", "a"], ("B", "a", "b")),
        (["001", "1", "1"], ("001", "1")),
    ],
)
def test_labels_are_sorted_by_number_or_code_point(labels: list[str], expected: tuple[str, ...]) -> None:
    assert build([f"t{i}" for i in range(len(labels))], labels).info.columns.labels == expected


def test_own_test_rows_are_never_altered_and_shared_texts_leave_train() -> None:
    test = table(text=["twin", "twin", "shared"], label=["x", "y", "x"])
    made = build(["a", "shared", "b", "shared", "c"], ["x", "x", "y", "y", "y"], test)
    assert made.texts() == ["a", "b", "c", "twin", "twin", "shared"]
    assert made.is_own_test().tolist() == [False, False, False, True, True, True]
    assert made.targets().tolist() == [0, 1, 1, 0, 1, 0]
    assert made.example_ids()[3:5] == [example_id(["twin"]), example_id(["twin"], 1)]
    assert (made.info.num_own_test, made.info.num_rows, finding(made, "shared_with_test")) == (3, 8, 2)


@pytest.mark.parametrize(
    ("test", "message"),
    [
        (table(text=["c", " "], label=["x", "x"]), "1 row of the test file has no text; the first is row 2"),
        (table(text=["c"], label=["z"]), "training data lacks: “z”"),
        (table(text=["c"], label=[""]), "training data lacks: “”"),
        (table(text=["c"], klass=["x"]), "no column “label”. The file has “text”, “klass”"),
    ],
)
def test_own_test_file_that_would_have_to_change_is_refused(test: Table, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        build(["a", "b", "d"], ["x", "y", "y"], test)
    assert caught.value.remedy


def test_own_test_file_with_rejected_lines_is_refused() -> None:
    good = table(text=["c"], label=["x"])
    rejects = reject_table([Reject(line=7, reason="Too short.", text="c")])
    test = Table(columns=good.columns, decisions=good.decisions, rejects=rejects)
    with pytest.raises(DataError, match="line 7: Too short"):
        build(["a", "b", "d"], ["x", "y", "y"], test)


@pytest.mark.parametrize(
    ("text", "label", "message"),
    [
        (["a", "b"], ["x", "x"], "“label” is “x” in every row"),
        (["", " "], ["x", "y"], "None of 2 rows can be used. 2 rows removed: no text"),
        (["a", "b", "c"], ["x", "y", "z"], "“label” is different in every row"),
        (
            [f"t{i}" for i in range(1003)],
            [f"l{i // 2 * 2 if i < 4 else i}" for i in range(1003)],
            "the most is 1,000",
        ),
    ],
)
def test_labels_that_are_no_classes_are_refused_with_a_remedy(
    text: list[str], label: list[str], message: str
) -> None:
    with pytest.raises(DataError, match=message) as caught:
        build(text, label)
    assert caught.value.remedy


@pytest.mark.parametrize(("text", "label"), [("none", "label"), ("text", "text")])
def test_wrong_columns_are_refused(text: str, label: str) -> None:
    with pytest.raises(DataError, match="column"):
        build_dataset(table(text=["a"], label=["x"]), name="made", choice=ColumnChoice.of(text, label))


def test_imbalance_and_rejected_lines_are_told() -> None:
    columns = table(text=list("abcde"), label=["x", "x", "x", "x", "y"])
    rejects = reject_table([Reject(line=3, reason="Too short.", text="q")] * 4)
    rejected = Table(columns=columns.columns, decisions=columns.decisions, rejects=rejects)
    made = build_dataset(rejected, name="made", choice=CHOICE)
    assert (finding(made, "imbalance"), finding(made, "rejected_rows")) == (4, 4)
    assert finding(build(list("abcde"), ["x", "x", "x", "y", "y"]), "imbalance") == 0


def test_fingerprint_depends_on_the_rows_but_not_on_the_name() -> None:
    columns = table(text=["a", "b", "c"], label=["x", "y", "x"])
    first, second = (build_dataset(columns, name=name, choice=CHOICE) for name in ("p", "q"))
    assert first.info.fingerprint == second.info.fingerprint
    assert build(["a", "b", "d"], ["x", "y", "x"]).info.fingerprint != first.info.fingerprint


def test_written_dataset_is_read_back_and_never_written_twice(tmp_path: Path) -> None:
    made = build(["a", "b", "c", "s", "s"], ["x", "y", "x", "x", "y"])
    folder = tmp_path / made.info.fingerprint
    write_dataset(made, folder)
    written = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    write_dataset(made, folder)
    assert written == {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert set(written) == {"examples.parquet", "dataset.json", "conflicts.json"}
    again = read_dataset(folder)
    assert (again.info, again.conflicts) == (made.info, made.conflicts)
    assert again.table.equals(made.table)


def test_a_large_dataset_is_mapped_and_reads_back_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = build(["a", "b", "c"], ["x", "y", "x"])
    monkeypatch.setattr("tl_core.datasets.dataset.MAPPED_FROM", 3)
    write_dataset(made, tmp_path)
    allocated = pa.total_allocated_bytes()
    read = read_dataset(tmp_path)
    assert pa.total_allocated_bytes() == allocated
    assert read.table.equals(made.table)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "conflicts.json",
        "dataset.json",
        "examples.arrow",
    ]


def test_rows_that_are_taken_keep_the_facts() -> None:
    made = build(["a", "b", "c"], ["x", "y", "x"])
    taken = made.take(np.array([0, 2]))
    assert taken.texts() == ["a", "c"]
    assert taken.info == made.info


def test_missing_dataset_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="is gone"):
        read_dataset(tmp_path / "none")


def test_the_way_from_file_to_split_never_imports_torch() -> None:
    code = (
        "import sys; from tl_core.datasets import dataset; from tl_core.doctor import profile;"
        "from tl_core.splits import splitting;"
        "sys.exit(any(name in sys.modules for name in ('torch', 'transformers', 'streamlit')))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])


def weighted(*weights: str):
    columns = table(text=["a", "b", "c", "d"], label=["x", "x", "y", "y"], w=weights)
    return build_dataset(columns, name="w", choice=CHOICE.model_copy(update={"weight": "w"}))


def test_examples_that_never_teach_are_counted() -> None:
    made = weighted("1", "0", "2.5", "1")
    assert finding(made, "zero_weight") == 1
    assert made.weights() is not None
    assert made.weights().tolist() == [1.0, 0.0, 2.5, 1.0]
    assert build(["a", "b", "c"], ["x", "y", "x"]).weights() is None


def test_a_class_that_no_row_teaches_is_refused() -> None:
    with pytest.raises(DataError, match="No row of “y” has a weight above 0"):
        weighted("1", "1", "0", "0")


def test_copies_that_leave_one_text_a_class_are_named_as_the_cause() -> None:
    with pytest.raises(
        DataError, match="2 of 20 rows are left, .* 18 rows removed: exact copies of an earlier row"
    ):
        build(["one", "two"] * 10, ["x", "y"] * 10)
