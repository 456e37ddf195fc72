"""The data doctor: what a dataset has, what can be done about it, and versions made by its fixes."""

import streamlit as st

from pages.shared.frame import card, literal, show_error
from pages.shared.intake import MAX_LENGTH, lengths_of, stored_intake
from pages.shared.state import remember, workspace
from pages.shared.wording import plural, short_hash
from tl_core.catalogue.base_models import BUILTIN, CATALOGUE
from tl_core.data.doctor.examine import draw_sample, examine
from tl_core.data.doctor.near import NearGroups
from tl_core.data.fixes import apply_fix
from tl_core.errors import TlError
from tl_core.planning.launching import USUAL_THRESHOLD, Intake, store_dataset
from tl_core.schema import Finding

MOST_EXAMINED = 20_000
"""Examples that the slow checks look at while a page waits."""
NEEDS_GROUPS = "keep_one_of_near_duplicates"
FIX_TITLES = {
    "drop_near_empty": "Remove them",
    "keep_one_of_near_duplicates": "Keep one of each",
    "merge_labels": "Merge them",
    "drop_rare_classes": "Remove these classes",
    "strip_html": "Strip the markup",
    "mask_personal_data": "Mask them",
}
_ORDER = ("error", "warning", "info")
_ICONS = {"info": ":material/info:", "warning": ":material/warning:", "error": ":material/error:"}


def draw_doctor(intake: Intake, *, is_stored: bool) -> None:
    """Show every finding with its examples and remedy; of a stored dataset offer the fixes."""
    info = intake.dataset.info
    found = (*info.findings, *_examined(info.fingerprint, intake.split.info.hash, intake))
    with card("The data doctor", _summary(found)):
        for change in info.changes:
            st.caption(literal(f"Changed from an earlier version: {change.message}"))
        if info.parent is not None:
            st.page_link(
                "data.py",
                label=f"The version before, {short_hash(info.parent)}",
                icon=":material/undo:",
                query_params={"dataset": info.parent},
            )
        for finding in sorted(found, key=lambda one: _ORDER.index(one.severity)):
            _draw_finding(finding, intake, is_stored=is_stored)
        if not is_stored and any(finding.fix for finding in found):
            st.caption("Use this dataset first: what can be mended by one click is offered on its own page.")


def _summary(found: tuple[Finding, ...]) -> str:
    counts = {severity: sum(one.severity == severity for one in found) for severity in _ORDER}
    words = [plural(counts["error"], "error"), plural(counts["warning"], "warning")]
    return ", ".join([*words, f"{counts['info']} worth knowing"])


@st.cache_resource(show_spinner=False, max_entries=4)
def _near_groups(fingerprint: str, _intake: Intake) -> NearGroups | None:
    """Group the near duplicates of what is examined, once a dataset."""
    from tl_core.data.near_duplicates import find_groups  # its libraries take half a second to import

    sample = draw_sample(_intake.dataset, MOST_EXAMINED)
    texts = _intake.dataset.table["text"]
    return find_groups((texts if sample is None else texts.take(sample)).to_pylist(), USUAL_THRESHOLD)


@st.cache_resource(show_spinner="The data doctor is looking …", max_entries=8)
def _examined(fingerprint: str, split_hash: str, _intake: Intake) -> tuple[Finding, ...]:
    dataset, sample = _intake.dataset, draw_sample(_intake.dataset, MOST_EXAMINED)
    lengths = lengths_of(fingerprint, _intake)
    is_whole = sample is None and len(lengths) == dataset.num_examples
    return examine(
        dataset,
        _intake.split,
        max_length=MAX_LENGTH,
        token_lengths=lengths if is_whole else None,
        near=_near_groups(fingerprint, _intake),
        sample=sample,
        known_languages=CATALOGUE[BUILTIN].language_codes,
    )


def _draw_finding(finding: Finding, intake: Intake, *, is_stored: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"{_ICONS[finding.severity]} {literal(finding.message)}", width="stretch")
        if finding.examples:
            with st.popover("Examples", type="tertiary", key=f"examples_{finding.code}"):
                for example in finding.examples:
                    st.text(example)
        if is_stored and finding.fix in FIX_TITLES and not _needs_all(finding.fix, intake):
            label = FIX_TITLES[finding.fix]
            st.button(
                label, key=f"fix_{finding.code}", on_click=_fix, args=(finding.fix, intake), width="content"
            )
    if finding.remedy:
        st.caption(literal(finding.remedy))


def _needs_all(fix: str, intake: Intake) -> bool:
    """Whether a fix needs to know more than the examined sample."""
    return fix == NEEDS_GROUPS and draw_sample(intake.dataset, MOST_EXAMINED) is not None


def _fix(fix: str, intake: Intake) -> None:
    """Make and store the next version, and go on with it; the old one stays."""
    choices = {"near": _near_groups(intake.dataset.info.fingerprint, intake)} if fix == NEEDS_GROUPS else {}
    try:
        fixed = store_dataset(workspace(), apply_fix(intake.dataset, fix, **choices))
    except TlError as error:
        show_error(error)
        return
    remember("dataset", fixed.dataset.info.fingerprint)
    stored_intake.clear()
    st.toast("A new version of the dataset; the one before is kept.", icon=":material/healing:")
