"""A comparison as one self-contained HTML file: opens offline, prints to PDF, loads nothing. Without torch.

Plotly's script stands in the file once (about 5 MB), so that its figures are the very ones of the dashboard;
without scripts their numbers still stand there as tables.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from plotly.offline import get_plotlyjs

from tl_core.catalogue.locating import describe
from tl_core.charts import class_balance
from tl_core.charts.text import one_line, watt_hours
from tl_core.displays import other_metrics, overview, pairs, thresholds
from tl_core.displays.display import Display
from tl_core.displays.questions import QUESTIONS
from tl_core.errors import NotFoundError
from tl_core.evaluation.wording import METRIC_WORDS, amounts, examples_words
from tl_core.export.report_method import SOURCES, method_words
from tl_core.export.report_parts import Shown, Table, show, write_table
from tl_core.export.report_subject import ReportSubject, choose_subject
from tl_core.export.report_words import arm_words, limit_words
from tl_core.results.comparable import gather_pooled
from tl_core.results.comparison import ExperimentResults, ranked
from tl_core.results.curves import learning_curve_points
from tl_core.results.fairness import fairness_facts
from tl_core.results.highlights import find_highlights
from tl_core.results.pooled import Pooled
from tl_core.results.repeated_splits import SeriesResults, gather_series
from tl_core.results.runs import name_runs
from tl_core.results.sealed import find_sealed
from tl_core.schema import Arm, DatasetInfo, State
from tl_core.store.identifiers import now
from tl_core.store.workspace import Workspace

_ROOT = Path(__file__).resolve().parents[2]


def report_of(workspace: Workspace, results: ExperimentResults) -> str:
    """Write an experiment's report as of now. Raises ComparisonError as `report_html` does."""
    try:
        dataset = workspace.database.get_dataset(results.experiment.dataset_fingerprint)
    except NotFoundError:
        dataset = None
    found = find_sealed(workspace, results.experiment)
    sealed = found.sentence if found else ""
    pooled, series = gather_pooled(workspace, results), gather_series(workspace, results.experiment)
    return report_html(results, pooled, dataset, series, sealed=sealed, made_at=now())


def report_html(
    results: ExperimentResults,
    pooled: Pooled,
    dataset: DatasetInfo | None,
    series: SeriesResults | None = None,
    *,
    made_at: str,
    sealed: str = "",
) -> str:
    """Write a comparison as one HTML file, about the first pair at the largest train size.

    No text of the dataset is in it; labels and names are.

    Parameters
    ----------
    pooled
        What experiments like it add to its train sizes.
    dataset
        Facts about the dataset; None if it is not in this workspace.
    series
        What all splits have shown; None where the split is not repeated.
    made_at
        The present moment, in ISO 8601, UTC.
    sealed
        What is known of the sealed test examples (`SealedTest.sentence`).

    Raises
    ------
    ComparisonError
        If no two arms have finished with the same seed.
    """
    subject = choose_subject(results, pooled, dataset, series)
    template = _environment().get_template("report.html")
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    experiment, verdict = results.experiment, subject.verdict
    started_at = _moment(experiment.created_at)
    size, *_ = amounts(verdict.metric, verdict.difference, *verdict.ci95)  # as the claim writes it
    facts = [
        experiment.dataset_name,
        f"{subject.train_size:,} training, {experiment.split.validation:,} validation and "
        f"{examples_words(verdict.num_examples, verdict.num_groups)}",
        f"{experiment.num_seeds} seed{'s' * (experiment.num_seeds > 1)}",
        f"started {started_at}",
    ]
    balance = None
    if dataset is not None:
        counts = dataset.label_counts
        balance = Display(
            key="balance",
            frame=pd.DataFrame({"Class": list(counts), "Examples": list(counts.values())}),
            draw=lambda theme: class_balance(counts, theme=theme),
        )
    return template.render(
        plotly=get_plotlyjs(),
        made_at=_moment(made_at),
        version=f"{project['name']} {project['version']}",
        experiment=experiment,
        started_at=started_at,
        metric=METRIC_WORDS[experiment.headline_metric],
        verdict=verdict,
        over_splits=series.sentence if series else "",
        examples=examples_words(verdict.num_examples, verdict.num_groups),
        gain=f"{'+' if verdict.difference > 0 else ''}{size} points",
        pair=" − ".join(subject.names[arm] for arm in subject.pair),
        dataset=dataset,
        facts=facts,
        missing=_missing(subject),
        sealed=sealed,
        highlights=find_highlights(results, verdict, learning_curve_points(subject.runs)),
        overview=show(overview.display(subject)),
        sections=_sections(subject),
        pairs=write_table(pairs.pair_numbers(pairs.verdict_rows(subject)).drop(columns=_LEFT_TO_THE_SCREEN)),
        metrics=write_table(other_metrics.table(subject)),
        metrics_limits=other_metrics.limits(subject),
        recalls=write_table(other_metrics.recall_numbers(subject)),
        thresholds=_thresholds(subject),
        thresholds_words=[*thresholds.sentences(subject), thresholds.limits(subject)],
        balance=show(balance) if balance else None,
        **_proof(subject),
    )


@dataclass(frozen=True, kw_only=True)
class Section:
    """A question with its answers, each figure with the name of the arm that it is about, if it is of one."""

    question: str
    figures: tuple[Shown, ...]
    names: tuple[str, ...]
    is_side_by_side: bool


_LEFT_TO_THE_SCREEN = ["Result on test", "Method", "Exact McNemar p by seed"]
"""Columns of the pairs that are too wide for paper."""
_MOST_SIDE_BY_SIDE = 4
"""Classes that two confusion matrices may have to stand side by side on paper."""


def _sections(subject: ReportSubject) -> list[Section]:
    """Answer each question but the first, whose figure stands beside the claim."""
    few_classes = len(subject.results.experiment.labels) <= _MOST_SIDE_BY_SIDE
    sections = []
    for question in QUESTIONS[1:]:
        figures = tuple(show(one) for one in question.displays(subject))
        if figures:
            both = len(figures) == 2
            fits = both and (few_classes or "taken for" not in question.words)
            names = tuple(subject.names[arm] for arm in subject.pair) if both else ("",)
            sections.append(
                Section(question=question.words, figures=figures, names=names, is_side_by_side=fits)
            )
    return sections


def _environment() -> Environment:
    """Escape whatever is written into the page, on one line and without marks that reorder the text."""
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: one_line(value, len(value)) if type(value) is str else value,
    )


def _missing(subject: ReportSubject) -> list[str]:
    """Say which runs count nowhere, and which arms may not be compared."""
    results = subject.results
    groups = {
        "Not finished yet": [run for run in results.runs if not run.state.is_final],
        "Failed": [run for run in results.runs if run.state is State.FAILED],
        "Cancelled": [run for run in results.runs if run.state is State.CANCELLED],
        "Finished but damaged": [run for run in results.runs if run.run_id in results.unreadable],
    }
    lost = [f"{word}: {name_runs(runs, subject.names)}." for word, runs in groups.items() if runs]
    return [*lost, *(one.message for one in results.damage), *results.refusals]


def _proof(subject: ReportSubject) -> dict[str, Any]:
    """Say how the numbers came about: arms, sizes, fairness, data, method, limits."""
    results, experiment = subject.results, subject.results.experiment
    styles = subject.styles()
    arms = [
        {
            "style": styles[arm.name],
            "words": arm_words(arm.kind, results.titles[arm.name]),
            "training": _training_time(subject, arm.name),
        }
        for arm in ranked(experiment.arms)
    ]
    base_models = [
        arm.base_model or experiment.base_model for arm in experiment.arms if arm.kind.is_pretrained
    ]

    seeds = dict(sorted((config.seed, config.seeds) for config, _ in subject.runs))
    seed_columns = {
        "Seed": [str(index) for index in seeds],
        "Initial weights": [str(one.init) for one in seeds.values()],
        "Order of examples": [str(one.order) for one in seeds.values()],
    }
    if subject.train_size < experiment.split.train:  # otherwise a seed chooses no examples
        seed_columns["Choice of examples"] = [str(one.subset) for one in seeds.values()]
    return {
        "arms": arms,
        "sizes": _sizes(subject),
        "fairness": fairness_facts(results, subject.train_size, subject.names),
        "seeds": write_table(pd.DataFrame(seed_columns)),
        "method": method_words(subject),
        "sources": SOURCES,
        "limits": limit_words(subject, [describe(base_model) for base_model in dict.fromkeys(base_models)]),
    }


def _training_time(subject: ReportSubject, arm: str) -> str:
    """Say how long an arm trained, and on what energy where that is known of every run."""
    records = [run.record for run in subject.results.runs_of(arm, subject.train_size)]
    times = [record.train_s for record in records if record.train_s is not None]
    if not times:
        return "no finished run"
    if Arm.parse(arm).kind.is_floor:
        return "not trained"
    energies = [record.energy_wh for record in records if record.energy_wh is not None]
    energy = f" and {watt_hours(median(energies))}" if len(energies) == len(records) else ""
    runs = "one run" if len(times) == 1 else f"median of {len(times)} runs"
    return f"{median(times):,.1f} s{energy}, {runs}"


def _thresholds(subject: ReportSubject) -> Table | None:
    """List what another decision threshold changes; None with more than two classes."""
    found = thresholds.numbers(subject)
    return None if found is None else write_table(found)


def _sizes(subject: ReportSubject) -> Table | None:
    """List the first pair at every train size, if there are several."""
    about = (subject.verdict.a, subject.verdict.b)
    verdicts = [verdict for verdict in subject.results.verdicts if (verdict.a, verdict.b) == about]
    if len(verdicts) < 2:
        return None
    rows = {
        "Training examples": [verdict.train_size for verdict in verdicts],
        f"{subject.names[about[0]]}, %": [round(100 * verdict.value_a, 1) for verdict in verdicts],
        f"{subject.names[about[1]]}, %": [round(100 * verdict.value_b, 1) for verdict in verdicts],
        "Result on test": [verdict.sentence for verdict in verdicts],
    }
    return write_table(pd.DataFrame(rows).sort_values("Training examples"))


def _moment(iso: str) -> str:
    return f"{iso[:16].replace('T', ' ')} UTC"
