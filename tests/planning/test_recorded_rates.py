import json

import pytest

from tests.serving import ROOT
from tl_core.planning.presets import DEFAULT_RATES, OWN_HEAD_RATES


@pytest.mark.parametrize(("pooling", "recorded"), [("mean", DEFAULT_RATES), ("own", OWN_HEAD_RATES)])
def test_default_rates_are_the_ones_that_the_benchmark_found(pooling, recorded) -> None:
    answer = json.loads((ROOT / "benchmarks" / "learning_rates.json").read_text())
    found = {arm: (row["encoder"], row["head"]) for arm, row in answer["chosen"][pooling].items()}
    asked = {kind.value: (rates.encoder, rates.head) for kind, rates in recorded.items()}
    if pooling == "own":
        del asked["contrastive"]  # it has no such head; the page's form alone asks for its rate
    assert found == asked
