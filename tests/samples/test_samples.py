import subprocess
import sys

from tests.serving import ROOT

MOST_BYTES = 6_500_000
"""Of all finished comparisons together: everybody who takes the project takes them."""


def test_the_bundled_samples_pass_their_checks() -> None:
    checked = subprocess.run(
        [sys.executable, "-m", "samples.check"], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_finished_comparisons_stay_small() -> None:
    files = [path for path in (ROOT / "samples" / "finished").rglob("*") if path.is_file()]
    assert 0 < sum(path.stat().st_size for path in files) <= MOST_BYTES
