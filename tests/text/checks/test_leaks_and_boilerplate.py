import pytest

from tests.doctor.made import count, of_rows, only, plain
from tl_core.schema import Finding
from tl_core.text.checks.content import boilerplate
from tl_core.text.checks.leaks import label_in_text


def named(label: str, num_own: int, num_others: int, *, name: str | None = None) -> Finding | None:
    """Look at 20 texts of a label and 20 others, of which some hold its name."""
    texts = [plain(i) for i in range(40)]
    for i in [*range(num_own), *range(20, 20 + num_others)]:
        texts[i] = f"{texts[i]} ({name or label}!)"
    return only(label_in_text(of_rows([(text, label if i < 20 else "zz9") for i, text in enumerate(texts)])))


def test_name_in_more_than_three_tenths_of_its_own_texts_is_a_leak() -> None:
    finding = named("sports", 7, 0)
    assert finding is not None
    assert (finding.count, finding.severity) == (7, "warning")
    assert finding.examples == ("“sports”: in 35% of the texts with this label, 0% of others",)
    assert named("sports", 6, 0) is None


def test_name_must_be_three_times_as_frequent_as_elsewhere() -> None:
    assert named("sports", 9, 2) is not None
    assert named("sports", 9, 3) is None


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("sports", "SPORTS"),
        ("lost_card", "lost card"),
        ("lost card", "Lost, card"),
        ("größe", "GRÖSSE".replace("SS", "ß")),
    ],
)
def test_name_is_found_in_any_case_and_spelling_of_its_gaps(label: str, name: str) -> None:
    assert named(label, 10, 0, name=name) is not None


@pytest.mark.parametrize(
    ("label", "name"), [("no", "no"), ("123", "123"), ("art", "party"), ("lost card", "lost my card")]
)
def test_short_names_numbers_and_parts_of_words_are_not(label: str, name: str) -> None:
    assert named(label, 10, 0, name=name) is None


def texts_with(form: str, num: int, num_others: int) -> Finding | None:
    texts = [form.format(plain(i)) for i in range(num)] + [plain(1000 + i) for i in range(num_others)]
    return only(boilerplate(of_rows([(text, "xy"[i % 2]) for i, text in enumerate(texts)])))


def test_same_beginning_or_end_of_three_tenths_of_the_texts_is_told() -> None:
    finding = texts_with("Dear support team I write because {}", 31, 69)
    assert finding is not None
    assert (finding.code, finding.count) == ("constant_beginning", 31)
    assert finding.examples == ("Dear support team I write",)
    assert texts_with("Dear support team I write because {}", 30, 70) is None
    end = texts_with("{} sent from my old phone.\n", 50, 0)
    assert end is not None
    assert (end.code, end.examples) == ("constant_end", ("sent from my old phone.",))


def test_four_words_or_nine_texts_are_no_boilerplate() -> None:
    assert texts_with("Dear support team hello {}", 50, 0) is None
    assert texts_with("Dear support team I write {}", 9, 0) is None
    assert count(boilerplate(of_rows([("a b c", "x"), ("d", "y"), ("e", "x")]))) == 0
