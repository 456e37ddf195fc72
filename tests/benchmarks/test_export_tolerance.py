import json
from pathlib import Path

import pytest

from tl_core.export.verification import BFLOAT16_TOLERANCE, TOLERANCE

FOUND = json.loads((Path(__file__).parents[2] / "benchmarks" / "export_tolerance.json").read_text())


@pytest.mark.parametrize(
    ("precision", "tolerance"), [("float32", TOLERANCE), ("bfloat16", BFLOAT16_TOLERANCE)]
)
def test_the_tolerances_leave_room_above_what_was_measured(precision: str, tolerance: float) -> None:
    for run in FOUND["runs"]:
        assert run[precision]["largest"] < tolerance / 3
        assert run[precision]["mean"] < tolerance / 30
