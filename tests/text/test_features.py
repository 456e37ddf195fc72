import pytest
from hypothesis import given
from hypothesis import strategies as st

from tl_core.text.tfidf import Analyzer, units_of

features_of = Analyzer.BY_SCRIPT.features_of


def test_words_and_their_pairs_count_whatever_stands_between_them() -> None:
    assert features_of("Good, but COLD good") == [
        *("good", "but", "cold", "good"),
        *("good but", "but cold", "cold good"),
        ",",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (":)", [":", ")", ":)"]),
        ("!!!", ["!", "!", "!", "!!", "!!", "!!!"]),
        ("so :( so", ["so", "so", "so so", ":", "(", ":("]),
        ("👍", ["👍"]),
        ("fine👍", ["fine", "👍"]),
        ("\uf8ff", ["\uf8ff"]),
        ("a", ["a"]),
    ],
)
def test_punctuation_and_symbols_count_by_runs_of_up_to_three(text: str, expected: list[str]) -> None:
    assert features_of(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("很好看", ["很", "好", "看", "很好", "好看", "很好看"]),
        ("好。好", ["好", "好", "。"]),
        ("すごいね", ["す", "ご", "い", "ね", "すご", "ごい", "いね", "すごい", "ごいね"]),
        ("人々", ["人", "々", "人々"]),
        ("ດີ", ["ດີ", "ດ"]),
        ("ល្អ", ["ល្", "អ", "ល្អ", "ល"]),
        ("ကောင်း", ["ကော", "င်း", "ကောင်း", "က", "င"]),
    ],
)
def test_where_words_are_not_parted_characters_count(text: str, expected: list[str]) -> None:
    assert features_of(text) == expected


def test_a_thai_letter_keeps_its_marks_and_counts_without_them_too() -> None:
    features = features_of("ร้านนี้ดี")
    assert {"ร้", "นี้", "ดี", "นี้ดี", "ร", "น", "ด"} <= set(features)
    assert not {"้", "ี"} & {feature[0] for feature in features}


def test_each_part_of_a_mixed_text_is_read_as_its_script_asks() -> None:
    assert features_of("这个phone很 nice!") == [
        *("phone", "nice", "phone nice"),
        *("这", "个", "这个", "很", "!"),
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("아주 좋은 영화", ["아주", "좋은", "영화"]),
        ("मुझे किताब", ["मुझे", "किताब"]),
        ("مفيد جدا", ["مفيد", "جدا"]),
        ("می\u200cخواهم", ["می\u200cخواهم"]),
        ("cafe\u0301", ["café"]),
    ],
)
def test_where_spaces_part_words_they_are_not_cut(text: str, words: list[str]) -> None:
    assert units_of(text) == words


@pytest.mark.parametrize(
    ("text", "characters"),
    [
        ("👍🏽👍", ["👍🏽", "👍"]),
        ("👨\u200d👩\u200d👧!", ["👨\u200d👩\u200d👧", "!"]),
        ("🇩🇪🇫🇷", ["🇩🇪", "🇫🇷"]),
        ("❤\ufe0f", ["❤\ufe0f"]),
        ("🏴\U000e0067\U000e0062\U000e007f", ["🏴\U000e0067\U000e0062\U000e007f"]),
    ],
)
def test_an_emoji_of_several_code_points_is_one_character(text: str, characters: list[str]) -> None:
    assert units_of(text) == characters


def test_an_emoji_with_a_skin_tone_is_known_by_the_one_without() -> None:
    assert set(features_of("👍")) <= set(features_of("👍🏿"))


def test_full_width_and_composed_forms_are_what_they_stand_for() -> None:
    assert features_of("ＧＯＯＤ！") == features_of("good!")
    assert features_of("ｶﾞﾗｽ") == features_of("ガラス")
    assert features_of("Cafe\u0301") == features_of("café")


@pytest.mark.parametrize("text", ["", " \n", "\u200b", "\u200d\u2060\ufeff", "\x00\x01", "\u3000"])
def test_what_nobody_sees_has_no_features(text: str) -> None:
    assert features_of(text) == units_of(text) == []


def test_the_words_of_a_text_leave_its_punctuation_out_unless_there_is_nothing_else() -> None:
    assert units_of("So good :)") == ["so", "good"]
    assert units_of(":)") == [":", ")"]
    assert units_of("很好！ok") == ["ok", "很", "好"]


@given(st.text(max_size=40))
def test_units_are_features_and_every_visible_text_has_one(text: str) -> None:
    features = features_of(text)
    assert set(units_of(text)) <= set(features)
    assert bool(features) == bool(units_of(text))
    if any(character.isalnum() for character in text):
        assert features
