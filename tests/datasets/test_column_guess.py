import pytest

from tests.files.tables import table
from tl_core.datasets.column_guess import guess_columns, guess_text
from tl_core.errors import DataError

WORDS = [
    "a very good film",
    "it was rather bad",
    "I like this one",
    "no, not again",
    "fine by me",
    "awful stuff",
]
LABELS = ["pos", "neg", "pos", "neg", "pos", "neg"]


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("text", "label"),
        ("v2", "v1"),
        ("Review", "Sentiment"),
        ("tweet_text", "airline_sentiment"),
        ("a", "b"),
    ],
)
def test_usual_and_unusual_names_are_guessed(text: str, label: str) -> None:
    guess = guess_columns(table(**{label: LABELS, text: WORDS}))
    assert (guess.text, guess.label) == (text, label)
    assert "characters" in guess.reasons["text"]
    assert f"{len(set(LABELS))} repeated" in guess.reasons["label"]


def test_index_soft_label_and_flag_columns_are_passed_over() -> None:
    guess = guess_columns(
        table(
            column_1=["0", "1", "2", "3", "4", "5"],
            held_out=["True", "False", "True", "True", "False", "False"],
            pos=["0.1", "0.9", "0.1", "0.9", "0.1", "0.9"],
            stance=["1", "2", "3", "1", "2", "3"],
            words=WORDS,
        )
    )
    assert (guess.text, guess.label) == ("words", "stance")


def test_class_ids_are_labels_and_the_longer_column_is_the_text() -> None:
    guess = guess_columns(table(a=["1", "2", "1", "2", "1", "2"], b=list("uvwxyz"), c=WORDS))
    assert (guess.text, guess.label) == ("c", "a")


def test_column_that_is_mostly_empty_is_no_label() -> None:
    guess = guess_columns(table(v1=LABELS, v2=WORDS, label=["x", "x", "", "", "", ""]))
    assert guess.label == "v1"


def test_named_column_is_kept_and_the_other_guessed() -> None:
    columns = table(title=WORDS, text=WORDS[::-1], label=LABELS)
    assert guess_columns(columns).text == "text"
    guess = guess_columns(columns, text="title")
    assert (guess.text, guess.label) == ("title", "label")


def test_no_pair_says_what_was_found() -> None:
    with pytest.raises(DataError, match=r"“id” \(6 different values, 1 characters") as caught:
        guess_columns(table(id=list("123456"), text=WORDS))
    assert caught.value.remedy


def test_missing_column_names_those_there_are() -> None:
    with pytest.raises(DataError, match="“body”. The file has “text”, “label”"):
        guess_columns(table(text=WORDS, label=LABELS), text="body")


def test_text_is_guessed_without_labels() -> None:
    assert guess_text(table(id=list("123456"), words=WORDS).columns) == "words"
    assert guess_text(table(words=["the same"] * 3).columns) == "words"
    with pytest.raises(DataError, match="None of the columns holds texts"):
        guess_text(table(id=list("123"), price=["1.5", "2", "3"]).columns)


def test_rows_with_several_labels_are_told_where_nothing_looks_like_classes() -> None:
    labels = ["a|b", "c|d", "a|c|d", "b|d", "b|c", "a|d", "d", "c"]
    columns = table(text=[f"a longer text, number {i}, that says something" for i in range(8)], label=labels)
    with pytest.raises(DataError, match="6 rows have several labels in “label”"):
        guess_columns(columns)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            {"text": [f"words {i}" for i in range(9)], "label": ["", *["good"] * 8]},
            "“label” is “good” in every row",
        ),
        ({"text": ["words"] * 8, "label": ["a", "b"] * 4}, "“text” holds the same text in every row"),
        (
            {"text": [f"words {i}" for i in range(2002)], "label": [f"l{i // 2}" for i in range(2002)]},
            "“label” has 1,001 different labels; the most is 1,000",
        ),
    ],
)
def test_a_usual_name_over_a_column_of_no_use_says_what_is_wrong_with_it(
    columns: dict[str, list[str]], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        guess_columns(table(**columns))


@pytest.mark.parametrize(
    "named", [{"text": "nothing"}, {"label": "nothing"}, {"text": "a", "label": "nothing"}]
)
def test_a_named_column_that_is_empty_is_refused_by_its_name(named: dict[str, str]) -> None:
    columns = table(a=["x y z", "b c d", "e f g", "h i"], nothing=["", " ", "", ""], c=list("pqpq"))
    with pytest.raises(DataError, match="“nothing” is empty in every row"):
        guess_columns(columns, **named)
