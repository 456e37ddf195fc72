import pytest

from tests.doctor.made import count, of_rows, of_texts, only
from tests.files.tables import table
from tl_core.datasets.dataset import build_dataset
from tl_core.schema import ColumnChoice
from tl_core.text.checks.content import id_like_text, near_empty


@pytest.mark.parametrize("text", ["?!", "a", "7", "12345", "x 9", "...", "😀😀", "1.5 € "])
def test_text_with_fewer_than_two_letters_is_near_empty(text: str) -> None:
    finding = only(near_empty(of_texts([text])))
    assert finding is not None
    assert (finding.count, finding.severity, finding.fix) == (1, "info", "drop_near_empty")
    assert finding.examples == (" ".join(text.split()),)


@pytest.mark.parametrize("text", ["ok", "a b", "好", "は", "да", "k9 unit", "I'm"])
def test_text_with_two_letters_or_one_ideograph_is_not(text: str) -> None:
    assert count(near_empty(of_texts([text]))) == 0


def test_pair_is_near_empty_if_one_of_its_texts_is() -> None:
    columns = table(one=["good words", "!", "more"], two=["?", "good words", "of it"], label=["x", "y", "x"])
    made = build_dataset(columns, name="pairs", choice=ColumnChoice(text=("one", "two"), label=("label",)))
    assert count(near_empty(made)) == 2


def test_rows_of_the_own_test_file_are_counted_but_not_offered_for_a_fix() -> None:
    rows = [("good words", "x"), ("more words", "y"), ("yet more", "x")]
    both = only(near_empty(of_rows([*rows, ("!", "x")], test=[("?", "x")])))
    own = only(near_empty(of_rows(rows, test=[("?", "x")])))
    assert both is not None
    assert own is not None
    assert (both.count, both.fix, own.count, own.fix) == (2, "drop_near_empty", 1, "")
    assert "your own test file, which has 1 of them" in both.message


@pytest.mark.parametrize(
    "text",
    [
        "ORD-2291-XK",
        "a3f9c2d1e4",
        "https://example.org/a/b",
        "www.example.org",
        "AB12 CD34, EF56",
        "#77-xy 2024",
    ],
)
def test_text_of_ids_and_addresses_alone_is_id_like(text: str) -> None:
    assert count(id_like_text(of_texts([text]))) == 1


@pytest.mark.parametrize("text", ["order AB12", "see https://example.org", "ok", "我有3个", "12345", "no. 5"])
def test_text_with_a_word_is_not(text: str) -> None:
    assert count(id_like_text(of_texts([text]))) == 0


def test_id_like_texts_are_a_warning_from_a_tenth_on() -> None:
    ids = [f"AB{i}CD" for i in range(10)]
    few, many = (only(id_like_text(of_texts(ids, num_plain=num))) for num in (91, 90))
    assert few is not None
    assert many is not None
    assert (few.severity, many.severity) == ("info", "warning")
