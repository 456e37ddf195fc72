"""A verdict's sentence in parts says what the whole sentence says."""

import pytest

from tests.evaluation.test_wording import EQUIVALENT, LABELS, flag, sentence, verdict
from tl_core.evaluation.wording import take_apart

CASES = [
    {},
    {"difference": -0.1, "ci95": (-0.15, -0.05)},
    {"difference": 0.02, "ci95": (-0.03, 0.07)},
    {"num_seeds": 1, "scope": "models"},
    {"num_seeds": 1, "scope": "models", "difference": 0.02, "ci95": (-0.03, 0.07)},
    {"num_seeds": 1, "scope": "models", "is_deterministic": True},
    EQUIVALENT,
    {**EQUIVALENT, "num_seeds": 1, "scope": "models"},
]


def test_the_claim_stands_alone():
    parts = take_apart(verdict(), LABELS)
    assert parts.claim == (
        "Fine-tuning all-MiniLM-L6 is 21.4 points more accurate than the same network trained from scratch"
    )
    assert parts.interval == "95 % interval 14.1 to 28.7 points"


@pytest.mark.parametrize("changes", CASES)
def test_parts_are_those_of_the_sentence(changes):
    parts = take_apart(verdict(**changes), LABELS)
    whole = sentence(**changes)
    assert whole.startswith(parts.claim)
    assert parts.interval.removesuffix(" points") in whole


@pytest.mark.parametrize("changes", CASES)
def test_what_weakens_a_claim_stands_in_the_claim(changes):
    parts = take_apart(verdict(flags=(flag(),), **changes), LABELS)
    assert parts.claim.endswith(
        ", but training from scratch was still improving when it stopped (3 of 5 seeds)"
    )
    assert "improving" not in parts.interval


@pytest.mark.parametrize(
    "changes",
    [{"p_holm": 0.06, "num_pairs": 6}, {"margin": 0.5, "ci90": (0.15, 0.28)}],
    ids=["one of many pairs", "smaller than the margin"],
)
def test_a_reservation_stands_in_the_claim_as_in_the_sentence(changes):
    claim, whole = take_apart(verdict(**changes), LABELS).claim, sentence(**changes)
    assert claim.split("from scratch")[1] == whole.split("test examples)")[1].removesuffix(".")
