import numpy as np
import pytest

from tl_core.text.near_duplicates import read_word_sets, word_set


def test_words_lie_between_spaces_and_punctuation_without_case_and_repetition() -> None:
    assert word_set("The cat -- the CAT! -- saw it, at 5pm (really).") == {
        "the", "cat", "saw", "it", "at", "5pm", "really",
    }  # fmt: skip


def test_compatible_forms_are_the_same_word() -> None:
    assert word_set("ＦＵＬＬ width letters count as one") == word_set("full width letters count as one")
    assert word_set("Straße, Straße: fünf ähnliche Wörter hier") == word_set(
        "STRASSE fu\N{COMBINING DIAERESIS}nf ähnliche Wörter hier"
    )


def test_vowel_signs_do_not_cut_words() -> None:
    assert word_set("मुझे यह किताब बहुत पसंद आई।") == {"मुझे", "यह", "किताब", "बहुत", "पसंद", "आई"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ab cd", {" ab ", " b c", "  cd"}),
        ("Ab -- CD!", {" ab ", " b c", "  cd"}),
        ("ab", {" ab"}),
        ("!!", {" !!"}),
        ("?? ?", {" ?? ", " ? ?"}),
        (" \t", {" "}),
        ("", {" "}),
    ],
)
def test_few_words_are_compared_by_runs_of_three_characters(text: str, expected: set[str]) -> None:
    assert word_set(text) == expected


def test_scripts_without_spaces_are_compared_by_runs_of_three_characters() -> None:
    assert word_set("这部电影很好看") == {" 这部电", " 部电影", " 电影很", " 影很好", " 很好看"}


def test_words_of_three_letters_are_no_runs_of_three_characters() -> None:
    assert not word_set("abc") & word_set("abc def ghi jkl mno")


def test_sets_are_numbered_by_what_they_hold() -> None:
    texts = ["b c d e f g", "zebra crossing", "g f e d c b", "a b c d e f"]
    sets = read_word_sets(texts, lambda share: None)
    again = read_word_sets(texts[::-1], lambda share: None)
    assert sets.set_of[0] == sets.set_of[2]
    np.testing.assert_array_equal(sets.set_of, again.set_of[::-1])
    assert sets.words == again.words
    np.testing.assert_array_equal(sets.matrix.toarray(), again.matrix.toarray())
    row = sets.matrix.toarray()[sets.set_of[3]]
    assert {sets.words[word] for word in np.flatnonzero(row)} == set("abcdef")


def test_progress_is_told_from_time_to_time() -> None:
    shares: list[float] = []
    read_word_sets(["text"] * 2_500, shares.append)
    assert shares == [0, 0.4, 0.8]
