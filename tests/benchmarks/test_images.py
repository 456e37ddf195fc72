import json
from pathlib import Path

import pytest

from tl_core.arms import ArmKind
from tl_core.planning.presets import PICTURE_RATES

FOUND = json.loads((Path(__file__).parents[2] / "benchmarks" / "images.json").read_text())


@pytest.mark.parametrize("kind", [ArmKind.FINE_TUNED, ArmKind.SCRATCH])
def test_networks_learn_pictures_at_the_rates_that_were_best_and_lie_inside_of_what_was_tried(
    kind: ArmKind,
) -> None:
    best = FOUND["rates"][kind.value]
    assert (PICTURE_RATES[kind].encoder, PICTURE_RATES[kind].head) == (best["encoder"], best["head"])
    tried = [one["rates"][0] for one in best["tried"]]
    assert min(tried) < best["encoder"] < max(tried)


def test_batch_norms_keep_what_pretraining_counted_because_that_was_better() -> None:
    assert FOUND["rates"]["fine_tuned"]["norms"] == "keep"
