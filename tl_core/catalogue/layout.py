"""Where things lie in a model folder: flat, as in transformers, or in sentence-transformers' subfolders.

>>> encoder_folder(Path("a_folder_that_is_not_there")).as_posix()
'a_folder_that_is_not_there'
"""

from pathlib import Path, PurePosixPath

from tl_core.outside import MOST_JSON_BYTES, parse_json, read_bytes

MODULES_FILE = "modules.json"
ENCODER, POOLING, HEAD = "0_Transformer", "1_Pooling", "2_Dense"
"""The subfolders of a classifier here whose head is no class of transformers."""


def encoder_folder(folder: Path) -> Path:
    """Return the folder that holds ``config.json``, weights and tokenizer of a model folder's encoder.

    It is the folder itself, or the first module's of one in sentence-transformers' layout. A module that
    would lie outside of the folder is not followed.
    """
    if (folder / "config.json").exists():
        return folder
    try:
        modules = parse_json(read_bytes(folder / MODULES_FILE, MOST_JSON_BYTES))
        path = PurePosixPath(modules[0]["path"])
    except (OSError, ValueError, LookupError, TypeError):  # there is none, or it says something else
        return folder
    is_inside = not path.is_absolute() and ".." not in path.parts
    return folder / path if is_inside else folder
