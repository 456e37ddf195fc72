"""A machine whose clock is set while its processes live, as psutil shows it: only the boot time moves."""

import os
from pathlib import Path

import psutil
import pytest

_STEP = """
import psutil
boot_time = psutil._psplatform.boot_time
psutil._psplatform.boot_time = lambda: boot_time() + {step_s}
"""


def set_clock(monkeypatch: pytest.MonkeyPatch, step_s: float) -> None:
    """Let this process see the clock ``step_s`` seconds later than it was."""
    boot_time = psutil._psplatform.boot_time
    monkeypatch.setattr(psutil._psplatform, "boot_time", lambda: boot_time() + step_s)


def set_clock_of_children(monkeypatch: pytest.MonkeyPatch, folder: Path, step_s: float) -> None:
    """Let every Python process that this one starts from now on see the clock so, too."""
    (folder / "sitecustomize.py").write_text(_STEP.format(step_s=step_s))
    paths = [str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
