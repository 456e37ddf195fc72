"""A comparison as one self-contained HTML file: opens offline, prints to PDF, loads nothing. Without torch.

Plotly's script stands in the file once (about 5 MB), so that its figures are the very ones of the dashboard;
without scripts their numbers still stand there as tables.
"""

import tomllib
from pathlib import Path
from statistics import median
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from plotly.offline import get_plotlyjs

from tl_core.catalogue.locating import describe
from tl_core.charts.text import one_line, watt_hours
from tl_core.errors import NotFoundError
from tl_core.evaluation.data_efficiency_words import worth_sentence
from tl_core.evaluation.wording import METRIC_WORDS, spoken_names
from tl_core.export.report_figures import figures
from tl_core.export.report_method import SOURCES, method_words
from tl_core.export.report_parts import Table, write_table
from tl_core.export.report_scene import Scene, set_scene
from tl_core.export.report_words import arm_words, limit_words
from tl_core.results import tables
from tl_core.results.captions import with_flags
from tl_core.results.comparable import gather_pooled
from tl_core.results.comparison import ExperimentResults, ranked
from tl_core.results.data_efficiency import find_data_efficiency
from tl_core.results.fairness import fairness_facts
from tl_core.results.pooled import Pooled
from tl_core.results.runs import name_runs
from tl_core.results.time_to_accuracy import find_time_to_accuracy, time_sentence
from tl_core.schema import DatasetInfo, State
from tl_core.store.identifiers import now
from tl_core.store.workspace import Workspace

_ROOT = Path(__file__).resolve().parents[2]


def report_of(workspace: Workspace, results: ExperimentResults) -> str:
    """Write an experiment's report as of now. Raises ComparisonError as `report_html` does."""
    try:
        dataset = workspace.database.get_dataset(results.experiment.dataset_fingerprint)
    except NotFoundError:
        dataset = None
    return report_html(results, gather_pooled(workspace, results), dataset, made_at=now())


def report_html(
    results: ExperimentResults, pooled: Pooled, dataset: DatasetInfo | None, *, made_at: str
) -> str:
    """Write a comparison as one HTML file, about the first pair at the largest train size.

    No text of the dataset is in it; labels and names are.

    Parameters
    ----------
    tried
        What experiments like it add to its train sizes.
    dataset
        Facts about the dataset; None if it is not in this workspace.
    made_at
        The present moment, in ISO 8601, UTC.

    Raises
    ------
    ComparisonError
        If no two arms have finished with the same seed.
    """
    scene = set_scene(results, pooled, dataset)
    template = _environment().get_template("report.html")
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    experiment, verdict = results.experiment, scene.verdict
    started_at = _moment(experiment.created_at)
    facts = [
        experiment.dataset_name,
        f"{scene.train_size:,} train, {experiment.split.validation:,} validation and "
        f"{verdict.num_examples:,} test examples",
        _plural(experiment.num_seeds, "seed"),
        f"started {started_at}",
    ]
    return template.render(
        plotly=get_plotlyjs(),
        made_at=_moment(made_at),
        version=f"{project['name']} {project['version']}",
        experiment=experiment,
        started_at=started_at,
        metric=METRIC_WORDS[experiment.headline_metric],
        verdict=verdict,
        dataset=dataset,
        facts=facts,
        **_claim(scene),
        **figures(scene),
        **_proof(scene),
    )


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


def _claim(scene: Scene) -> dict[str, Any]:
    """Say what was found, and beside it what weakens it and which runs count nowhere."""
    results, verdict = scene.results, scene.verdict
    groups = {
        "Still to come": [run for run in results.runs if not run.state.is_final],
        "Failed": [run for run in results.runs if run.state is State.FAILED],
        "Cancelled": [run for run in results.runs if run.state is State.CANCELLED],
        "Finished but damaged": [run for run in results.runs if run.run_id in results.unreadable],
    }
    lost = [f"{word}: {name_runs(runs, scene.arm_names)}." for word, runs in groups.items() if runs]

    metric = results.experiment.headline_metric
    found = find_time_to_accuracy(tables.learning_curve_points(scene.runs), verdict.a, verdict.b, metric)
    sentence = time_sentence(found, scene.arm_names) if found else ""
    return {
        "missing": [*lost, *(one.message for one in results.damage), *results.refusals],
        "time_to_accuracy": with_flags(sentence, verdict.flags, scene.arm_names),
    }


def _proof(scene: Scene) -> dict[str, Any]:
    """Say how the numbers came about: arms, sizes, fairness, data, method, limits."""
    results, experiment = scene.results, scene.results.experiment
    arms = [
        {
            "style": scene.styles[arm.name],
            "words": arm_words(arm.kind, results.titles[arm.name]),
            "training": _training_time(scene, arm.name),
        }
        for arm in ranked(experiment.arms)
    ]
    worths = find_data_efficiency(scene.pooled, scene.verdict.a, scene.verdict.b)
    base_models = [
        arm.base_model or experiment.base_model for arm in experiment.arms if arm.kind.is_pretrained
    ]

    seeds = dict(sorted((config.seed, config.seeds) for config, _ in scene.runs))
    seed_columns = {
        "Seed": [str(index) for index in seeds],
        "Initial weights": [str(one.init) for one in seeds.values()],
        "Order of examples": [str(one.order) for one in seeds.values()],
    }
    if scene.train_size < experiment.split.train:  # otherwise a seed chooses no examples
        seed_columns["Choice of examples"] = [str(one.subset) for one in seeds.values()]
    return {
        "arms": arms,
        "sizes": _sizes(scene),
        "worth": worth_sentence(worths[0], spoken_names(results.titles)) if worths else "",
        "fairness": fairness_facts(results, scene.train_size, scene.arm_names),
        "seeds": write_table(pd.DataFrame(seed_columns)),
        "method": method_words(scene),
        "sources": SOURCES,
        "limits": limit_words(scene, [describe(base_model) for base_model in dict.fromkeys(base_models)]),
    }


def _training_time(scene: Scene, arm: str) -> str:
    """Say how long an arm trained, and on what energy where that is known of every run."""
    records = [run.record for run in scene.results.runs_of(arm, scene.train_size)]
    times = [record.train_s for record in records if record.train_s is not None]
    if not times:
        return "no finished run"
    energies = [record.energy_wh for record in records if record.energy_wh is not None]
    energy = f" and {watt_hours(median(energies))}" if len(energies) == len(records) else ""
    runs = "one run" if len(times) == 1 else f"median of {len(times)} runs"
    return f"{median(times):,.1f} s{energy}, {runs}"


def _sizes(scene: Scene) -> Table | None:
    """List the first pair at every train size, if there are several."""
    about = (scene.verdict.a, scene.verdict.b)
    verdicts = [verdict for verdict in scene.results.verdicts if (verdict.a, verdict.b) == about]
    if len(verdicts) < 2:
        return None
    rows = {
        "Train examples": [verdict.train_size for verdict in verdicts],
        f"{scene.arm_names[about[0]]}, %": [round(100 * verdict.value_a, 1) for verdict in verdicts],
        f"{scene.arm_names[about[1]]}, %": [round(100 * verdict.value_b, 1) for verdict in verdicts],
        "Verdict on test": [verdict.sentence for verdict in verdicts],
    }
    return write_table(pd.DataFrame(rows).sort_values("Train examples"))


def _moment(iso: str) -> str:
    return f"{iso[:16].replace('T', ' ')} UTC"


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
