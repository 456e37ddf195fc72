from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.doctor.made import count, of_texts, only
from tl_core.text.checks.personal_data import mask_personal_data, passes_luhn, personal_data

# Numbers that card schemes publish for tests, and phone numbers that are reserved for fiction.
CARDS = ["4111111111111111", "5500 0000 0000 0004", "3400-000000-00009", "6011000000000004"]
PHONES = [
    "+44 20 7946 0958",
    "(212) 555-0123",
    "212-555-0123",
    "1-212-555-0123",
    "030 1234567",
    "0171/1234567",
]
MAILS = ["jo@mail.org", "jo.doe+tag@sub.mail.co.uk", "J_D@X-Y.info"]


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        *((card, "<card>") for card in CARDS),
        *((phone, "<phone>") for phone in PHONES),
        *((mail, "<email>") for mail in MAILS),
    ],
)
def test_personal_data_is_found_and_masked_in_its_place(value: str, kind: str) -> None:
    assert mask_personal_data(value) == kind
    assert mask_personal_data(f"Reach me: {value}, thanks.") == f"Reach me: {kind}, thanks."
    assert count(personal_data(of_texts([f"Reach me: {value}."]))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "on 2024-01-15 10:30:00",
        "in 1999-2004 and 2010",
        "4111111111111112",
        "order 1234567890123",
        "ID4111111111111111",
        "10.0.0.1 and 192.168.100.100",
        "2@3.50 each",
        "@handle and me @ home",
        "5,000,000 people",
        "ISBN 978-3-16-148410-0",
        "05/2024",
        "+1 and +100",
        "version 1.22.333.4444",
        "0.123456789",
    ],
)
def test_other_numbers_and_signs_stay(text: str) -> None:
    assert mask_personal_data(text) == text
    assert count(personal_data(of_texts([text]))) == 0


def test_finding_counts_by_kind_and_shows_only_masked_examples() -> None:
    texts = [f"mail {MAILS[0]} or call {PHONES[0]}", f"mail {MAILS[1]}", f"card {CARDS[0]}"]
    finding = only(personal_data(of_texts(texts)))
    assert finding is not None
    assert (finding.count, finding.severity, finding.fix) == (3, "warning", "mask_personal_data")
    assert "2 with e-mail addresses, 1 with phone numbers, 1 with card numbers." in finding.message
    assert finding.examples == ("mail <email> or call <phone>", "mail <email>", "card <card>")


@pytest.mark.parametrize(("number", "expected"), [("79927398713", True), ("79927398710", False), ("0", True)])
def test_luhn_by_hand(number: str, expected: bool) -> None:
    assert passes_luhn(number) is expected


@given(
    st.lists(
        st.sampled_from(
            [*CARDS, *PHONES, *MAILS, " ", "-", "+", "(", ")", ".", "0", "12", "555", "a", "@", "_", "1 "]
        )
    ).map("".join)
)
def test_masking_twice_is_masking_once(text: str) -> None:
    assert mask_personal_data(mask_personal_data(text)) == mask_personal_data(text)


@pytest.mark.parametrize("piece", ["1", "1 ", "a", "a@", "a.", "+1", "(0", "4111 ", "a@a.", "0-", "01 234"])
def test_hostile_digits_and_letters_take_linear_time(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    start = perf_counter()
    mask_personal_data(text)
    assert perf_counter() - start < 10
