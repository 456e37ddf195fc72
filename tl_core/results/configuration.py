"""In which settings two groups of runs differ, and which they share."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

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
    settings = _settings(titles)
    a, b = ({name: _values(runs, read) for name, read in settings.items()} for runs in (runs_a, runs_b))
    rows = [(name, a[name], b[name]) for name in settings if a[name] != b[name]]
    return SettingDifferences(
        table=pd.DataFrame(rows, columns=["setting", "value_a", "value_b"]),
        same={name: a[name] for name in settings if a[name] == b[name] != _NONE},
    )


def _settings(titles: Mapping[str, str]) -> dict[str, Callable[[FinishedRun], str]]:
    """Name every setting, and how to read it from a run."""
    return {
        "Weights": lambda run: run.config.arm.kind.spec.in_settings,
        "Base model": lambda run: titles[run.config.arm.name] if run.config.base_model else _NONE,
        "Learning rate of the encoder": _encoder_rate,
        "Learning rate of what was drawn anew": _redrawn_rate,
        "Learning rate of the head": _head_rate,
        "Parameters": lambda run: _or_none(run.record.num_parameters),
        "Steps": lambda run: _neural(run, f"{run.events[-1].step:,}"),
        "Seeds": lambda run: str(run.config.seed),
        "Train examples": lambda run: f"{run.config.train_size:,}",
        "Example weights": lambda run: run.record.weight_column or _NONE,
        "Longest text, tokens": lambda run: _neural(run, f"{text_limit(run):,}"),
        **{name: _training(field) for field, name in _TRAINING_WORDS.items()},
        "Precision": lambda run: run.record.precision.value if run.record.precision else _NONE,
        "Examples a micro-batch": lambda run: _or_none(run.record.micro_batch_size),
        "Threads": lambda run: _or_none(run.record.num_threads),
        "Device": lambda run: run.record.device or _NONE,
        "Versions": lambda run: (
            ", ".join(f"{k} {v}" for k, v in sorted(run.record.versions.items())) or _NONE
        ),
        "Split": lambda run: run.config.split_hash[:8],
        "Dataset": lambda run: run.config.dataset_fingerprint[:8],
    }


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


def _training(field: str) -> Callable[[FinishedRun], str]:
    """Read a training setting; one that is not set is the base model's own, and only networks have any."""

    def read(run: FinishedRun) -> str:
        value = getattr(run.config.training, field)
        return _neural(run, "the base model's own" if value is None else str(value).replace("_", " "))

    return read


def _values(runs: Sequence[FinishedRun], read: Callable[[FinishedRun], str]) -> str:
    """Join the values of some runs, each once, in their order."""
    return ", ".join(dict.fromkeys(read(run) for run in runs)) or _NONE


def _encoder_rate(run: FinishedRun) -> str:
    rates = run.config.learning_rates
    if rates is None:
        return _NONE
    return write_rate(rates.encoder) if rates.encoder else "0 (frozen)"


def _head_rate(run: FinishedRun) -> str:
    rates = run.config.learning_rates
    if rates is None:
        return _NONE
    return write_rate(rates.head) if rates.head else "0 (logistic regression)"


def _redrawn_rate(run: FinishedRun) -> str:
    rates = run.config.learning_rates
    return write_rate(rates.redrawn) if rates is not None and rates.redrawn is not None else _NONE


def write_rate(value: float) -> str:
    """Write a learning rate: 0.00005 as ``5e-5``."""
    return f"{value:.1e}".replace(".0e", "e").replace("e-0", "e-")


def _neural(run: FinishedRun, value: str) -> str:
    return value if run.config.arm.kind.is_neural else _NONE


def _or_none(value: int | None) -> str:
    return _NONE if value is None else f"{value:,}"
