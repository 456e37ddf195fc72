"""What the server has and reaches, asked without letting a page wait."""

from concurrent.futures import Future, ThreadPoolExecutor

import streamlit as st

from tl_core.catalogue.base_models import CATALOGUE
from tl_core.catalogue.locating import describe, find_on_disk, hub_is_reachable, models_on_disk
from tl_core.charts.colors import arm_label
from tl_core.planning.hardware import Hardware
from tl_core.schema import Arm

KNOWN_S = 60
PATIENCE_S = 0.2


@st.cache_resource(ttl=KNOWN_S, show_spinner=False)
def _probe() -> Future[bool]:
    """Ask the model hub in a thread of its own: a silent hub takes three seconds."""
    executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="hub-probe")
    answer = executor.submit(hub_is_reachable)
    executor.shutdown(wait=False)
    return answer


def hub_state() -> bool | None:
    """Return whether the model hub answers, at most a minute old; None while it is being asked."""
    try:
        return _probe().result(timeout=PATIENCE_S)
    except TimeoutError:
        return None


@st.cache_data(ttl=KNOWN_S, show_spinner=False)
def ids_on_disk() -> list[str]:
    """Return the ids of the base models that need no download."""
    return models_on_disk()


@st.cache_data(ttl=KNOWN_S, show_spinner=False)
def is_on_disk(base_model: str) -> bool:
    """Whether a base model needs no download. Raises ModelError for what can be no model's name."""
    return find_on_disk(base_model) is not None


def model_line(base_model: str) -> str:
    """Name a base model with its size, languages and place; not escaped."""
    base = describe(base_model)
    size = f"{base.num_parameters / 1e6:.0f} M weights" if base.num_parameters else "size unknown"
    place = "on disk" if is_on_disk(base.id) else "not on disk"
    return f"{base.title} · {size} · {base.languages} · {place}"


def label_of(arm: Arm) -> str:
    """Name an arm, with its base model's title where it names one; not escaped."""
    titles = {arm.base_model: describe(arm.base_model).title} if arm.base_model else {}
    return arm_label(arm, titles)


def hub_sentence(is_reachable: bool | None) -> str:
    """Say what the model hub's state means; not escaped."""
    if is_reachable is None:
        return "Asking the model hub …"
    if is_reachable:
        return "The model hub answers: any of its models can be downloaded when a run needs it."
    titles = ", ".join(describe(base_model).title for base_model in ids_on_disk())
    return f"No model hub is reachable: comparisons use the models on disk ({titles})."


def waiting_sentence(machine: Hardware) -> str:
    """Say what the machine means for waiting times."""
    if machine.gpu:
        return (
            "With a GPU every model of the catalogue can be trained; Design estimates the time of each plan."
        )
    sizes = [base.num_parameters for base in CATALOGUE.values() if base.num_parameters]
    return (
        "Without a GPU small models train in minutes; the catalogue's largest needs about "
        f"{max(sizes) / min(sizes):.0f} times as long. Design estimates the time of each plan."
    )
