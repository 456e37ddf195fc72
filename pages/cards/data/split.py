"""The split of a dataset: its parts, how they are made, and how to choose, keep and bring back another."""

import streamlit as st

from pages.ui.dataset_readers import stored_intake
from pages.ui.errors import show_error
from pages.ui.formatting import literal, plural, short_hash
from pages.ui.frame import card
from pages.ui.session import workspace
from pages.ui.upload import receive
from tl_core.charts.text import percent
from tl_core.errors import TlError
from tl_core.intake.intake import (
    USUAL_THRESHOLD,
    Intake,
    possible_methods,
    store_intake,
)
from tl_core.intake.uploads import Upload, read_upload, save_upload
from tl_core.schema import SplitMethod, SplitRule
from tl_core.splits.split_csv import read_split_file, split_csv
from tl_core.splits.splitting import missing_labels

PARTS = {
    "train": "What every arm learns from, all of it or a part.",
    "validation": "Watches the training, and chooses whatever is called best.",
    "test": "Each run answers it once, after its training; the verdict is about it.",
}
METHODS = {
    SplitMethod.STRATIFIED: (
        "Each class alike",
        "Within each class the texts stand in the order of a hash of their content, so the same file is "
        "always split in the same way, and each part holds the classes in the same proportions.",
    ),
    SplitMethod.GROUPED: ("By group", "No group stands in two parts; classes are as equal as groups allow."),
    SplitMethod.BY_TIME: ("By time", "The oldest texts are learnt from, the newest are the test."),
    SplitMethod.OWN: (
        "As the file says",
        "Your own column or file says where each text belongs; a part that it never names is drawn from its "
        "train texts.",
    ),
}
BESIDE_OWN_TEST = {
    SplitMethod.STRATIFIED: (
        "Within each class the other texts stand in the order of a hash of their content, so they are always "
        "split in the same way, and validation holds the classes in the same proportions as train."
    ),
    SplitMethod.GROUPED: "No group stands in both of the other parts; classes are as equal as groups allow.",
    SplitMethod.BY_TIME: "Of the other texts the oldest are learnt from and the newest are validation.",
}
"""How train and validation are made where the test is a file of its own."""


def draw_split(intake: Intake, upload: Upload | None = None) -> None:
    """Show the parts and how they are made; of an upload the rule can be chosen, else the split be kept."""
    split = intake.split
    with card("Split", literal(f"frozen before any training; hash {short_hash(split.info.hash)}")):
        if upload is not None:
            _choose_rule(upload, intake)
        for column, (part, purpose) in zip(st.columns(3), PARTS.items(), strict=True):
            column.metric(part.capitalize(), f"{getattr(split.info, part):,}", help=purpose)
        st.caption(literal(" ".join(_words(intake))))
        if upload is None:
            _offer_files(intake)


def _words(intake: Intake) -> list[str]:
    """Say how the parts were made and what was kept together; not escaped."""
    split, info = intake.split, intake.split.info
    has_own_test = bool(intake.dataset.info.num_own_test)
    words = ["Test is your own file, unchanged."] if has_own_test else []
    words.append(
        (BESIDE_OWN_TEST if has_own_test else {}).get(info.rule.method, METHODS[info.rule.method][1])
    )
    if info.rule.keep_together is not None:
        kept = f"Near duplicates, texts that share {percent(info.rule.keep_together, 0)} of their words, "
        if info.num_groups:
            kept += (
                f"stay in one part: {plural(info.num_groups, 'group')}, the largest of {info.largest_group}."
            )
        else:
            kept += "would stay in one part; there are none."
        words.append(kept)
    if split.num_leaking:
        words.append(f"{plural(split.num_leaking, 'text')} to learn from nearly repeat one of the test part.")
    if info.drift > 0:
        words.append(f"A class's share differs by at most {percent(info.drift)} between the parts.")
    missing = missing_labels(intake.dataset, split)
    if any(missing.values()):
        shown = "; ".join(f"{part}: {', '.join(labels)}" for part, labels in missing.items() if labels)
        words.append(f"Classes without an example, {shown}.")
    return words


def _choose_rule(upload: Upload, intake: Intake) -> None:
    rule, methods = intake.split.info.rule, possible_methods(intake.dataset)
    method = rule.method
    if len(methods) > 1:
        method = st.segmented_control(
            "How it is split",
            methods,
            default=method,
            required=True,
            format_func=lambda one: METHODS[one][0],
            key=f"method_{upload.upload_id}_{'_'.join(methods)}",
        )
    keeps = st.toggle(
        "Keep near duplicates in one part", rule.keep_together is not None, key=f"together_{upload.upload_id}"
    )
    wanted = SplitRule(method=method, keep_together=USUAL_THRESHOLD if keeps else None)
    if wanted != rule:
        save_upload(workspace(), upload.model_copy(update={"rule": wanted}))
        st.rerun()


def _offer_files(intake: Intake) -> None:
    """Offer the split as a file, and to use one that was kept."""
    st.download_button(
        "Download the split",
        lambda: split_csv(intake.dataset, intake.split),
        file_name=f"split_{intake.split.info.hash[:8]}.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
    )
    with st.expander("Use a split that was kept", icon=":material/upload:"):
        upload = receive("File with example_id and part", f"split_{intake.dataset.info.fingerprint}")
        if upload is None:
            return
        try:
            table = read_upload(workspace(), upload.upload_id, upload.name)
            split = read_split_file(intake.dataset, table)
            store_intake(workspace(), Intake(dataset=intake.dataset, split=split))
        except TlError as error:
            show_error(error)
            return
        stored_intake.clear()
        st.rerun()
