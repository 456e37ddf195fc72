"""What a model folder says about its classifier, in ``classifier.json``. No torch."""

import json
from pathlib import Path
from typing import Any

from tl_core.errors import NotFoundError
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
    """
    try:
        facts: dict[str, Any] = json.loads((folder / FACTS_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NotFoundError(
            f"Expected a model folder with a {FACTS_FILE}; {folder.name!r} has none.",
            "Use a finished run's id or a folder that `tl_core export --format hf` has written.",
        ) from None
    return facts


def text_source(facts: dict[str, Any]) -> TextSource:
    """Return where a model's texts came from; older models do not say, and read one text."""
    return TextSource.model_validate(facts["texts"]) if "texts" in facts else TextSource()


def find_text_source(folder: Path) -> TextSource:
    """Return the same of a folder that may say nothing at all."""
    return text_source(read_facts(folder)) if (folder / FACTS_FILE).exists() else TextSource()
