"""What there is of each run, whatever its experiment."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from tl_core.catalogue.locating import describe
from tl_core.charts.text import device_words, short_hash, watt_hours
from tl_core.charts.text import energy_words as method_words
from tl_core.errors import TlError
from tl_core.modality import content_of
from tl_core.models.facts import read_facts, text_source
from tl_core.results.configuration import write_rate
from tl_core.results.runs import DAMAGED, UNREADABLE, Damage, read_finished_run, reason_of, value_of
from tl_core.schema import ExperimentConfig, RunRecord, State
from tl_core.store.rows import RunRow
from tl_core.store.run_folder import RunFolder

_ENGINE_LINES = """\
from pathlib import Path
from tl_core.inference.predictor import load_predictor
{imports}
predictor = load_predictor(Path("{folder}"))
print(predictor.labels, predictor.predict([{question}]))
"""


@dataclass(frozen=True, kw_only=True)
class RunFacts:
    """What a run's folder tells without loading its model.

    Attributes
    ----------
    test_value, num_test
        Headline metric on test, a fraction, and the examples it was measured on; None before it finished,
        and where it cannot be read.
    size_bytes
        Size of all its files.
    damage
        What of its folder is damaged or missing.
    """

    test_value: float | None
    num_test: int | None
    size_bytes: int
    damage: tuple[Damage, ...] = ()


def find_facts(folder: RunFolder, run: RunRow) -> RunFacts:
    """Read a run's test metric and measure its folder."""
    size_bytes = 0
    for path in folder.path.rglob("*"):
        with contextlib.suppress(OSError):  # a run that trains replaces its files
            size_bytes += path.lstat().st_size if path.is_file() else 0
    if run.state is not State.FINISHED:
        return RunFacts(test_value=None, num_test=None, size_bytes=size_bytes)
    try:
        read = read_finished_run(folder)
    except UNREADABLE as error:
        lost = Damage(run_id=run.run_id, message=reason_of(error), counts=False)
        return RunFacts(test_value=None, num_test=None, size_bytes=size_bytes, damage=(lost,))
    return RunFacts(
        test_value=value_of(read.test, run.config.headline_metric),
        num_test=read.test.num_examples,
        size_bytes=size_bytes,
        damage=read.damage,
    )


def inventory_table(
    runs: Sequence[RunRow],
    experiments: Mapping[str, ExperimentConfig],
    facts: Mapping[str, RunFacts],
    arm_names: Mapping[str, str],
) -> pd.DataFrame:
    """List runs, one row each.

    Parameters
    ----------
    experiments, facts
        By experiment id and by run id.
    arm_names
        Display names by arm name.

    Returns
    -------
    Columns ``run_id, arm, base_model, dataset, seed, train_size, state, metric, test, num_test, size_bytes,
    created_at``; ``test`` is a fraction, missing where a run has not finished. A run that has and cannot be
    read is ``damaged``.
    """
    rows = [
        {
            "run_id": run.run_id,
            "arm": arm_names[run.config.arm.name],
            "base_model": describe(run.config.base_model).title if run.config.base_model else "",
            "dataset": experiments[run.config.experiment_id].dataset_name,
            "seed": run.config.seed,
            "train_size": run.config.train_size,
            "state": run.state.value if all(one.counts for one in facts[run.run_id].damage) else DAMAGED,
            "metric": run.config.headline_metric.value,
            "test": facts[run.run_id].test_value,
            "num_test": facts[run.run_id].num_test,
            "size_bytes": facts[run.run_id].size_bytes,
            "created_at": pd.Timestamp(run.created_at),
        }
        for run in runs
    ]
    return pd.DataFrame(rows).astype({"test": "Float64", "num_test": "Int64"}) if rows else pd.DataFrame()


def record_facts(record: RunRecord) -> dict[str, str]:
    """Give what a run's record says about how it came about, by name; what is unknown is left out."""
    config, rates = record.config, record.config.learning_rates
    weights = record.base_model_facts.get("weights_sha256")
    limit = record.base_model_facts.get("max_length")
    unit = content_of(describe(config.base_model).modality).limit_unit if config.base_model else ""
    facts = {
        "Base model": record.base_model_facts.get("title"),
        "Base weights (SHA-256)": short_hash(weights) if weights else None,
        "Pooling": record.base_model_facts.get("pooling"),
        "Parameters": f"{record.num_parameters:,}" if record.num_parameters else None,
        "Seeds": f"init {config.seeds.init}, order {config.seeds.order}, subset {config.seeds.subset}",
        "Learning rates": f"encoder {write_rate(rates.encoder)}, head {write_rate(rates.head)}"
        if rates
        else None,
        "Example weights": record.weight_column,
        "Batch": f"{config.training.batch_size} examples" if rates else None,
        "Limit on each example": f"{limit} {unit}" if limit else None,
        "Precision": record.precision.value if record.precision else None,
        "Device": device_words(record.device) if record.device else None,
        "Threads": str(record.num_threads) if record.num_threads else None,
        "Training time": f"{record.train_s:.1f} s" if record.train_s is not None else None,
        "Energy of training": energy_words(record),
        "Wall time": f"{record.wall_s:.1f} s" if record.wall_s is not None else None,
        "Attempts": str(record.attempts),
        "Split": short_hash(config.split_hash),
        "Versions": ", ".join(f"{name} {version}" for name, version in record.versions.items()),
    }
    return {name: value for name, value in facts.items() if value}


def energy_words(record: RunRecord) -> str | None:
    """Say what a training took and how that is known; None before it has ended."""
    if record.train_s is None:
        return None
    if record.energy_wh is None:
        return "not measured"
    return f"{watt_hours(record.energy_wh)} ({method_words(record.energy_method or '')})"


def loading_lines(folder: RunFolder, run_id: str) -> str:
    """Give the lines that use a downloaded model: with its own ``predict.py``, or with this engine."""
    facts: dict[str, Any] = {}
    with contextlib.suppress(TlError):
        facts = read_facts(folder.model_dir)
    source = text_source(facts)
    content = content_of(source.modality)
    if facts.get("kind") == "neural" and (lines := content.loading_lines(facts)):
        return lines
    return _ENGINE_LINES.format(
        imports=content.asked_imports, folder=run_id, question=content.asked_with(source)
    )
