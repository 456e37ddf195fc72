"""Bringing texts in: a file, a sample, the columns, a test file of one's own."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

from pages.ui.formatting import literal, plural
from pages.ui.frame import dataset_line
from pages.ui.pictures import PICTURES
from pages.ui.session import remember, workspace
from tl_core.intake.bundled import NOT_EVIDENCE, SAMPLES
from tl_core.intake.uploads import (
    Upload,
    add_to_archive,
    keep_from_server,
    keep_sample,
    keep_upload,
    list_on_server,
    save_upload,
)
from tl_core.store.identifiers import new_id

TYPES = [
    "csv",
    "tsv",
    "txt",
    "jsonl",
    "ndjson",
    "json",
    "parquet",
    "xlsx",
    "xlsm",
    "xlsb",
    "xls",
    "ods",
    "gz",
    "zip",
]


def receive(
    label: str, key: str, help_text: str | None = None, types: Sequence[str] = TYPES
) -> Upload | None:
    """Offer an uploader; copy a file's bytes to the workspace at once and empty the uploader again."""
    turn = st.session_state.setdefault(f"{key}_turn", 0)
    received: UploadedFile | None = st.file_uploader(label, list(types), key=f"{key}_{turn}", help=help_text)
    if received is None:
        return None
    upload = keep_upload(workspace(), received.getvalue(), received.name)
    # Its bytes are copied, and Streamlit would keep them in the web server's memory as long as the session.
    context = get_script_run_ctx()
    if context is not None and isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        context.uploaded_file_mgr.remove_file(context.session_id, received.file_id)
    st.session_state[f"{key}_turn"] = turn + 1
    return upload


@dataclass
class _Dropped:
    """Pictures that were dropped into classes: the archive they lie in, and how many each class has."""

    upload_id: str = field(default_factory=lambda: new_id("upload"))
    counts: dict[str, int] = field(default_factory=dict)


def draw_classes_of_pictures() -> Upload | None:
    """Take pictures in class by class; give them as one archive once they are to be used."""
    dropped: _Dropped = st.session_state.setdefault("dropped_pictures", _Dropped())
    turn = sum(dropped.counts.values())
    label = st.text_input("Class", placeholder="Such as ripe", key="dropped_class")
    files = st.file_uploader(
        "Pictures of this class", PICTURES, accept_multiple_files=True, key=f"dropped_{turn}"
    )
    if st.button("Add to the class", icon=":material/add_photo_alternate:", disabled=not files):
        if not label.strip():
            st.warning("Name the class of these pictures.", icon=":material/warning:")
            return None
        add_to_archive(workspace(), dropped.upload_id, label, ((one.name, one.getvalue()) for one in files))
        dropped.counts[label.strip()] = dropped.counts.get(label.strip(), 0) + len(files)
        st.rerun()
    if not dropped.counts:
        return None
    st.markdown(literal(", ".join(f"{name}: {count:,}" for name, count in dropped.counts.items())) + ".")
    title = f"Use these {plural(turn, 'picture')}"
    is_enough = len(dropped.counts) > 1
    help_text = None if is_enough else "Add a second class first."
    with st.container(horizontal=True):
        is_wanted = st.button(title, type="primary", disabled=not is_enough, help=help_text)
        if st.button("Start over", icon=":material/close:"):
            workspace().upload_path(dropped.upload_id).unlink(missing_ok=True)
            del st.session_state["dropped_pictures"]
            st.rerun()
    if not is_wanted:
        return None
    del st.session_state["dropped_pictures"]
    upload = Upload(upload_id=dropped.upload_id, name="pictures.zip")
    save_upload(workspace(), upload)
    return upload


def draw_uploader() -> None:
    """Take a file in and go on with it."""
    upload = receive("CSV, TSV, Excel, JSON Lines, Parquet, or a zip of pictures", "upload")
    st.markdown(
        "Texts in any encoding and with any delimiter; pictures in a folder for each class, or with a CSV of "
        "names and labels. Up to 1 GB. The file stays on this server."
    )
    if upload is None:
        with st.expander("Drop pictures class by class", icon=":material/photo_library:"):
            upload = draw_classes_of_pictures()
    names = list_on_server(workspace())
    if upload is None and names:
        with st.expander("From this server", icon=":material/dns:"):
            name = st.selectbox("File or folder", names, key="on_server")
            if st.button("Use it", icon=":material/check:"):
                upload = keep_from_server(workspace(), name)
    if upload is None:
        with st.expander("Paste rows instead", icon=":material/content_paste:"):
            rows = st.text_area("One text and label per row", key="pasted", placeholder="text,label")
            if st.button("Use these rows", icon=":material/check:", disabled=not rows.strip()):
                upload = keep_upload(workspace(), rows.encode(), "pasted.csv")
    if upload is not None:
        _open_upload(upload)


def draw_samples() -> None:
    """Offer the bundled samples, each with one button."""
    for sample in SAMPLES.values():
        st.markdown(f"**{sample.title}**: {sample.description}")
        if st.button(f"Open {sample.title.lower()}", key=f"sample_{sample.name}", icon=":material/science:"):
            _open_upload(keep_sample(workspace(), sample.path))
    st.markdown(f":small[{NOT_EVIDENCE}]")


def _open_upload(upload: Upload) -> None:
    """Make an upload what the page speaks of, and begin the page anew."""
    st.query_params.pop("dataset", None)
    remember("upload", upload.upload_id)
    st.rerun()


def draw_stored() -> None:
    """Link to the datasets that are stored already."""
    infos = workspace().database.list_datasets()
    if not infos:
        return
    st.markdown("**Stored datasets**")
    for info in infos:
        st.page_link(
            "data.py",
            label=literal(dataset_line(info)),
            icon=":material/table:",
            query_params={"dataset": info.fingerprint},
        )


def draw_own_test(upload: Upload) -> None:
    """Let a person bring their own test file, or take it back."""
    if upload.test_id:
        st.markdown(f"The test part is your own file **{literal(upload.test_name or '')}**.")
        if st.button("Test on part of the data instead", icon=":material/close:"):
            _decide(upload, None, None)
        return
    with st.expander("Use my own test file", icon=":material/fact_check:"):
        test = receive(
            "Test file with the same columns",
            f"test_{upload.upload_id}",
            "Never changed. Examples that also stand in the other file leave the training data.",
        )
        if test is not None:
            _decide(upload, test.upload_id, test.name)


def _decide(upload: Upload, test_id: str | None, test_name: str | None) -> None:
    save_upload(workspace(), upload.model_copy(update={"test_id": test_id, "test_name": test_name}))
    st.rerun()
