import pytest

from tests.doctor.made import of_rows
from tl_core.text.checks.languages import detect_languages, languages

ENGLISH = [
    "The train was late again and nobody told us why we had to wait.",
    "I would like to change the address on my account before the weekend.",
    "She put the keys on the table and went out into the garden.",
    "Our neighbours are painting their house in a very bright yellow.",
    "It rained all night, so the match had to be moved to another day.",
    "Please send me the invoice for the last month once more.",
]
GERMAN = [
    "Der Zug hatte wieder Verspätung, und niemand sagte uns, warum wir warten mussten.",
    "Ich möchte vor dem Wochenende die Adresse in meinem Konto ändern.",
    "Sie legte die Schlüssel auf den Tisch und ging hinaus in den Garten.",
    "Unsere Nachbarn streichen ihr Haus gerade in einem sehr hellen Gelb.",
    "Es regnete die ganze Nacht, deshalb wurde das Spiel verschoben.",
    "Bitte schicken Sie mir die Rechnung für den letzten Monat noch einmal.",
]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (ENGLISH[0], "en"),
        (GERMAN[0], "de"),
        ("Le train était encore en retard et personne ne nous a dit pourquoi.", "fr"),
        (
            "Поезд снова опоздал, и никто не сказал нам, почему мы должны так долго ждать.",
            "ru",
        ),
        ("ok", ""),
        ("", ""),
        ("12345 67890 12345 67890 12345", ""),
        ("haha lol", ""),
    ],
)
def test_languages_of_sentences_are_told_and_short_texts_left_open(text: str, language: str) -> None:
    assert detect_languages([text]) == [language]


def found(rows: list[str], known: tuple[str, ...] | None) -> dict[str, int]:
    made = of_rows([(text, "xy"[i % 2]) for i, text in enumerate(rows)])
    return {one.code: one.count for one in languages(made, known)}


def test_one_known_language_is_nothing_to_tell() -> None:
    assert found(ENGLISH, ("en",)) == {}
    assert found(ENGLISH, None) == {}


def test_languages_that_the_base_model_does_not_know_are_told() -> None:
    assert found(GERMAN, ("en",)) == {"unknown_language": 6}
    assert found([*ENGLISH, *GERMAN], ("en", "de")) == {"several_languages": 6}
    assert found([*ENGLISH, *GERMAN], ("en",)) == {"unknown_language": 6, "several_languages": 6}


def test_four_texts_of_another_language_may_be_mistakes() -> None:
    assert found([*ENGLISH, *GERMAN[:4]], ("en",)) == {}
