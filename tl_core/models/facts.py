"""What a model folder says about its classifier, in ``classifier.json``. No torch."""

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open

from tl_core.errors import ModelError, NotFoundError
from tl_core.schema import TextSource

FACTS_FILE = "classifier.json"


def write_facts(
    folder: Path, kind: str, labels: tuple[str, ...], texts: TextSource | None, **others: Any
) -> None:
    """Write kind, labels and what that kind needs; of texts the columns that they came from, if known."""
    facts = {"kind": kind, **others, "labels": labels}
    if texts is not None:
        facts["texts"] = texts.model_dump(mode="json")
    (folder / FACTS_FILE).write_text(json.dumps(facts, indent=2, ensure_ascii=False), encoding="utf-8")


def read_facts(folder: Path) -> dict[str, Any]:
    """Read what a model folder says about its classifier: ``kind``, ``labels`` and what that kind needs.

    Raises
    ------
    NotFoundError
        If it is no such folder.
    ModelError
        If the file is damaged.
    """
    try:
        facts: dict[str, Any] = json.loads((folder / FACTS_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NotFoundError(
            f"Expected a model folder with a {FACTS_FILE}; {folder.name!r} has none.",
            "Use a finished run's id or a folder that `tl_core export --format hf` has written.",
        ) from None
    except (OSError, ValueError) as error:
        raise damaged_model(folder, error) from error
    if not isinstance(facts, dict) or not {"kind", "labels"} <= facts.keys():
        raise damaged_model(folder, ValueError(f"{FACTS_FILE} does not say what the model is"))
    return facts


def damaged_model(folder: Path, error: Exception) -> ModelError:
    """Say which run's or which folder's model cannot be loaded, and why; no path is named."""
    name = folder.parent.name if folder.name == "model" else folder.name
    file = find_damaged_file(folder)
    first = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
    reason = f"{file} is damaged" if file else first.replace(str(folder), "its folder")[:200]
    return ModelError(
        f"The model of {name!r} cannot be loaded: {reason}.",
        "Bring back the file from a copy, or train the model again.",
    )


def find_damaged_file(folder: Path) -> str | None:
    """Return the path, within a model folder, of its first file whose form is broken; None without one."""
    for path in sorted(folder.rglob("*")):
        try:
            if path.suffix == ".json":
                json.loads(path.read_text(encoding="utf-8"))
            elif path.suffix == ".npz":
                with np.load(path, allow_pickle=False) as arrays:
                    dict(arrays)
            elif path.suffix == ".safetensors":
                with safe_open(path, framework="numpy"):
                    pass
        except (OSError, ValueError, EOFError, zipfile.BadZipFile, SafetensorError):
            return path.relative_to(folder).as_posix()
    return None


def is_of_former_layout(folder: Path) -> bool:
    """Whether a network's folder is of a version whose folders could be loaded with a head at random."""
    if not (folder / FACTS_FILE).exists():
        return False
    facts = read_facts(folder)
    return facts["kind"] == "neural" and "pad_id" not in facts


def text_source(facts: dict[str, Any]) -> TextSource:
    """Return where a model's texts came from; older models do not say, and read one text."""
    return TextSource.model_validate(facts["texts"]) if "texts" in facts else TextSource()


def find_text_source(folder: Path) -> TextSource:
    """Return the same of a folder that may say nothing at all."""
    return text_source(read_facts(folder)) if (folder / FACTS_FILE).exists() else TextSource()
