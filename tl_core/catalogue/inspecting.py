"""A model folder from anywhere, looked at before anything in it is loaded: its files and its numbers."""

import functools
from collections.abc import Iterator
from pathlib import Path

import psutil

from tl_core.catalogue.configurations import require_possible
from tl_core.catalogue.local_folders import WEIGHTS, encoder_folder, num_weights, read_header
from tl_core.errors import ModelError, OutsideError, cannot_be_read, damaged_file
from tl_core.modality import NeededFile, content_of, modalities
from tl_core.outside import MOST_JSON_BYTES, look_through, read_json, require_size
from tl_core.words import quoted

CONFIG, FACTS = "config.json", "classifier.json"
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
            if path.suffix == ".safetensors":
                read_header(path)
            elif path.name in _needed_files():
                stat = path.stat()
                _require_whole(path, stat.st_size, stat.st_mtime_ns)
            else:
                read_json(path, MOST_CONFIG_BYTES if path.name == CONFIG else MOST_JSON_BYTES)
        except (OSError, ValueError) as error:
            what = cannot_be_read(error) if isinstance(error, OSError) else str(error)
            file = str(path.relative_to(folder))
            raise damaged_file(ModelError, file, quoted(model), what, "choose another model") from error
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
        names = (FACTS, INDEX, *_needed_files())
        yield from (place / name for name in names if (place / name).exists())
        yield from sorted(place.glob(WEIGHTS))


def _needed_files() -> dict[str, NeededFile]:
    """Return what any modality needs of a base model, a tokenizer for one."""
    return {name: file for one in modalities() for name, file in content_of(one).base_model_files.items()}


@functools.lru_cache(maxsize=64)
def _require_whole(path: Path, num_bytes: int, changed_ns: int) -> None:
    """Read a file that a modality needs once, until it changes. Raises ValueError if it is damaged."""
    try:
        _needed_files()[path.name].check(path.parent)
    except Exception as error:  # libraries raise nothing more specific
        raise ValueError(" ".join(str(error).split())[:200]) from error
