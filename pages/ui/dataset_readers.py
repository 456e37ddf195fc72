"""Uploads and datasets: cached readers."""

import numpy as np
import numpy.typing as npt
import streamlit as st

from pages.ui.session import workspace
from tl_core.catalogue.base_models import BUILTIN
from tl_core.catalogue.locating import find_on_disk
from tl_core.files.reading import ReadChoices, Table
from tl_core.intake.intake import Intake, make_intake, read_intake
from tl_core.intake.large_files import find_prepared, find_proposal
from tl_core.intake.uploads import Proposal, Upload, propose, read_upload

MAX_MEASURED = 2_000
KEPT_S = 1800
"""How long whole tables stay in memory after they were read; two, because an upload can have a test file."""


@st.cache_resource(show_spinner="Reading the file …", ttl=KEPT_S, max_entries=2)
def table_of(upload_id: str, name: str, reading_json: str) -> Table:
    """Read an upload in a certain way once a process."""
    reading = ReadChoices.model_validate_json(reading_json)
    return read_upload(workspace(), upload_id, name, reading=reading)


@st.cache_resource(show_spinner="Looking at the columns …", ttl=KEPT_S, max_entries=2)
def _proposal(upload_json: str) -> Proposal:
    upload = Upload.model_validate_json(upload_json)
    if found := find_proposal(workspace(), upload):
        return found
    return propose(table_of(upload.upload_id, upload.name, upload.reading.model_dump_json()), upload)


def proposal_of(upload: Upload) -> Proposal:
    """Return an upload's columns, to be confirmed. Raises DataError if the file cannot be read."""
    return _proposal(upload.model_dump_json())


@st.cache_resource(show_spinner="Screening and splitting the rows …", ttl=KEPT_S, max_entries=2)
def _intake(upload_json: str) -> Intake:
    upload = Upload.model_validate_json(upload_json)
    if prepared := find_prepared(workspace(), upload):
        return prepared
    reading = upload.reading.model_copy(update={"sheet": None}).model_dump_json()
    test = table_of(upload.test_id, upload.test_name or "test file", reading) if upload.test_id else None
    proposal = proposal_of(upload)
    return make_intake(proposal.table, name=upload.title, choice=proposal.choice, rule=upload.rule, test=test)


def intake_of(upload: Upload) -> Intake:
    """Return the dataset and split that an upload would become. Raises DataError and SplitError."""
    return _intake(upload.model_dump_json())


@st.cache_resource(show_spinner="Reading the dataset …", ttl=KEPT_S, max_entries=2)
def stored_intake(fingerprint: str) -> Intake:
    """Read a stored dataset with the split in use; to be cleared where another split is chosen."""
    return read_intake(workspace(), fingerprint)


@st.cache_data(show_spinner="Counting tokens …", max_entries=8)
def lengths_of(fingerprint: str, _intake: Intake) -> npt.NDArray[np.int64]:
    """Count the tokens of at most 2,000 texts, spread evenly over the dataset, with the built-in tokenizer.

    Returns
    -------
    Tokens without a limit, shape ``(number of measured texts,)``.
    """
    dataset = _intake.dataset
    step = max(1, -(-dataset.num_examples // MAX_MEASURED))
    folder = find_on_disk(BUILTIN)
    if folder is None:
        raise RuntimeError("the built-in model is installed with this program")
    return dataset.content.sizes(dataset.take(np.arange(0, dataset.num_examples, step)).table, folder)
