"""A model folder from anywhere, looked at before anything in it is loaded: its files and its numbers."""

import functools
from collections.abc import Iterator
from pathlib import Path

import psutil

from tl_core.catalogue.configurations import require_possible
from tl_core.catalogue.layout import encoder_folder
from tl_core.catalogue.local_folders import WEIGHTS, num_weights, read_header
from tl_core.errors import ModelError, OutsideError, cannot_be_read, damaged_file
from tl_core.outside import MOST_JSON_BYTES, look_through, read_json, require_size
from tl_core.text.tokens import load_tokenizer

CONFIG, FACTS, TOKENIZER = "config.json", "classifier.json", "tokenizer.json"
INDEX = "model.safetensors.index.json"
MOST_CONFIG_BYTES = 1 << 20
_READ = (".json", ".safetensors", ".txt", ".model")
"""How the names end of what is read of a model."""


def require_sound(folder: Path, model: str) -> None:
    """Refuse a model folder that no run can start from, before one is queued; reads no weights.

    Parameters
    ----------
    model
        What the model is called: no message says where its folder lies.

    Raises
    ------
    ModelError
        If it holds a link, a pipe or more than any model, if a file of it is damaged, or if its configuration
        describes no model that its weights and this machine can be.
    """
    try:
        found = look_through(folder)
        require_size(folder, sum(one.num_bytes for one in found if one.path.suffix in _READ))
    except OutsideError as error:
        raise ModelError(error.message, error.remedy) from error
    for path in _read_here(folder):
        try:
            _check(path)
        except (OSError, ValueError) as error:
            what = cannot_be_read(error) if isinstance(error, OSError) else str(error)
            file = str(path.relative_to(folder))
            raise damaged_file(ModelError, file, repr(model), what, "choose another model") from error
    require_possible_configurations(folder, model)


def require_possible_configurations(folder: Path, model: str) -> None:
    """Refuse the folder of a model if a configuration in it describes none; raises ModelError."""
    for path in _configurations(folder):
        try:
            config = read_json(path, MOST_CONFIG_BYTES)
        except (OSError, ValueError):  # whoever loads it says what is wrong
            continue
        if path.parent == folder or "model_type" in config:
            require_possible(
                config,
                model,
                num_saved=num_weights(path.parent),
                memory_bytes=psutil.virtual_memory().total,
            )


def _configurations(folder: Path) -> list[Path]:
    return [path for path in (folder / CONFIG, *sorted(folder.glob(f"*/{CONFIG}"))) if path.exists()]


def _read_here(folder: Path) -> Iterator[Path]:
    """List what the engine itself reads of a folder that is no run's, and of one that is."""
    yield from _configurations(folder)
    for place in dict.fromkeys((folder, encoder_folder(folder))):
        yield from (path for path in (place / FACTS, place / INDEX, place / TOKENIZER) if path.exists())
        yield from sorted(place.glob(WEIGHTS))


def _check(path: Path) -> None:
    """Read a file as far as it can be known to be whole. Raises OSError or ValueError."""
    if path.suffix == ".safetensors":
        read_header(path)
    elif path.name == TOKENIZER:
        stat = path.stat()
        _require_tokenizer(path.parent, stat.st_size, stat.st_mtime_ns)
    else:
        read_json(path, MOST_CONFIG_BYTES if path.name == CONFIG else MOST_JSON_BYTES)


@functools.lru_cache(maxsize=64)
def _require_tokenizer(folder: Path, num_bytes: int, changed_ns: int) -> None:
    """Load a tokenizer once, until its file changes. Raises ValueError if it is none."""
    try:
        load_tokenizer(folder)
    except Exception as error:  # the library raises nothing more specific
        raise ValueError(" ".join(str(error).split())[:200]) from error
