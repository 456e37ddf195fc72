"""Models of bundled experiments: packed without what the built-in package holds, whole again in a workspace.

A frozen network's encoder is the base model's own, so that its head is all that a bundle has to bring.
"""

import json
import os
import shutil
from pathlib import Path
from typing import Any

from tl_core.catalogue.base_models import BUILTIN
from tl_core.catalogue.local_folders import ENCODER, hash_weights
from tl_core.catalogue.locating import find_on_disk
from tl_core.schema import RunRecord

WEIGHTS_FILE, TOKENIZER_FILE = "model.safetensors", "tokenizer.json"
LENT = (WEIGHTS_FILE, TOKENIZER_FILE)
"""Files of a saved encoder that the built-in package can stand in for."""


def make_whole(model: Path, record: RunRecord) -> None:
    """Give a frozen network the encoder that it was packed without; a complete model stays as it is.

    Where the built-in package is another one than that of the run, the model goes: it would answer otherwise.
    """
    encoder = model / ENCODER
    if not encoder.is_dir() or all((encoder / name).exists() for name in LENT):
        return
    base = find_on_disk(BUILTIN)
    if base is None or hash_weights(base) != record.base_model_facts.get("weights_sha256"):
        shutil.rmtree(model)
        return
    try:
        os.link(base / WEIGHTS_FILE, encoder / WEIGHTS_FILE)
    except OSError:  # another disk, or links are not allowed
        shutil.copyfile(base / WEIGHTS_FILE, encoder / WEIGHTS_FILE)
    (encoder / TOKENIZER_FILE).write_text(json.dumps(tokenizer_of(base)), encoding="utf-8")


def tokenizer_of(base: Path) -> dict[str, Any]:
    """Return the built-in package's tokenizer as a model is saved with it: it neither cuts nor pads."""
    tokenizer: dict[str, Any] = json.loads((base / TOKENIZER_FILE).read_text(encoding="utf-8"))
    return tokenizer | {"truncation": None, "padding": None}
