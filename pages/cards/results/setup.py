"""*Setup*: what was the same for all models, and what was set differently."""

import streamlit as st

from pages.ui.downloads import offer_table
from pages.ui.formatting import literal
from pages.ui.frame import card
from pages.ui.plan import offer_again, offer_command
from tl_core.displays.display import Subject
from tl_core.results.configuration import setting_differences
from tl_core.results.fairness import Fact, fairness_facts

FACTS_A_ROW = 3


def draw_fairness(subject: Subject) -> None:
    """Draw what was the same for all arms, and name what was not."""
    facts = fairness_facts(subject.results, subject.train_size, subject.names)
    with card("What was the same for all models"):
        st.markdown(fairness_words(facts))
        draw_facts(facts)


def fairness_words(facts: list[Fact]) -> str:
    """Say whether anything differed that should not."""
    if any(fact.difference for fact in facts):
        return "Not everything was the same for all runs."
    return "This was the same for all runs. Learning rates are separate for each model."


def draw_facts(facts: list[Fact], in_a_row: int = FACTS_A_ROW) -> None:
    """Draw the facts in rows, and a warning for each that differs."""
    for start in range(0, len(facts), in_a_row):
        row = facts[start : start + in_a_row]
        for column, fact in zip(st.columns(in_a_row), row, strict=False):
            column.markdown(f":small[{literal(fact.name)}]  \n**{literal(fact.value)}**")
    for fact in facts:
        if fact.difference:
            st.warning(literal(f"{fact.name}: {fact.difference}."), icon=":material/warning:")


def draw_settings(subject: Subject) -> None:
    """Draw in which settings the runs of the two arms differ, and name those that they share."""
    a, b = (subject.names[arm] for arm in subject.pair)
    of_a, of_b = (subject.results.runs_of(arm, subject.train_size) for arm in subject.pair)
    found = setting_differences(of_a, of_b, subject.results.titles)
    with card("What was set differently"):
        if found.table.empty:
            st.markdown("Nothing: every setting of their runs is the same.")
        else:
            offer_table(found.table.set_axis(["Setting", a, b], axis=1), key="settings")
        with st.container(horizontal=True, vertical_alignment="center"):
            offer_command(subject.results.experiment)
            offer_again(subject.results.experiment)
            st.download_button(
                "Download the settings (JSON)",
                subject.results.experiment.model_dump_json(indent=2),
                file_name=f"{subject.results.experiment.file_stem}-settings.json",
                mime="application/json",
                icon=":material/download:",
                on_click="ignore",
            )
        same = " · ".join(f"{name} {value}" for name, value in found.same.items())
        st.markdown(f":small[{literal(f'The same for both: {same}.')}]")
