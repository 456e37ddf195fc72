"""The choice of base models: listed, found on the model hub, or typed, and where the server has them."""

from concurrent.futures import Future, ThreadPoolExecutor

import streamlit as st

from pages.ui.errors import InputErrors, begin_anew, live_part, show_error
from pages.ui.formatting import literal, plural
from pages.ui.session import workspace
from tl_core.catalogue.base_models import CATALOGUE, builtin_of
from tl_core.catalogue.hub_search import FoundModel, search_hub
from tl_core.catalogue.locating import describe, find_on_disk, hub_is_reachable, models_on_disk
from tl_core.charts.colors import arm_label
from tl_core.errors import TlError
from tl_core.planning.finetuned_base_models import RUN, list_finetuned, settle_base_model
from tl_core.planning.machine import Hardware
from tl_core.results.runs import run_behind
from tl_core.schema import Arm

KNOWN_S = 60
PATIENCE_S = 0.2
ASKING_S = 2
ANSWER_KNOWN_S = 600
CHOSEN = "base_model"
"""Session key of the chosen base model."""


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
def _ids_on_disk() -> list[str]:
    """Return the ids of the base models that need no download."""
    return models_on_disk()


@st.cache_data(ttl=KNOWN_S, show_spinner=False)
def is_on_disk(base_model: str) -> bool:
    """Whether a base model needs no download. Raises ModelError for what can be no model's name."""
    return find_on_disk(base_model) is not None


def _model_line(base_model: str) -> str:
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
        return "Checking the model hub …"
    if is_reachable:
        return "Online: models from the hub are downloaded when a run needs them."
    titles = ", ".join(describe(base_model).title for base_model in _ids_on_disk())
    return f"Offline: using local models only ({titles})."


def waiting_sentence(machine: Hardware) -> str:
    """Say what the machine means for waiting times."""
    if machine.gpu:
        return "GPU found. Setup estimates the time before you start."
    sizes = [base.num_parameters for base in CATALOGUE.values() if base.num_parameters and not base.modality]
    return (
        "No GPU found. Small models train in minutes; the largest takes about "
        f"{max(sizes) / min(sizes):.0f}× longer."
    )


def listed_base_models() -> dict[str, str]:
    """List what can be chosen without typing, each with its line in the list; not escaped.

    First the catalogue, then what is on disk, was used here before, or was fine-tuned here.
    """
    here = workspace()
    used = [
        base_model
        for experiment in here.database.list_experiments()
        for base_model in (experiment.base_model, *(arm.base_model for arm in experiment.arms))
        if base_model
    ]
    lines = {one: _model_line(one) for one in dict.fromkeys([*CATALOGUE, *_ids_on_disk(), *used])}
    known = {run_behind(here, one) for one in lines}
    trained = (one for one in list_finetuned(here, here.database.list_runs()) if one.run.run_id not in known)
    return lines | {
        one.typed: f"{one.title} · trained on this server, seed {one.run.seed}, "
        f"{plural(one.run.train_size, 'example')}"
        for one in trained
    }


def modality_of(listed: str) -> str | None:
    """Say what a listed base model reads; a run that is one reads what its own base model did."""
    if listed.startswith(RUN):
        listed = workspace().database.get_run(listed.removeprefix(RUN)).config.base_model or ""
    return describe(listed).modality


def choose_base_model(input_errors: InputErrors, modality: str | None = None) -> str:
    """Choose the pretrained weights; what cannot be is told, and the built-in model stands in its place."""
    listed = listed_base_models()
    options = {one: line for one, line in listed.items() if modality_of(one) == modality} or listed
    key = CHOSEN if modality is None else f"{CHOSEN}_{modality}"
    kept = st.session_state.get(key)
    chosen: str = st.selectbox(
        "Base model",
        list(options) if kept in (None, *options) else [*options, kept],
        format_func=lambda one: options.get(one, one),
        accept_new_options=True,
        key=key,
        persist_state="session",
        label_visibility="collapsed",
        help="Choose one, or type a Hub id, a folder on this server (/, ./ or ~), or run: and a run's id.",
    )
    settled = builtin_of(modality)
    with input_errors.told():
        settled = settle_base_model(workspace(), chosen.strip())
    base = describe(settled)
    facts = " ".join(filter(None, (base.pretraining, f"Licence: {base.licence}.")))
    st.markdown(literal(base.good_at or base.title), help=literal(facts))
    if base.overlaps:
        st.markdown(literal(f"The pretraining has seen {'; '.join(base.overlaps)}."))
    if hub_state() and modality is None:
        _offer_search()
    return settled


def _offer_search() -> None:
    """Offer to find a base model by words."""
    with st.popover("Find one on the model hub", icon=":material/search:"):
        words = st.text_input("Words", key="hub_words", placeholder="german bert, legal, biomedical").strip()
        if not words:
            st.markdown("Shows encoders with safe weights, most downloaded first.")
            return
        try:
            found = {one.id: one for one in _found(words)}
        except TlError as error:
            show_error(error)
            return
        if not found:
            st.markdown("No encoder with safe weights matches these words.")
            return
        captions = []
        for one in found.values():
            licence = f"licence {one.licence}" if one.licence else "no licence stated"
            captions.append(literal(f"{one.task} · {one.downloads:,} downloads a month · {licence}"))
        chosen = st.radio(
            plural(len(found), "model"),
            list(found),
            format_func=literal,
            captions=captions,
            key=f"hub_found_{words}",
        )
        st.button("Use this model", type="primary", on_click=_use, args=(chosen,))


@st.cache_data(ttl=ANSWER_KNOWN_S, max_entries=100, show_spinner="Asking the model hub …")
def _found(words: str) -> list[FoundModel]:
    return search_hub(words)


def _use(base_model: str) -> None:
    st.session_state[CHOSEN] = base_model


def can_be_had(base_models: list[str]) -> bool:
    """Say which base models are not on disk and whether they can be downloaded; nothing if all are here."""
    absent = [one for one in base_models if not is_on_disk(one)]
    if not absent:
        return True
    titles = literal(", ".join(describe(one).title for one in absent))
    is_reachable = hub_state()
    if is_reachable is None:
        live_part(_await_hub, ASKING_S)()
    elif is_reachable:
        st.info(f"{titles} will be downloaded by the first run that needs it.")
    else:
        st.error(
            f"{titles} is not on disk and the model hub does not answer. Choose a model that is on disk.",
            icon=":material/cloud_off:",
        )
    return bool(is_reachable)


def _await_hub() -> None:
    """Say that the hub is being asked; begin the page anew once it has answered."""
    if hub_state() is not None:
        begin_anew()
    st.markdown(hub_sentence(None))
