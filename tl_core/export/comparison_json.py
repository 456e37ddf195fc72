"""The JSON form of a comparison: the contract of ``tl_core compare --json``."""

import json
from dataclasses import asdict
from typing import Any

import pandas as pd

from tl_core.displays.display import Subject
from tl_core.displays.questions import QUESTIONS
from tl_core.results.calibration import calibrate_run
from tl_core.results.comparable import gather_alike
from tl_core.results.comparison import ExperimentResults, ranked
from tl_core.results.data_efficiency import data_efficiency_json
from tl_core.results.knowledge import read_changes
from tl_core.results.other_metrics import metric_rows, recall_rows
from tl_core.results.pooled import Pooled, put_together
from tl_core.results.related_tasks import find_first_damage, find_two_stages, left_means
from tl_core.results.repeated_splits import SeriesResults, gather_series, series_json
from tl_core.results.runs import DAMAGED, FinishedRun, find_damage, kept_evaluation
from tl_core.results.sealed import SealedTest, find_sealed
from tl_core.results.secondary import secondary_verdicts
from tl_core.results.thresholds import threshold_effects
from tl_core.schema import (
    METHOD,
    SCHEMA_VERSION,
    Verdict,
    metrics_for,
    shown_metrics,
)
from tl_core.store.rows import RunRow
from tl_core.store.run_folder import RunFolder
from tl_core.store.workspace import Workspace


def comparison_json(workspace: Workspace, results: ExperimentResults) -> dict[str, Any]:
    """Give an experiment's runs and verdicts as plain values; differences are fractions.

    What labels were worth, and what is left of a first task, counts the experiments like it too, as the pages
    do; ``repeated_splits`` is about all splits of its series, None without one.
    """
    experiment = results.experiment
    alike = gather_alike(workspace, results)
    series = gather_series(workspace, experiment)
    pooled = put_together(experiment, alike)
    split = experiment.split
    arms = []
    for arm in ranked(experiment.arms):
        runs = [run for run in results.runs if run.config.arm == arm]
        arms.append(
            {
                "arm": arm.name,
                "base_model": runs[0].config.base_model if runs else None,
                "runs": [_run_json(results, run, workspace.run_folder(run.run_id)) for run in runs],
            }
        )
    sizes = experiment.train_sizes
    damage = [one for counted in alike for one in counted.damage] + [*find_first_damage(pooled, workspace)]
    return {
        "schema_version": SCHEMA_VERSION,
        "method": METHOD,
        "experiment_id": experiment.experiment_id,
        "name": experiment.name,
        "task": experiment.task.value,
        "dataset": {
            "name": experiment.dataset_name,
            "fingerprint": experiment.dataset_fingerprint,
            "num_examples": split.num_examples,
            "num_labels": len(experiment.labels),
        },
        "split": {
            "hash": split.hash,
            "train": split.train,
            "validation": split.validation,
            "test": split.test,
            "sealed": split.sealed,
        },
        "headline_metric": experiment.headline_metric.value,
        "budget": experiment.training.budget.value,
        "arms": arms,
        "margin": experiment.margin,
        "verdicts": [_verdict_json(verdict) for verdict in results.verdicts],
        "secondary_verdicts": [_verdict_json(verdict) for verdict in secondary_verdicts(results)],
        "sealed": _sealed_json(sealed) if (sealed := find_sealed(workspace, experiment)) else None,
        "repeated_splits": series_json(series) if series else None,
        "metrics": [row for size in sizes for row in _rows(metric_rows(results, size), size)],
        "recalls": [row for size in sizes for row in _rows(recall_rows(results, size), size)],
        "thresholds": [
            {"train_size": size, **asdict(one)} for size in sizes for one in threshold_effects(results, size)
        ],
        "refusals": list(results.refusals),
        "damage": [asdict(one) for one in damage],
        "label_worth": data_efficiency_json(pooled, results.titles),
        "displays": _displays_json(results, pooled, series),
        "first_tasks": [
            {
                "arm": stages.arm.name,
                "direct": stages.direct.name,
                "first_run_id": stages.first.config.run_id,
                "metric": stages.metric.value,
                "left": left_means(stages).to_dict("records"),
                "overlap": asdict(stages.overlap) if stages.overlap else None,
                "verdicts": [_verdict_json(verdict) for verdict in stages.verdicts],
            }
            for stages in find_two_stages(pooled, alike, workspace)
        ],
    }


def _rows(table: pd.DataFrame, train_size: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = table.assign(train_size=train_size).to_dict("records")
    return rows


def _sealed_json(sealed: SealedTest) -> dict[str, Any]:
    """Give what is known of the sealed test examples."""
    opened = sealed.unsealing
    return {
        "num_examples": sealed.experiment.split.sealed,
        "num_used": sealed.num_used,
        "sentence": sealed.sentence,
        "opened": opened.model_dump(mode="json", exclude={"verdict"}) if opened else None,
        "verdict": _verdict_json(sealed.own.verdict) if sealed.own else None,
    }


def _displays_json(
    results: ExperimentResults, pooled: Pooled, series: SeriesResults | None
) -> list[dict[str, Any]]:
    """Give what each question is answered about the main pair: the sentence, the limits and the numbers.

    Empty before two models have finished with the same seed.
    """
    if not results.verdicts:
        return []
    verdict = results.headline or results.verdicts[0]
    subject = Subject(results=results, verdict=verdict, pooled=pooled, series=series)
    return [
        {
            "question": question.words,
            "key": display.key,
            "a": verdict.a,
            "b": verdict.b,
            "train_size": verdict.train_size,
            "sentence": display.sentence,
            "limits": display.limits,
            "numbers": json.loads(display.frame.to_json(orient="records"))
            if display.frame is not None
            else [],
        }
        for question in QUESTIONS
        for display in question.displays(subject)
    ]


def _run_json(results: ExperimentResults, run: RunRow, folder: RunFolder) -> dict[str, Any]:
    """Give a run as plain values; what only a finished run has measured is None in any other."""
    finished = next((one for one in results.finished if one.config.run_id == run.run_id), None)
    config = finished.config if finished else run.config
    rates = config.learning_rates
    flags = results.flags.get((config.arm.name, config.train_size), ())
    plain = {
        "run_id": run.run_id,
        "status": DAMAGED if run.run_id in results.unreadable else run.state.value,
        "error": results.unreadable.get(run.run_id, run.error),
        "damage": [one.message for one in results.damage if one.run_id == run.run_id],
        "seed": config.seed,
        "seeds": config.seeds.model_dump(),
        "train_size": config.train_size,
        "learning_rate": (rates.encoder or rates.head) if rates else None,
        "head_learning_rate": rates.head if rates else None,
        "rate_search_s": None,
        "train_s": None,
        "energy_wh": None,
        "energy_method": None,
        "flags": [flag.code for flag in flags if config.seed in flag.seeds],
        "kept_share": None,
        "layers": None,
        "validation": None,
        "test": None,
    }
    return plain if finished is None else plain | _measured_json(finished, folder)


def _measured_json(finished: FinishedRun, folder: RunFolder) -> dict[str, Any]:
    """Give what a finished run has measured.

    ``validation`` is what the kept weights came to, the end of the learning curve; ``test`` is without the
    temperature that it names, the one that validation asks for. Both have the metrics that fit the labels;
    those of validation that an earlier version did not measure are None.
    """
    record, search = finished.record, finished.record.rate_search
    changes = read_changes(folder)
    kept = kept_evaluation(finished.config, finished.events)
    labels = finished.config.labels
    measures = ("step", "num_examples", *metrics_for(labels), "loss")
    calibration = calibrate_run(finished)
    return {
        "rate_search_s": search.train_s if search else None,
        "train_s": record.train_s,
        "energy_wh": record.energy_wh,
        "energy_method": record.energy_method,
        "kept_share": record.kept_share,
        "layers": [part.model_dump(mode="json") for part in changes.parts] if changes else None,
        "validation": {str(name): getattr(kept, name) for name in measures} if kept else None,
        "test": {
            **{metric.value: getattr(finished.test, metric.value) for metric in shown_metrics(labels)},
            "log_loss": calibration.before.log_loss,
            "brier": calibration.before.brier,
            "ece": calibration.before.error,
            "temperature": calibration.temperature,
        },
    }


def run_json(workspace: Workspace, run: RunRow) -> dict[str, Any]:
    """Give a run's record as plain values, and what of its folder is damaged.

    Raises
    ------
    NotFoundError, DamageError
        If the record cannot be read.
    """
    folder = workspace.run_folder(run.run_id)
    record = folder.read_record()
    return record.model_dump(mode="json") | {"damage": [asdict(one) for one in find_damage(folder, run)]}


def _verdict_json(verdict: Verdict) -> dict[str, Any]:
    plain = verdict.model_dump(mode="json")
    plain["flags"] = [f"{flag.arm}: {flag.code}" for flag in verdict.flags]
    return plain
