import pyarrow as pa
import pytest

from tl_core.errors import DataError
from tl_core.intake.text_columns import columns_called, find_texts, match_texts, match_words
from tl_core.schema import TextSource

CELLS = ["a text of some length", "another one of some length"]


def table(*names: str) -> pa.Table:
    return pa.table({name: CELLS for name in names})


@pytest.mark.parametrize(
    "spelled",
    [
        *("Review_Text", "REVIEW_TEXT", "review text", "review-text", "ReviewText", "Review\u2011Text"),
        *("review\u00a0text", "\ufeffreview_text", "ｒｅｖｉｅｗ_text", " review_text "),
    ],
)
def test_a_name_is_found_in_any_spelling(spelled: str) -> None:
    assert columns_called("review_text", ["id", spelled]) == (spelled,)


def test_unicode_forms_of_a_name_are_one() -> None:
    assert columns_called("\u00c9t\u00e9", ["e\u0301te\u0301"]) == ("e\u0301te\u0301",)
    assert columns_called("STRASSE", ["Stra\u00dfe"]) == ("Stra\u00dfe",)


@pytest.mark.parametrize("other", ["review", "review_text_2", "text", "reviews_text", "_"])
def test_another_name_is_not_it(other: str) -> None:
    assert columns_called("review_text", [other]) == ()
    assert columns_called("_", ["-"]) == (), "what is only blanks between words is no name"


def test_the_exact_name_goes_before_other_spellings() -> None:
    assert columns_called("text", ["Text", "text", "TEXT"]) == ("text",)
    assert columns_called("text", ["Text", "TEXT"]) == ("Text", "TEXT")


def test_a_column_that_is_called_exactly_as_one_of_the_training_stands_for_no_other() -> None:
    source = TextSource(columns=("Text", "text"), joined_with=" ")
    assert match_texts(["Text", "TEXT"], source) == (("Text",), ("TEXT",))
    assert find_texts(table("Text", "TEXT"), source).columns == ("Text", "TEXT")


def test_one_column_does_not_stand_for_two() -> None:
    found = find_texts(table("TEXT", "other"), TextSource(columns=("Text", "text"), joined_with=" "))
    assert (found.columns, found.is_guess) == (("TEXT",), True)


def test_a_match_says_what_it_is_called_in_training() -> None:
    found = find_texts(table("Review_Text", "id"), TextSource(columns=("review_text",)))
    assert found.reason == "Reads “Review_Text”, which the training calls “review_text”."
    exact = find_texts(table("review_text", "id"), TextSource(columns=("review_text",)))
    assert exact.reason == "Reads “review_text”, as in training."


def test_a_guess_says_that_it_is_one_and_why() -> None:
    found = find_texts(table("description", "code"), TextSource(columns=("review",)))
    assert (found.columns, found.is_guess) == (("description",), True)
    assert found.reason == (
        "Reads “description” as a guess: the file has no “review”, which the model was trained on."
    )
    assert "the model does not say" in find_texts(table("description", "code"), TextSource()).reason


def test_the_only_column_is_no_guess() -> None:
    found = find_texts(table("column_1"), TextSource(columns=("review",)))
    assert (found.columns, found.is_guess) == (("column_1",), False)


def test_several_columns_in_other_spellings_are_refused() -> None:
    with pytest.raises(DataError, match="“Review_Text”, “review-text” could each be") as refused:
        find_texts(table("Review_Text", "review-text"), TextSource(columns=("review_text",)))
    assert "--text" in refused.value.remedy


@pytest.mark.parametrize(
    ("present", "words"),
    [
        (["review_text"], []),
        (["Review_Text"], ["“Review_Text” is the “review_text” of the training in another spelling."]),
        (["body"], ["The file has no “review_text”, which the model was trained on."]),
        (
            ["Review_Text", "ReviewText"],
            ["“Review_Text”, “ReviewText” could each be the “review_text” of the training. Choose one."],
        ),
    ],
)
def test_what_is_not_as_in_training_is_put_in_words(present: list[str], words: list[str]) -> None:
    source = TextSource(columns=("review_text",))
    assert match_words(source, match_texts(present, source)) == words
