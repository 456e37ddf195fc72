"""What a model folder says about its classifier, in ``classifier.json``, and whether it is whole."""

import contextlib
import json
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tl_core.catalogue.local_folders import read_header
from tl_core.errors import CUT_OFF, DamageError, NotFoundError, TlError, cannot_be_read, damaged_file
from tl_core.outside import called, open_file, parse_json, read_json
from tl_core.schema import TextSource
from tl_core.words import quoted

_LARGE_BYTES = 1 << 20
_END_BYTES = 64


def find_damage(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield each damaged file of a model folder, by its path within it, and what is wrong with it.

    What changes bytes inside of weights is not seen here: nothing states what they were.
    """
    for path in sorted(folder.rglob("*")):
        check = _CHECKS.get(path.suffix)
        if check is None:
            continue
        try:
            check(path)
        except (OSError, ValueError) as error:
            what = cannot_be_read(error) if isinstance(error, OSError) else str(error)
            yield str(path.relative_to(folder)), what


def _check_json(path: Path) -> None:
    """Read small files; of large ones, such as a vocabulary, look whether they begin and end as JSON."""
    with open_file(path) as file:
        num_bytes = file.seek(0, 2)
        if num_bytes <= _LARGE_BYTES:
            file.seek(0)
            parse_json(file.read())
            return
        file.seek(0)
        begin = file.read(_END_BYTES).lstrip()
        file.seek(-_END_BYTES, 2)
        if (begin[:1], file.read().rstrip()[-1:]) not in ((b"{", b"}"), (b"[", b"]")):
            raise ValueError(CUT_OFF)


def _check_arrays(path: Path) -> None:
    with open_file(path) as file:
        try:
            damaged = zipfile.ZipFile(file).testzip()
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
            damaged = path.name
    if damaged is not None:
        raise ValueError(CUT_OFF)


_CHECKS: dict[str, Any] = {".json": _check_json, ".safetensors": read_header, ".npz": _check_arrays}


FACTS_FILE = "classifier.json"
_MOST_CHARACTERS = 300
WHY_AGAIN = (
    "It has the layout of an earlier version, which transformers' pipeline could load with a head drawn at "
    "random: under your class names it then answers by chance."
)


def write_facts(
    folder: Path, kind: str, labels: tuple[str, ...], texts: TextSource | None, **others: Any
) -> None:
    """Write kind, labels and what that kind needs; of texts the columns that they came from, if known."""
    facts = {"kind": kind, **others, "labels": labels}
    if texts is not None:
        facts["texts"] = texts.model_dump(mode="json")
    (folder / FACTS_FILE).write_text(json.dumps(facts, indent=2, ensure_ascii=False), encoding="utf-8")


def note_precision(folder: Path, precision: str) -> None:
    """Add in which number format a network was scored, so that files are scored alike wherever it goes."""
    facts = {**read_facts(folder), "precision": precision}
    (folder / FACTS_FILE).write_text(json.dumps(facts, indent=2, ensure_ascii=False), encoding="utf-8")


def read_facts(folder: Path) -> dict[str, Any]:
    """Read what a model folder says about its classifier: ``kind``, ``labels`` and what that kind needs.

    Raises
    ------
    NotFoundError
        If it is no such folder.
    DamageError
        If the file is damaged.
    """
    try:
        facts = read_json(folder / FACTS_FILE)
        if not isinstance(facts["kind"], str) or not all(isinstance(one, str) for one in facts["labels"]):
            raise ValueError("kind or labels are not words")
        text_source(facts)
        return facts
    except FileNotFoundError:
        raise NotFoundError(
            f"{quoted(called(folder))} is not a model folder: it has no {FACTS_FILE}.",
            "Use a finished run's id or a folder that `tl_core export --format hf` has written.",
        ) from None
    except KeyError as error:
        raise damage_to(folder, FACTS_FILE, f"it does not say the {error.args[0]}") from error
    except OSError as error:
        raise damage_to(folder, FACTS_FILE, cannot_be_read(error)) from error
    except (ValueError, TypeError) as error:
        raise damage_to(folder, FACTS_FILE, " ".join(str(error).split())[:_MOST_CHARACTERS]) from error


def damage_to(folder: Path, file: str, what: str) -> DamageError:
    """Say what is wrong with a file of a model folder, and whose it is: a run's, or one of its own."""
    place = f"model/{file}" if _is_of_run(folder) else file
    return damaged_file(DamageError, place, _owner(folder), what, "choose another model")


def _is_of_run(folder: Path) -> bool:
    return folder.name == "model" and folder.parent.name.startswith("run_")


def _owner(folder: Path) -> str:
    return folder.parent.name if _is_of_run(folder) else f"the folder {quoted(folder.name)}"


@contextlib.contextmanager
def loading(folder: Path) -> Iterator[None]:
    """Say of whatever keeps a model from being loaded which file it is, if that can be seen, and whose.

    Raises
    ------
    DamageError
        In the place of what the libraries raise, each of them something else; want of memory stays as it is.
    """
    try:
        yield
    except (TlError, MemoryError):
        raise
    except Exception as error:
        if type(error).__name__ == "OutOfMemoryError":  # torch's, which is not imported here
            raise
        for file, what in find_damage(folder):
            raise damage_to(folder, file, what) from error
        reason = " ".join(str(error).split()) or type(error).__name__
        reason = reason.replace(str(folder), folder.name)[:_MOST_CHARACTERS]
        raise DamageError(
            f"The model of {_owner(folder)} cannot be loaded: {reason}.",
            "Put the folder back from a copy, or choose another model.",
        ) from error


def is_of_former_layout(folder: Path) -> bool:
    """Whether a network's folder is of a version whose folders could be loaded with a head at random."""
    if not (folder / FACTS_FILE).exists():
        return False
    facts = read_facts(folder)
    is_text = text_source(facts).modality is None
    return facts["kind"] == "neural" and is_text and "pad_id" not in facts


def text_source(facts: dict[str, Any]) -> TextSource:
    """Return where a model's texts came from; older models do not say, and read one text."""
    return TextSource.model_validate(facts["texts"]) if "texts" in facts else TextSource()


def find_text_source(folder: Path) -> TextSource:
    """Return the same of a folder that may say nothing at all, or whose file is damaged."""
    with contextlib.suppress(TlError):
        return text_source(read_facts(folder))
    return TextSource()
