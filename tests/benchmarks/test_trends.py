"""The table of ``benchmarks/trends.json`` is what the rule promises: the script beside it has written it."""

import json

import numpy as np
import pytest

from benchmarks.readme import ROOT
from benchmarks.trends import JSON, NUM_LOOKS, shares

CELLS = json.loads(JSON.read_text())["cells"]


def cells(**asked: float) -> list[dict[str, float]]:
    return [cell for cell in CELLS if all(cell[name] == value for name, value in asked.items())]


def test_a_quarter_of_the_way_ahead_is_seen_in_four_of_five_experiments_of_five_seeds() -> None:
    found = [cell for cell in cells(ahead=0.25, num_seeds=5) if cell["noise_nats"] <= 0.05]
    assert len(found) == 3
    assert min(cell["improving"] for cell in found) >= 0.8


def test_settled_curves_are_called_improving_in_at_most_one_of_twenty() -> None:
    found = cells(ahead=0.0)
    assert len(found) == 20
    assert max(cell["improving"] for cell in found) <= 0.05


def test_with_more_noise_nobody_can_tell_more_often_than_settled_is_said_wrongly() -> None:
    for cell in cells(ahead=0.25, num_seeds=5):
        assert cell["settled"] <= 0.05
    assert cells(ahead=0.25, num_seeds=5, noise_nats=0.2)[0]["unknown"] > 0.5


@pytest.mark.parametrize(
    "cell", cells(num_seeds=5, noise_nats=0.05), ids=lambda cell: f"ahead {cell['ahead']}"
)
def test_the_table_is_of_the_rule_as_it_is(cell: dict[str, float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.trends.REPEATS", 150)
    found = shares(cell["ahead"], cell["noise_nats"], 5, np.random.default_rng(5))
    assert NUM_LOOKS == 16
    assert found["improving"] == pytest.approx(cell["improving"], abs=0.13)


def test_the_page_on_statistics_has_these_figures() -> None:
    page = (ROOT / "docs" / "fairness_and_statistics.md").read_text(encoding="utf-8")
    for ahead, words in {0.5: "half", 0.25: "a quarter", 0.125: "an eighth", 0.0: "nothing"}.items():
        for num_seeds in (1, 5, 10):
            row = [
                ", ".join(f"{100 * cell[trend]:.0f}" for trend in ("improving", "settled", "unknown"))
                for cell in cells(ahead=ahead, num_seeds=num_seeds)
            ]
            assert f"| {words}, {num_seeds} | {' | '.join(row)} |" in page
