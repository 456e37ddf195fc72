"""In which settings two groups of runs differ, and which they share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from tl_core.catalogue.locating import describe
from tl_core.charts.text import device_words, short_hash
from tl_core.modality import content_of
from tl_core.results.runs import FinishedRun, text_limit

_NONE = "none"


@dataclass(frozen=True, kw_only=True, eq=False)
class SettingDifferences:
    """What differs between two groups of runs.

    Attributes
    ----------
    table
        One row a setting that differs: ``setting, value_a, value_b``.
    same
        The settings that are alike, by name with their value.
    """

    table: pd.DataFrame
    same: Mapping[str, str]


def setting_differences(
    runs_a: Sequence[FinishedRun], runs_b: Sequence[FinishedRun], titles: Mapping[str, str]
) -> SettingDifferences:
    """Compare the settings of two groups of finished runs.

    Parameters
    ----------
    runs_a, runs_b
        Usually the seeds of two arms; a setting that varies within a group shows every value.
    titles
        Base model titles by arm name.
    """
    settings_a = [_settings(run, titles) for run in runs_a]
    settings_b = [_settings(run, titles) for run in runs_b]
    names = dict.fromkeys(name for settings in (*settings_a, *settings_b) for name in settings)
    a, b = (
        {name: ", ".join(dict.fromkeys(settings[name] for settings in group)) or _NONE for name in names}
        for group in (settings_a, settings_b)
    )
    rows = [(name, a[name], b[name]) for name in names if a[name] != b[name]]
    return SettingDifferences(
        table=pd.DataFrame(rows, columns=["setting", "value_a", "value_b"]),
        same={name: a[name] for name in names if a[name] == b[name] != _NONE},
    )


_TRAINING_WORDS = {
    "epochs": "Epochs planned",
    "batch_size": "Batch, examples",
    "budget": "Budget rule",
    "warmup_fraction": "Warm-up, fraction of the steps",
    "weight_decay": "Weight decay",
    "max_grad_norm": "Largest gradient norm",
    "dropout": "Dropout",
    "patience": "Patience, evaluations",
}


def _settings(run: FinishedRun, titles: Mapping[str, str]) -> dict[str, str]:
    """Name every setting of a run with its value, in the order in which they are shown."""
    config, record, rates = run.config, run.record, run.config.learning_rates
    encoder_rate = head_rate = reinitialised_rate = _NONE
    if rates is not None:
        encoder_rate = write_rate(rates.encoder)
        head_rate = write_rate(rates.head) if rates.head else "0 (logistic regression)"
        reinitialised_rate = _NONE if rates.redrawn is None else write_rate(rates.redrawn)

    steps = limit = _NONE
    training = dict.fromkeys(_TRAINING_WORDS.values(), _NONE)
    if config.arm.kind.is_neural:
        unit = content_of(describe(config.base_model or "").modality).limit_unit
        limit = f"{text_limit(run):,} {unit}"
    if config.arm.kind.is_whole:
        steps = f"{run.events[-1].step:,}"
        for field, name in _TRAINING_WORDS.items():
            value = getattr(config.training, field)
            training[name] = "the base model's own" if value is None else str(value).replace("_", " ")

    versions = ", ".join(f"{package} {version}" for package, version in sorted(record.versions.items()))
    return {
        "Weights": config.arm.kind.spec.in_settings,
        "Base model": titles[config.arm.name] if config.base_model else _NONE,
        "Learning rate of the encoder": encoder_rate,
        "Learning rate of random weights": reinitialised_rate,
        "Learning rate of the head": head_rate,
        "Parameters": _or_none(record.num_parameters),
        "Steps": steps,
        "Seeds": str(config.seed),
        "Training examples": f"{config.train_size:,}",
        "Example weights": record.weight_column or _NONE,
        "Limit on each example": limit,
        **training,
        "Precision": record.precision.value if record.precision else _NONE,
        "Examples a micro-batch": _or_none(record.micro_batch_size),
        "Threads": _or_none(record.num_threads),
        "Device": device_words(record.device) if record.device else _NONE,
        "Versions": versions or _NONE,
        "Split": short_hash(config.split_hash),
        "Dataset": short_hash(config.dataset_fingerprint),
    }


def write_rate(value: float) -> str:
    """Write a learning rate: 0.00005 as ``5e-5``."""
    return f"{value:.1e}".replace(".0e", "e").replace("e-0", "e-")


def _or_none(value: int | None) -> str:
    return _NONE if value is None else f"{value:,}"
