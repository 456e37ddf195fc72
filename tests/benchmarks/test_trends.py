"""The table of ``benchmarks/trends.json`` is what the rule promises: the script beside it has written it."""

import json

import numpy as np
import pytest

from benchmarks.trends import JSON, NUM_LOOKS, shares

CELLS = json.loads(JSON.read_text())["cells"]


def cells(**asked: float) -> list[dict[str, float]]:
    return [cell for cell in CELLS if all(cell[name] == value for name, value in asked.items())]


@pytest.mark.parametrize(
    ("correlation", "num_seeds", "most_noise"),
    [(0.0, 5, 0.05), (0.3, 5, 0.02), (0.6, 5, 0.02), (0.3, 10, 0.05), (0.6, 10, 0.05)],
)
def test_a_quarter_of_the_way_ahead_is_seen_in_four_of_five_experiments(
    correlation: float, num_seeds: int, most_noise: float
) -> None:
    found = cells(ahead=0.25, num_seeds=num_seeds, correlation=correlation)
    seen = [cell["improving"] for cell in found if cell["noise_nats"] <= most_noise]
    assert len(seen) >= 2
    assert min(seen) >= 0.8


def test_settled_curves_are_called_improving_in_at_most_one_of_twenty() -> None:
    """However their noise is correlated."""
    found = cells(ahead=0.0)
    assert len(found) == 60
    assert {cell["correlation"] for cell in found} == {0.0, 0.3, 0.6}
    assert max(cell["improving"] for cell in found) <= 0.05


def test_with_more_noise_nobody_can_tell_more_often_than_settled_is_said_wrongly() -> None:
    for cell in cells(ahead=0.25):
        assert cell["settled"] <= 0.05
    assert cells(ahead=0.25, num_seeds=5, noise_nats=0.2, correlation=0.6)[0]["unknown"] > 0.5


@pytest.mark.parametrize(
    "cell",
    [cell for cell in cells(num_seeds=5, noise_nats=0.05) if cell["correlation"] in (0.0, 0.6)],
    ids=lambda cell: f"ahead {cell['ahead']}, correlation {cell['correlation']}",
)
def test_the_table_is_of_the_rule_as_it_is(cell: dict[str, float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.trends.REPEATS", 150)
    found = shares(cell["ahead"], cell["noise_nats"], 5, cell["correlation"], np.random.default_rng(5))
    assert NUM_LOOKS == 16
    assert found["improving"] == pytest.approx(cell["improving"], abs=0.13)
