"""Finding base models on the model hub by words, for whoever does not know their ids."""

import threading
from dataclasses import dataclass

from huggingface_hub import HfApi, ModelInfo, constants

from tl_core.catalogue.locating import HUB_ERRORS
from tl_core.errors import ModelError

SEARCH_S = 6.0
MOST_FOUND = 12
ENCODER_TASKS = ("fill-mask", "sentence-similarity", "feature-extraction", "text-classification")
"""Tasks, in the hub's words, whose models are encoders that take a classification head."""
_MOST_ASKED = 60  # the hub filters by one task at a time; most of what has safetensors generates text


@dataclass(frozen=True, kw_only=True)
class FoundModel:
    """One model of the hub.

    Attributes
    ----------
    task
        What the hub says it was made for, such as ``fill-mask``.
    downloads
        In the last 30 days.
    licence
        As its page states it; empty if it states none.
    """

    id: str
    task: str
    downloads: int
    licence: str


def search_hub(words: str) -> list[FoundModel]:
    """Return encoders with safetensors weights that the hub finds for some words, most downloaded first.

    Raises
    ------
    ModelError
        If the hub does not answer in `SEARCH_S` seconds, or refuses.
    """
    answers: list[list[ModelInfo]] = []
    problems: list[str] = []

    def ask() -> None:
        try:
            api = HfApi(endpoint=constants.ENDPOINT)
            answers.append(
                list(api.list_models(search=words, filter="safetensors", sort="downloads", limit=_MOST_ASKED))
            )
        except HUB_ERRORS as error:
            problems.append(" ".join(str(error).split())[:200] or type(error).__name__)

    # The hub's client waits without a limit: a thread sets one.
    asking = threading.Thread(target=ask, name="hub-search", daemon=True)
    asking.start()
    asking.join(SEARCH_S)
    if not answers:
        reason = f": {problems[0]}" if problems else f" in {SEARCH_S:.0f} seconds"
        raise ModelError(
            f"The model hub did not answer the search{reason}.", "Try again, or type a model's id."
        )
    found = []
    for info in answers[0]:
        if info.pipeline_tag in ENCODER_TASKS:
            licences = [tag.removeprefix("license:") for tag in info.tags or () if tag.startswith("license:")]
            found.append(
                FoundModel(
                    id=info.id,
                    task=info.pipeline_tag,
                    downloads=info.downloads or 0,
                    licence=next(iter(licences), ""),
                )
            )
    return found[:MOST_FOUND]
