import json

from tests.serving import ROOT
from tl_core.planning.presets import DEFAULT_RATES


def test_default_rates_are_the_ones_that_the_benchmark_found() -> None:
    answer = json.loads((ROOT / "benchmarks" / "learning_rates.json").read_text())
    found = {arm: (row["encoder"], row["head"]) for arm, row in answer["chosen"].items()}
    assert found == {kind.value: (rates.encoder, rates.head) for kind, rates in DEFAULT_RATES.items()}
