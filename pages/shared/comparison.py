"""The cards of *Compare*."""

import json
from collections.abc import Mapping, Sequence

import streamlit as st

from pages.shared.frame import card, draw_figure, literal, live_part
from pages.shared.race import draw_race
from pages.shared.results import dataset_of, labels_of, styles_of
from pages.shared.state import theme
from pages.shared.verdict import draw_claim
from pages.shared.wording import METRIC_WORDS, plural
from tl_core.charts import (
    arms_overview,
    confusion_matrix,
    difference_interval,
    per_class_difference,
    who_is_right,
)
from tl_core.results import numbers, tables
from tl_core.results.agreement import Agreement, Cell, examples_of, find_agreement, with_words
from tl_core.results.comparison import ExperimentResults
from tl_core.results.failures import name_runs
from tl_core.results.fairness import fairness_facts
from tl_core.results.reaching import find_reaching, reaching_sentence
from tl_core.results.report import comparison_json
from tl_core.results.runs import mean_confusion
from tl_core.schema import Event, RunConfig, State, Verdict

FACTS_A_ROW = 3


def name_pair(verdict: Verdict, labels: Mapping[str, str]) -> str:
    """Name the two arms of a verdict; not escaped."""
    return f"{labels[verdict.a]} against {labels[verdict.b]}"


def draw_missing(results: ExperimentResults) -> None:
    """Say which runs are still to come, and which have failed or were cancelled and are left out."""
    labels = labels_of(results.experiment)
    coming = [run for run in results.runs if not run.state.is_final]
    if coming:
        words = (
            f"{plural(len(coming), 'run')} of {len(results.runs)} still to come: {name_runs(coming, labels)}."
        )
        st.info(literal(words), icon=":material/hourglass_top:")
    for state in (State.FAILED, State.CANCELLED):
        missing = [run for run in results.runs if run.state is state]
        if missing:
            words = f"{state.value.capitalize()} and missing here: {name_runs(missing, labels)}."
            st.warning(literal(words), icon=":material/warning:")
    for run in results.runs:
        reason = results.unreadable.get(run.run_id)
        if reason is not None:
            words = f"Finished, but unreadable and missing here: {name_runs([run], labels)}. {reason}"
            st.warning(literal(words), icon=":material/warning:")


def draw_nothing_yet(results: ExperimentResults) -> None:
    """Say why there is no verdict, and lead to the runs."""
    with st.container(border=True):
        wait = "No two arms have finished with the same seed, so there is nothing to compare"
        st.markdown(
            f"{wait}." if results.is_done else f"{wait} yet. This page shows the first verdict by itself."
        )
        query = {"experiment": results.experiment.experiment_id}
        st.page_link("runs.py", label="Runs", icon=":material/arrow_forward:", query_params=query)


def draw_headline(results: ExperimentResults, verdict: Verdict) -> None:
    """Draw the claim with what weakens it, and all arms beside it."""
    with st.container(border=True):
        left, right = st.columns([5, 6], gap="large")
        with left:
            draw_claim(results, verdict)
            _draw_reaching(results, verdict)
        with right:
            _draw_overview(results, verdict.train_size)


def _draw_reaching(results: ExperimentResults, verdict: Verdict) -> None:
    runs = _runs_at(results, verdict.train_size)
    reaching = find_reaching(tables.race_points(runs), verdict.a, verdict.b, verdict.metric)
    if reaching is not None:
        st.caption(literal(reaching_sentence(reaching, labels_of(results.experiment))))


def _draw_overview(results: ExperimentResults, train_size: int) -> None:
    labels = labels_of(results.experiment)
    figure = arms_overview(
        tables.seed_values(results, train_size),
        tables.arm_means(results, train_size),
        styles_of(results.experiment),
        metric=results.experiment.headline_metric,
        floor=tables.floor_on_test(results),
        theme=theme(),
    )
    draw_figure(figure, numbers.overview_numbers(results, train_size, labels), key="overview")


def draw_race_card(results: ExperimentResults, verdict: Verdict, headline: Verdict) -> None:
    """Draw the learning curves of all arms; what they say of the headline pair stands at the top."""
    with card("The race", "on validation, each run from its own zero"):
        runs = _runs_at(results, verdict.train_size)
        live_part(draw_race)(results.experiment, runs, key="race")
        if verdict != headline:
            _draw_reaching(results, verdict)


def draw_agreement(results: ExperimentResults, verdict: Verdict) -> Agreement:
    """Draw who is right where."""
    a, b = (results.predictions[arm, verdict.train_size] for arm in (verdict.a, verdict.b))
    agreement = find_agreement(a, b)
    styles = styles_of(results.experiment)
    with card("Who is right where", f"the same {_counts(verdict)}"):
        figure = who_is_right(agreement.counts, styles[verdict.a], styles[verdict.b], theme=theme())
        labels = labels_of(results.experiment)
        draw_figure(figure, numbers.agreement_numbers(agreement, labels), key="agreement")
        st.caption(literal(_agreement_words(agreement, verdict, labels)))
    return agreement


def _agreement_words(agreement: Agreement, verdict: Verdict, labels: Mapping[str, str]) -> str:
    only_a, only_b = 100 * agreement.share(Cell.ONLY_A), 100 * agreement.share(Cell.ONLY_B)
    return (
        f"Of {agreement.num_answers:,} answers, only {labels[verdict.a]} has {only_a:.1f} % right and only "
        f"{labels[verdict.b]} {only_b:.1f} %; in accuracy they differ by these two alone."
    )


def draw_examples(results: ExperimentResults, verdict: Verdict, agreement: Agreement) -> None:
    """Open the examples of one cell."""
    with card("The texts themselves", "choose who is right"):
        live_part(_draw_examples)(results, verdict, agreement)


def _draw_examples(results: ExperimentResults, verdict: Verdict, agreement: Agreement) -> None:
    labels = labels_of(results.experiment)
    a, b = labels[verdict.a], labels[verdict.b]
    names = {Cell.ONLY_A: f"only {a}", Cell.ONLY_B: f"only {b}", Cell.BOTH: "both", Cell.NEITHER: "neither"}
    cell = st.segmented_control(
        "Who is right",
        list(names),
        format_func=lambda one: literal(names[one]),
        label_visibility="collapsed",
        key="cell",
        persist_state="session",
    )
    if cell is not None:
        _draw_cell(results, agreement, Cell(cell), a, b)


def _draw_cell(results: ExperimentResults, agreement: Agreement, cell: Cell, a: str, b: str) -> None:
    examples = examples_of(agreement, cell)
    if examples.empty:
        st.caption("No test example lies in this cell.")
        return
    dataset = dataset_of(results.experiment.dataset_fingerprint)
    if dataset is None:
        st.caption("The dataset is not in this workspace: ids stand for the texts.")
    table = with_words(examples, results.experiment.labels, dataset)
    num_seeds = agreement.a.num_seeds
    st.dataframe(
        table.drop(columns=[] if num_seeds > 1 else "num_seeds"),
        hide_index=True,
        column_config={
            "text": st.column_config.TextColumn("Text", width="large"),
            "target": "Label",
            "predicted_a": f"{a} says",
            "predicted_b": f"{b} says",
            "num_seeds": f"Seeds of {num_seeds}",
        },
        alt="Test examples of the chosen cell with text, label and both answers.",
    )


def draw_classes(results: ExperimentResults, verdict: Verdict) -> None:
    """Draw gains and losses by class."""
    styles = styles_of(results.experiment)
    table = tables.class_rows(results, verdict.a, verdict.b, verdict.train_size)
    with card("Gains and losses by class", f"F1 on test, {_over_seeds(verdict)}"):
        figure = per_class_difference(table, styles[verdict.a], styles[verdict.b], theme=theme())
        shown = numbers.class_numbers(
            table, styles[verdict.a].label, styles[verdict.b].label, verdict.num_seeds
        )
        draw_figure(figure, shown, key="classes")
        smallest = table.loc[table["support"].idxmin()]
        st.caption(
            literal(
                f"No intervals here: the smallest class, {smallest['label']}, has "
                f"{plural(int(smallest['support']), 'test example')}."
            )
        )


def draw_confusions(results: ExperimentResults, verdict: Verdict) -> None:
    """Draw the two confusion matrices."""
    styles = styles_of(results.experiment)
    with card("What is taken for what", f"shares of the true class, {_over_seeds(verdict)}"):
        for column, arm in zip(st.columns(2), (verdict.a, verdict.b), strict=True):
            matrix = mean_confusion(results.runs_of(arm, verdict.train_size))
            figure = confusion_matrix(matrix, results.experiment.labels, styles[arm], theme=theme())
            with column:
                st.markdown(f"**{literal(styles[arm].label)}**")
                shown = numbers.confusion_numbers(matrix, results.experiment.labels)
                draw_figure(figure, shown, key=f"confusion_{arm}")
        st.caption("A row is a true class and adds up to 100 %; what lies off the diagonal is wrong.")


def draw_all_pairs(results: ExperimentResults, train_size: int) -> None:
    """Draw the difference of every pair with its proof."""
    rows = tables.verdict_rows(results, train_size, labels_of(results.experiment))
    metric = METRIC_WORDS[results.experiment.headline_metric]
    with card("All pairs", f"difference in test {metric}; hollow where the interval holds zero"):
        draw_figure(difference_interval(rows, theme=theme()), numbers.pair_numbers(rows), key="pairs")


def draw_fairness(results: ExperimentResults, train_size: int) -> None:
    """Draw what was the same for all arms, and name what was not."""
    facts = fairness_facts(results, train_size, labels_of(results.experiment))
    differing = [fact for fact in facts if fact.difference]
    meaning = (
        "the same for all runs; learning rates are each arm's own"
        if not differing
        else "not all was the same"
    )
    with card("How fair was this?", meaning):
        for start in range(0, len(facts), FACTS_A_ROW):
            for column, fact in zip(
                st.columns(FACTS_A_ROW), facts[start : start + FACTS_A_ROW], strict=False
            ):
                column.caption(fact.name)
                column.markdown(f"**{literal(fact.value)}**")
        for fact in differing:
            st.warning(literal(f"{fact.name}: {fact.difference}."), icon=":material/warning:")


def offer_download(results: ExperimentResults) -> None:
    """Offer the comparison as JSON."""
    st.download_button(
        "Download the comparison (JSON)",
        lambda: json.dumps(comparison_json(results), indent=2, ensure_ascii=False),
        file_name=f"{results.experiment.experiment_id}.json",
        mime="application/json",
        icon=":material/download:",
        on_click="ignore",
    )


def _runs_at(results: ExperimentResults, train_size: int) -> list[tuple[RunConfig, Sequence[Event]]]:
    return [(run.config, run.events) for run in results.finished if run.config.train_size == train_size]


def _counts(verdict: Verdict) -> str:
    return f"{verdict.num_examples:,} test examples, {plural(verdict.num_seeds, 'seed')}"


def _over_seeds(verdict: Verdict) -> str:
    return f"mean over {verdict.num_seeds} seeds" if verdict.num_seeds > 1 else "one seed"
