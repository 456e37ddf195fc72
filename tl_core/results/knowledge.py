"""What the weights know: results over what was kept of them, and what training has changed in them."""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from tl_core.results.comparison import ExperimentResults, Key
from tl_core.results.pooled import (
    SCRATCH,
    TUNED,
    Pooled,
    live_cells,
    mean_rows,
    put_together,
    seed_rows,
)
from tl_core.results.runs import UNREADABLE
from tl_core.schema import Arm, ExperimentConfig, LayerChanges, RunRecord, State
from tl_core.store.rows import RunRow
from tl_core.store.run_folder import RunFolder

_ENDS = {SCRATCH.name: 0.0, TUNED.name: 1.0}
"""Shares of runs that were made before they were recorded."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Knowledge:
    """The knowledge ladder of one split under one set of rules.

    Attributes
    ----------
    tried
        All runs and their results, of however many experiments.
    arms
        The ladder of the base model.
    shares
        Share of the encoder's weights that was kept, 0 to 1, by the name of an arm that has finished.
    searched
        Names of the arms with a run whose learning rates were searched for.
    changes
        What training changed, one row per run and part: ``arm, seed, part, moved, similarity``; parts from
        the bottom.
    num_texts
        Texts that representations were compared on; 0 before a run has measured any.
    """

    pooled: Pooled
    arms: tuple[Arm, ...]
    shares: Mapping[str, float]
    searched: frozenset[str]
    changes: pd.DataFrame
    num_texts: int

    @property
    def keys(self) -> list[Key]:
        """The ladder's arms that have finished, from the one that keeps least."""
        size = self.pooled.largest
        found = [arm.name for arm in self.arms if (arm.name, size) in self.pooled.predictions]
        found = [name for name in found if name in self.shares]
        return [(name, size) for name in sorted(found, key=lambda name: self.shares[name])]

    def missing(self) -> tuple[tuple[Arm, int], ...]:
        """List the arms that nobody has run or queued at the largest train size."""
        there = live_cells(self.pooled.runs)
        wanted = ((arm, self.pooled.largest) for arm in self.arms)
        return tuple(cell for cell in wanted if cell not in there)

    def coming(self) -> tuple[RunRow, ...]:
        """List the ladder's runs that have not ended yet."""
        return tuple(run for run in self._own_runs() if not run.state.is_final)

    def lost(self) -> tuple[RunRow, ...]:
        """List the ladder's runs that failed or were cancelled."""
        return tuple(run for run in self._own_runs() if run.state in (State.FAILED, State.CANCELLED))

    def _own_runs(self) -> list[RunRow]:
        size = self.pooled.largest
        return [
            run for run in self.pooled.runs if run.config.arm in self.arms and run.config.train_size == size
        ]


def gather_knowledge(
    experiment: ExperimentConfig,
    arms: tuple[Arm, ...],
    results: Sequence[ExperimentResults],
    folder_of: Callable[[str], RunFolder],
) -> Knowledge:
    """Put together what experiments that are alike say about the ladder.

    Parameters
    ----------
    arms
        The ladder of the experiment's base model.
    results
        Those of the chosen experiment first.
    folder_of
        Finds the folder of a run.
    """
    pooled = put_together(experiment, results)
    records = [run.record for one in results for run in one.finished if run.config.arm in arms]
    own = [record for record in records if record.config.train_size == pooled.largest]
    read = [(record, read_changes(folder_of(record.config.run_id))) for record in own]
    shares = {}
    for record in own:
        name, share = record.config.arm.name, record.kept_share
        shares[name] = _ENDS.get(name) if share is None else share
    return Knowledge(
        pooled=pooled,
        arms=arms,
        shares={name: share for name, share in shares.items() if share is not None},
        searched=frozenset(record.config.arm.name for record in own if record.rate_search),
        changes=_change_rows(read),
        num_texts=max((changes.num_texts for _, changes in read if changes), default=0),
    )


def read_changes(folder: RunFolder) -> LayerChanges | None:
    """Read what a run measured; None for one of an earlier version or with a damaged file."""
    with contextlib.suppress(*UNREADABLE):
        return folder.read_layers()
    return None


def _change_rows(read: Sequence[tuple[RunRecord, LayerChanges | None]]) -> pd.DataFrame:
    rows = {
        (record.config.arm.name, record.config.seed, part.part): (part.moved, part.similarity)
        for record, changes in read
        for part in (changes.parts if changes else ())
    }
    columns = ["arm", "seed", "part", "moved", "similarity"]
    found = pd.DataFrame([(*key, *values) for key, values in rows.items()], columns=columns)
    return found.astype({"moved": float, "similarity": float})


def ablation_seeds(known: Knowledge) -> pd.DataFrame:
    """List the ladder's values by seed: the columns of `seed_rows`, and ``kept`` (share, 0 to 1)."""
    rows = seed_rows(known.pooled, known.keys)
    return rows.assign(kept=rows["arm"].map(known.shares).astype(float))


def ablation_means(known: Knowledge) -> pd.DataFrame:
    """List the ladder's means, from the arm that keeps least: the columns of `mean_rows`, and ``kept``."""
    rows = mean_rows(known.pooled, known.keys)
    return rows.assign(kept=rows["arm"].map(known.shares).astype(float))
