"""All that was asked of one split's test examples, in however many experiments; kept beside the dataset."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tl_core.errors import TlError
from tl_core.evaluation.families import PairTests
from tl_core.schema import ExperimentConfig, State
from tl_core.store.files import replacing
from tl_core.store.workspace import Workspace

FOLDER = "asked"
"""Of a dataset's folder: the p-values of each experiment on it that is over."""
VERSION = 1
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
        The pairs of other experiments that belong to the family.
    """

    is_first: bool
    others: tuple[PairTests, ...] = ()


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
        Works out the pairs of an experiment, by its id.
    """
    others: list[PairTests] = []
    for place, (experiment_id, states) in enumerate(on_split):
        if experiment_id == experiment.experiment_id:
            continue
        tests = _tests_of(workspace, experiment.dataset_fingerprint, experiment_id, states, ask)
        others += [one for one in tests if not (place == 0 and one.is_headline)]
    is_first = not on_split or on_split[0][0] == experiment.experiment_id
    return Asked(is_first=is_first, others=tuple(others))


def _tests_of(
    workspace: Workspace,
    fingerprint: str,
    experiment_id: str,
    states: str,
    ask: Callable[[str], Sequence[PairTests]],
) -> Sequence[PairTests]:
    """Read the pairs of an experiment, or work them out; once it is over they are kept."""
    if State.FINISHED.value not in states:
        return ()
    path = workspace.dataset_folder(fingerprint) / FOLDER / f"{experiment_id}.json"
    try:
        kept = json.loads(path.read_bytes())
        if (kept["version"], kept["states"]) == (VERSION, states):
            return [PairTests(**one) for one in kept["tests"]]
    except (OSError, ValueError, TypeError, KeyError):
        pass
    try:
        tests = ask(experiment_id)
    except TlError:  # its own page tells
        return ()
    if not any(state in states for state in _PENDING):
        path.parent.mkdir(exist_ok=True)
        written = {"version": VERSION, "states": states, "tests": [vars(one) for one in tests]}
        with replacing(path) as file:
            file.write(json.dumps(written).encode())
    return tests
