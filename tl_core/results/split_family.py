"""All that was asked of one split's test examples, in however many experiments; kept beside the dataset."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tl_core.errors import TlError
from tl_core.evaluation.families import PairTests
from tl_core.schema import ExperimentConfig, Looks, State
from tl_core.store.files import replacing
from tl_core.store.ledger import Ledger
from tl_core.store.workspace import Workspace

FOLDER = "asked"
"""Of a dataset's folder: by split hash, the p-values of each experiment on it that is over."""
VERSION = 2
"""Of how they are worked out; those of another one are worked out anew."""
_PENDING = (State.QUEUED.value, State.RUNNING.value)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What else was asked of an experiment's test examples.

    Attributes
    ----------
    is_first
        Whether the experiment is the first on its split: its main pair at its largest train size is then the
        primary question, which stands outside the family.
    others
        The pairs of other experiments that belong to the family, of deleted ones too once they were over.
    looks
        At the test examples so far, the experiment's own included.
    """

    is_first: bool
    others: tuple[PairTests, ...] = ()
    looks: Looks | None = None


def asked_elsewhere(
    workspace: Workspace,
    experiment: ExperimentConfig,
    on_split: Sequence[tuple[str, str]],
    ask: Callable[[str], Sequence[PairTests]],
) -> Asked:
    """Collect what other experiments on the same split have asked.

    Parameters
    ----------
    on_split
        What `Database.list_on_split` returns of the experiment's split.
    ask
        Works out the pairs of an experiment, by its id: of any, and of this one.
    """
    first = first_on(workspace, experiment, on_split)
    return Asked(
        is_first=first == experiment.experiment_id,
        others=tuple(
            one
            for experiment_id, one in asked_on(workspace, experiment, on_split, ask)
            # Its own are kept for the others.
            if experiment_id != experiment.experiment_id and not (experiment_id == first and one.is_headline)
        ),
        looks=Ledger(workspace.database).count_looks(experiment.split.hash),
    )


def asked_on(
    workspace: Workspace,
    experiment: ExperimentConfig,
    on_split: Sequence[tuple[str, str]],
    ask: Callable[[str], Sequence[PairTests]],
) -> list[tuple[str, PairTests]]:
    """Collect all that was asked on an experiment's split, with the ids of the experiments that did.

    Parameters are those of `asked_elsewhere`. What deleted experiments had asked once they were over counts.
    """
    folder = workspace.dataset_folder(experiment.dataset_fingerprint) / FOLDER / experiment.split.hash
    asked = [
        (experiment_id, one)
        for experiment_id, states in on_split
        for one in _tests_of(folder / f"{experiment_id}.json", states, partial(ask, experiment_id))
    ]
    known = {experiment_id for experiment_id, _ in on_split}
    deleted = [path for path in sorted(folder.glob("*.json")) if path.stem not in known]
    return asked + [(path.stem, one) for path in deleted for one in _kept_tests(path) or ()]


def first_on(
    workspace: Workspace, experiment: ExperimentConfig, on_split: Sequence[tuple[str, str]]
) -> str | None:
    """Return the id of the first experiment on a split that has shown anything, or still may.

    None where it was deleted since. ``experiment`` is any on the split.
    """
    counting = [key for key, states in on_split if _counts(states)]
    if not counting:
        return experiment.experiment_id
    first = workspace.database.get_experiment(counting[0])
    return None if Ledger(workspace.database).has_earlier_look(first) else first.experiment_id


def _counts(states: str) -> bool:
    """Whether an experiment has shown anything, or still may."""
    return any(state in states for state in (State.FINISHED.value, *_PENDING))


def _tests_of(path: Path, states: str, ask: Callable[[], Sequence[PairTests]]) -> Sequence[PairTests]:
    """Read the pairs of an experiment, or work them out; once it is over they are kept."""
    if State.FINISHED.value not in states:
        return ()
    kept = _kept_tests(path, states)
    if kept is not None:
        return kept
    try:
        tests = ask()
    except TlError:  # its own page tells
        return ()
    if not any(state in states for state in _PENDING):
        path.parent.mkdir(parents=True, exist_ok=True)
        written = {"version": VERSION, "states": states, "tests": [vars(one) for one in tests]}
        with replacing(path) as file:
            file.write(json.dumps(written).encode())
    return tests


def _kept_tests(path: Path, states: str | None = None) -> list[PairTests] | None:
    """Read what was kept, if it is of this version and of these states; None without."""
    try:
        kept = json.loads(path.read_bytes())
        if kept["version"] == VERSION and states in (None, kept["states"]):
            return [PairTests(**one) for one in kept["tests"]]
    except (OSError, ValueError, TypeError, KeyError):
        pass
    return None
