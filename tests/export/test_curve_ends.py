"""The end of a learning curve: the same number in figure, table, report, replay and JSON, on every axis."""

import json
import re
from html import unescape
from statistics import mean
from typing import Any

import plotly.graph_objects as go
import pytest

from tests.pages.fixtures import add_experiment, finish_run, runs_of, start_run, store_sample_dataset
from tl_core.charts import arm_styles, learning_curves
from tl_core.charts.replay import replay
from tl_core.displays.learning_curves import curve_numbers
from tl_core.export.comparison_json import comparison_json
from tl_core.export.report import report_of
from tl_core.results.comparison import ExperimentResults, gather, ranked
from tl_core.results.curves import learning_curve_points
from tl_core.schema import BudgetRule, EvalFinished, Event, ExperimentConfig, RunFinished, SplitName
from tl_core.store.workspace import Workspace

AXES = ["train_s", "step", "examples_seen", "energy_wh"]
ARMS = ("majority", "tfidf", "scratch", "fine_tuned")
RACING = ["Fine-tuned", "TF-IDF", "From scratch"]
SLOW_SEED = 1


def rewrite(workspace: Workspace, run_id: str, change: Any) -> None:
    folder = workspace.run_folder(run_id)
    events = [change(event) for event in folder.read_events()]
    (folder.path / "events.jsonl").unlink()
    for event in events:
        folder.append_event(event)


def slower(event: Event) -> Event:
    """Let an event come ten times later on every axis."""
    return event.model_copy(update={name: 10 * (getattr(event, name) or 0) for name in AXES})


def finished(workspace: Workspace, budget: BudgetRule) -> ExperimentConfig:
    """Three seeds that end at different values; one network's second seed is ten times slower."""
    made = add_experiment(workspace, store_sample_dataset(workspace), ARMS, num_seeds=3, budget=budget)
    for run in runs_of(workspace, made):
        finish_run(workspace, run, 0.5 + 0.09 * run.seed + 0.1 * (run.arm.kind.value == "fine_tuned"))
        if run.arm.kind.value == "scratch" and run.seed == SLOW_SEED:
            rewrite(workspace, run.run_id, slower)
    return made


def kept_at(step: int) -> Any:
    """Say at the end of a run that the weights of an earlier step were put back."""

    def change(event: Event) -> Event:
        return event.model_copy(update={"kept_step": step}) if isinstance(event, RunFinished) else event

    return change


def ends_of(figure: go.Figure | dict[str, Any]) -> dict[str, str]:
    notes = go.Figure(figure).layout.annotations
    found = [re.match(r"<b>([\d.]+)</b> (.*)", note.text) for note in notes]
    return {one[2]: one[1] for one in found if one}


def points_of(results: ExperimentResults) -> Any:
    return learning_curve_points((run.config, run.events) for run in results.finished)


def every_end(workspace: Workspace, results: ExperimentResults, x: Any) -> dict[str, dict[str, str]]:
    """Read what an arm's curve ends at from everything that shows it, each as an arm's name to a number."""
    styles = arm_styles(ranked(results.experiment.arms), {})
    labels, points = {name: style.label for name, style in styles.items()}, points_of(results)
    table = curve_numbers(points, x, "accuracy", labels)
    means = table.groupby("Model")["Mean of the kept, accuracy, %"].unique()
    replayed = replay(points, styles)
    page = report_of(workspace, results)
    specs = [json.loads(unescape(one)) for one in re.findall(r'type="application/json">(.*?)</script>', page)]
    (in_report,) = [ends_of(spec) for spec in specs if spec["layout"]["meta"]["alt"].startswith("Validation")]
    row = re.search(r"<td[^>]*>kept</td>(.*?)</tr>", page, re.DOTALL)
    assert row is not None
    written = [cell.split()[0] for cell in re.findall(r"<td[^>]*>([\d.]+ [^<]*)</td>", row[1])]
    said = comparison_json(workspace, results)["arms"]
    return {
        "figure": ends_of(learning_curves(points, styles, x=x)),
        "table": {arm: f"{one:.1f}" for arm, (one,) in means.items()},
        "replay": {
            words[1]: words[0]
            for trace in replayed.frames[-1].data
            for text in trace.text or ()
            if (found := re.match(r"\s*<b>([\d.]+)</b> (.*)", text)) and (words := found.groups())
        },
        "report": in_report,
        "report's table": dict(zip(RACING, written, strict=True)),
        "JSON": {
            labels[arm["arm"]]: f"{100 * mean(run['validation']['accuracy'] for run in arm['runs']):.1f}"
            for arm in said
            if arm["arm"] != "majority"
        },
    }


@pytest.mark.parametrize("x", AXES)
@pytest.mark.parametrize("budget", list(BudgetRule))
def test_with_one_slow_seed_all_ends_are_those_of_the_weights_that_were_kept(workspace, budget, x):
    made = finished(workspace, budget)
    kept: dict[str, list[float]] = {}
    for run in runs_of(workspace, made):
        folder = workspace.run_folder(run.run_id)
        seen = [
            e for e in folder.read_events() if isinstance(e, EvalFinished) and e.split is SplitName.VALIDATION
        ]
        if budget is BudgetRule.PLATEAU and run.arm.kind.is_neural:
            seen = seen[:6]
            rewrite(workspace, run.run_id, kept_at(seen[-1].step))
        kept.setdefault(run.arm.kind.value, []).append(seen[-1].accuracy)
    names = {"Fine-tuned": "fine_tuned", "TF-IDF": "tfidf", "From scratch": "scratch"}
    expected = {label: f"{100 * mean(kept[arm]):.1f}" for label, arm in names.items()}
    found = every_end(workspace, gather(workspace, made.experiment_id), x)
    assert found == dict.fromkeys(found, expected)


@pytest.mark.parametrize("x", AXES)
def test_the_slow_seed_sets_neither_scale_nor_clock(workspace, x):
    results = gather(workspace, finished(workspace, BudgetRule.EQUAL_STEPS).experiment_id)
    points, styles = points_of(results), arm_styles(ranked(results.experiment.arms), {})
    is_slow = (points["arm"] == "scratch") & (points["seed"] == SLOW_SEED)
    usual = points.loc[~is_slow, x].max()
    assert points.loc[is_slow, x].max() == pytest.approx(10 * usual)
    assert learning_curves(points, styles, x=x).layout.xaxis.range == (0, pytest.approx(usual))
    assert replay(points, styles).layout.xaxis.range == (
        0,
        pytest.approx(points.loc[~is_slow, "train_s"].max()),
    )


def test_a_run_that_trains_has_kept_nothing_yet(workspace):
    made = add_experiment(workspace, store_sample_dataset(workspace), ("scratch",))
    (run,) = runs_of(workspace, made)
    start_run(workspace, run)
    points = learning_curve_points([(run, workspace.run_folder(run.run_id).read_events())])
    table = curve_numbers(points, "step", "accuracy", {"scratch": "From scratch"})
    assert list(table.columns) == ["Model", "Seed", "Steps", "Validation accuracy, %", "Validation examples"]
