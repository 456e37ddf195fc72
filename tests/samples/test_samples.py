import subprocess
import sys

from tests.serving import ROOT


def test_the_bundled_samples_pass_their_checks() -> None:
    checked = subprocess.run(
        [sys.executable, "-m", "samples.check"], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
