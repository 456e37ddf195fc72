"""How the folder of a network for pictures is loaded elsewhere, in words and lines. No torch."""

from collections.abc import Mapping
from typing import Any

PREDICT_FILE, PICTURES_FILE, NETWORK_FILE = "predict.py", "pictures.py", "efficientnet_lite.py"
ASKED = '"photo.jpg"'
LINES = """\
from predict import load

answer = load()
print(answer(["photo.jpg"]))"""
_WORDS = """\
Run the lines in this folder.

## With the files beside it

`predict.py` needs only torch, transformers, safetensors, NumPy and Pillow. It reads files, turns pictures
as they were taken, cuts the middle square and scales it to {size} pixels, all as in training, and answers
with the probability of each label:

{lines}

## With transformers

`pipeline` refuses this folder: the image processors of transformers cut and scale pictures otherwise, so that
the model would answer otherwise than it was measured. `AutoModelForImageClassification` loads the network
{how}, and what it answers is right for pixels that `pictures.prepared(file, {size})` gives.
"""


def how_to_load(facts: Mapping[str, Any]) -> str:
    """Write the ways to load a network's folder as Markdown, from what ``classifier.json`` says."""
    lines = "\n".join(f"    {line}".rstrip() for line in LINES.splitlines())
    return _WORDS.format(
        size=facts["max_length"], lines=lines, how="(after `import efficientnet_lite` for that architecture)"
    )
