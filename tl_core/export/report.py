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

from tl_core.catalogue.base_models import BaseModel
from tl_core.catalogue.locating import describe
from tl_core.charts.text import one_line, watt_hours
from tl_core.errors import NotFoundError
from tl_core.evaluation.data_efficiency_words import worth_sentence
from tl_core.evaluation.wording import METRIC_WORDS, describe_arm, take_apart
from tl_core.export.report_figures import figures
from tl_core.export.report_method import SOURCES, method_words
from tl_core.export.report_parts import Table, write_table
from tl_core.export.report_scene import Scene, set_scene
from tl_core.export.report_words import arm_words, limit_words
from tl_core.results import tables
from tl_core.results.captions import with_flags
from tl_core.results.comparable import gather_tried
from tl_core.results.comparison import ExperimentResults, ranked
from tl_core.results.data_efficiency import arm_phrases, find_label_worth
from tl_core.results.failures import name_runs
from tl_core.results.fairness import fairness_facts
from tl_core.results.pooled import Tried
from tl_core.results.time_to_accuracy import find_reaching, reaching_sentence
from tl_core.schema import DatasetInfo, Flag, State
from tl_core.store.identifiers import now
from tl_core.store.workspace import Workspace

_ROOT = Path(__file__).resolve().parents[2]


def report_of(workspace: Workspace, results: ExperimentResults) -> str:
    """Write an experiment's report as of now. Raises ComparisonError as `report_html` does."""
    try:
        dataset = workspace.database.get_dataset(results.experiment.dataset_fingerprint)
    except NotFoundError:
        dataset = None
    return report_html(results, gather_tried(workspace, results), dataset, made_at=now())


def report_html(
    results: ExperimentResults, tried: Tried, dataset: DatasetInfo | None, *, made_at: str
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
    scene = set_scene(results, tried, dataset)
    template = _environment().get_template("report.html")
    return template.render(
        plotly=get_plotlyjs(),
        made_at=_moment(made_at),
        version=_version(),
        experiment=results.experiment,
        started_at=_moment(results.experiment.created_at),
        metric=METRIC_WORDS[results.experiment.headline_metric],
        verdict=scene.verdict,
        dataset=dataset,
        facts=_facts(scene),
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


def _facts(scene: Scene) -> list[str]:
    """Say in a few words what the report speaks of."""
    experiment, verdict = scene.results.experiment, scene.verdict
    return [
        experiment.dataset_name,
        f"{scene.train_size:,} train, {experiment.split.validation:,} validation and "
        f"{verdict.num_examples:,} test examples",
        _plural(experiment.num_seeds, "seed"),
        f"started {_moment(experiment.created_at)}",
    ]


def _claim(scene: Scene) -> dict[str, Any]:
    """Say what was found, and beside it what weakens it and what is missing."""
    results, verdict = scene.results, scene.verdict
    arms = {arm.name: describe_arm(arm, results.titles[arm.name]) for arm in results.experiment.arms}
    words = take_apart(verdict, arms)
    counts = f"{_plural(verdict.num_seeds, 'seed')}, {verdict.num_examples:,} test examples"
    return {
        "claim": f"{words.claim}.",
        "interval": f"{words.interval} ({counts}).",
        "flags": [_flag_words(scene, flag) for flag in verdict.flags],
        "missing": _missing(scene),
        "reaching": _reaching(scene),
    }


def _flag_words(scene: Scene, flag: Flag) -> str:
    numbers = f": {flag.evidence}" if flag.evidence else ""
    return f"{scene.labels[flag.arm]} {flag.phrase}{numbers}."


def _missing(scene: Scene) -> list[str]:
    """Name the runs that count nowhere: not ended yet, failed, cancelled or damaged; and what is damaged."""
    results = scene.results
    groups = {
        "Still to come": [run for run in results.runs if not run.state.is_final],
        "Failed": [run for run in results.runs if run.state is State.FAILED],
        "Cancelled": [run for run in results.runs if run.state is State.CANCELLED],
        "Finished but damaged": [run for run in results.runs if run.run_id in results.unreadable],
    }
    lost = [f"{word}: {name_runs(runs, scene.labels)}." for word, runs in groups.items() if runs]
    return [*lost, *(one.message for one in results.damage), *results.refusals]


def _reaching(scene: Scene) -> str:
    verdict, metric = scene.verdict, scene.results.experiment.headline_metric
    reaching = find_reaching(tables.race_points(scene.runs), verdict.a, verdict.b, metric)
    sentence = reaching_sentence(reaching, scene.labels) if reaching else ""
    return with_flags(sentence, verdict.flags, scene.labels)


def _proof(scene: Scene) -> dict[str, Any]:
    """Say how the numbers came about: arms, sizes, fairness, data, method, limits."""
    results = scene.results
    return {
        "arms": _arms(scene),
        "sizes": _sizes(scene),
        "worth": _worth(scene),
        "fairness": fairness_facts(results, scene.train_size, scene.labels),
        "seeds": _seeds(scene),
        "method": method_words(scene),
        "sources": SOURCES,
        "limits": limit_words(scene, _base_models(scene)),
    }


def _arms(scene: Scene) -> list[dict[str, Any]]:
    return [
        {
            "style": scene.styles[arm.name],
            "words": arm_words(arm.kind, scene.results.titles[arm.name]),
            "training": _training_time(scene, arm.name),
        }
        for arm in ranked(scene.results.experiment.arms)
    ]


def _training_time(scene: Scene, arm: str) -> str:
    times = [run.record.train_s for run in scene.results.runs_of(arm, scene.train_size)]
    known = [seconds for seconds in times if seconds is not None]
    if not known:
        return "no finished run"
    runs = "one run" if len(known) == 1 else f"median of {len(known)} runs"
    return f"{median(known):,.1f} s{_energy(scene, arm)}, {runs}"


def _energy(scene: Scene, arm: str) -> str:
    energies = [run.record.energy_wh for run in scene.results.runs_of(arm, scene.train_size)]
    known = [energy for energy in energies if energy is not None]
    return f" and {watt_hours(median(known))}" if known and len(known) == len(energies) else ""


def _sizes(scene: Scene) -> Table | None:
    """List the first pair at every train size, if there are several."""
    about = (scene.verdict.a, scene.verdict.b)
    verdicts = [verdict for verdict in scene.results.verdicts if (verdict.a, verdict.b) == about]
    if len(verdicts) < 2:
        return None
    rows = {
        "Train examples": [verdict.train_size for verdict in verdicts],
        f"{scene.labels[about[0]]}, %": [round(100 * verdict.value_a, 1) for verdict in verdicts],
        f"{scene.labels[about[1]]}, %": [round(100 * verdict.value_b, 1) for verdict in verdicts],
        "Verdict on test": [verdict.sentence for verdict in verdicts],
    }
    return write_table(pd.DataFrame(rows).sort_values("Train examples"))


def _worth(scene: Scene) -> str:
    """Say what labels were worth to the first pair; empty with a single train size."""
    results = scene.results
    worths = find_label_worth(scene.tried, scene.verdict.a, scene.verdict.b)
    return worth_sentence(worths[0], arm_phrases(results.titles)) if worths else ""


def _seeds(scene: Scene) -> Table:
    """List what each seed's index stands for; where all train examples are used, it chooses none."""
    seeds = dict(sorted((config.seed, config.seeds) for config, _ in scene.runs))
    rows = {
        "Seed": [str(index) for index in seeds],
        "Initial weights": [str(one.init) for one in seeds.values()],
        "Order of examples": [str(one.order) for one in seeds.values()],
    }
    if scene.train_size < scene.results.experiment.split.train:
        rows["Choice of examples"] = [str(one.subset) for one in seeds.values()]
    return write_table(pd.DataFrame(rows))


def _base_models(scene: Scene) -> list[BaseModel]:
    experiment = scene.results.experiment
    ids = [arm.base_model or experiment.base_model for arm in experiment.arms if arm.kind.is_pretrained]
    return [describe(base_model) for base_model in dict.fromkeys(ids)]


def _moment(iso: str) -> str:
    return f"{iso[:16].replace('T', ' ')} UTC"


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _version() -> str:
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return f"{project['name']} {project['version']}"
