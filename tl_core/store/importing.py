"""What a run folder from elsewhere must say of itself before it is taken in.

Pages and commands trust what the store holds: an id is part of paths, a moment is parsed, a number goes into
the database. So everything of that kind is checked once, at the border.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from tl_core.errors import OutsideError
from tl_core.schema import ExperimentConfig, RunRecord
from tl_core.store.identifiers import is_new_id
from tl_core.words import quoted

MOST_NUMBER = 2**31 - 1
"""Of a seed's index, a size or a position: what every database's integer holds."""

_HASH = re.compile(r"[0-9a-f]{64}")


def require_consistent(source: Path, record: RunRecord, experiment: ExperimentConfig) -> None:
    """Raise OutsideError unless a run and its experiment are named as this program does, and agree."""
    for problem in _problems(record, experiment):
        raise OutsideError(
            f"The run folder {quoted(source.name)} is refused: {problem}.",
            "Import a run folder as this program has written it.",
        )


def _problems(record: RunRecord, experiment: ExperimentConfig) -> Iterator[str]:
    config, split = record.config, experiment.split
    if not is_new_id(config.run_id, "run"):
        yield f"{quoted(config.run_id)} is no run's id"
    if not is_new_id(experiment.experiment_id, "exp"):
        yield f"{quoted(experiment.experiment_id)} is no experiment's id"
    for name, value in (("dataset's fingerprint", config.dataset_fingerprint), ("split", config.split_hash)):
        if not _HASH.fullmatch(value):
            yield f"the {name} is no SHA-256"
    numbers = (config.seed, config.train_size, config.position, experiment.num_seeds, *experiment.train_sizes)
    if not all(0 <= number <= MOST_NUMBER for number in numbers):
        yield "a number in it is negative or larger than any run has"
    moments = (record.created_at, record.started_at, record.finished_at, experiment.created_at)
    if not all(_is_moment(one) for one in moments if one is not None):
        yield "a time in it cannot be read"
    if config.experiment_id != experiment.experiment_id:
        yield "the run belongs to another experiment than the one beside it"
    of_run = (config.dataset_fingerprint, config.split_hash, config.labels)
    of_experiment = (experiment.dataset_fingerprint, split.hash, experiment.labels)
    if of_run != of_experiment or split.dataset_fingerprint != experiment.dataset_fingerprint:
        yield "run and experiment are about different datasets or splits"
    if (
        config.arm not in experiment.arms
        or config.train_size not in experiment.train_sizes
        or config.seed >= experiment.num_seeds
    ):
        yield "the experiment has not planned this run"


def _is_moment(written: str) -> bool:
    try:
        return datetime.fromisoformat(written).tzinfo is not None
    except ValueError:
        return False
