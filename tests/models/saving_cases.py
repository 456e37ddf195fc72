"""Saved model folders of tiny networks, and running a README's lines in a process of their own."""

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

from tests.tiny_models import MAX_TOKENS, Architecture, tiny_model_folder
from tl_core.catalogue.base_models import Pooling
from tl_core.models.building import build_classifier
from tl_core.models.saving import save_classifier
from tl_core.schema import ArmKind, TextSource

PAIR = TextSource(columns=("question", "answer"))
LABELS = ("bad", "<b>so-so</b>", "good")
TEXTS = (
    "a good film and a kind, warm story",
    "broken",
    "the food was not good, but the people were kind, the room was warm and nobody ever answered " * 4,
)


def saved_folder(
    tmp_path: Path,
    architecture: Architecture,
    pooling: Pooling,
    labels: tuple[str, ...] = LABELS,
    texts: TextSource | None = None,
) -> Path:
    """Save a classifier with random weights as a run does."""
    base = tiny_model_folder(tmp_path, architecture)
    classifier = build_classifier(ArmKind.FINE_TUNED, base, pooling, labels, init_seed=3).eval()
    folder = tmp_path / "model"
    save_classifier(
        classifier, folder, base_folder=base, labels=labels, max_length=MAX_TOKENS // 2, texts=texts
    )
    return folder


def run_readme(folder: Path, text: str, second: str = "") -> str:
    """Run the lines of a folder's README in it, with ``text`` for "A text."; return what they print.

    ``second`` stands for "Its pair.".
    """
    readme = (folder / "README.md").read_text(encoding="utf-8")
    code = textwrap.dedent("\n".join(re.findall(r"^ {4}.*$|^$", readme, flags=re.MULTILINE)))
    assert '"A text."' in code
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-c", code.replace('"A text."', repr(text)).replace('"Its pair."', repr(second))],
        cwd=folder,
        env={**environment, "HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": ""},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
