"""The predictions of one arm on one test split, and what makes those of two arms a pair."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from tl_core.errors import ComparisonError
from tl_core.evaluation.ranking import log_odds
from tl_core.words import plural


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """What two networks must share beside the split, lest a gap between them be one between these.

    Attributes
    ----------
    base_model
        Its id. Two base models may read with their own tokenizers: that is part of what is compared then.
    max_length
        Tokens kept of a text.
    tokenizer
        Hash of the tokenizer; empty if unknown.
    precision
        Number format of the matrix products; empty if unknown.
    """

    base_model: str
    max_length: int
    tokenizer: str = ""
    precision: str = ""

    def differences(self, other: "Conditions") -> list[tuple[str, str, str]]:
        """List what differs: its name, and the value here and there."""
        values = [("text limit", f"{self.max_length} tokens", f"{other.max_length} tokens")]
        if self.base_model == other.base_model:
            values.append(("tokenizer", self.tokenizer[:12], other.tokenizer[:12]))
        values.append(("precision", self.precision, other.precision))
        return [(name, a, b) for name, a, b in values if a and b and a != b]


@dataclass(frozen=True, kw_only=True, eq=False)
class ArmPredictions:
    """What the runs of one arm at one train size answered on the test split.

    Attributes
    ----------
    arm
        Name of the arm (``Arm.name``).
    train_size
        Training examples of every run.
    seeds
        Indices of the S seeds, in the order of the first axis of ``predicted``.
    example_ids
        Content hashes of the test examples, (n,) str, all different.
    targets
        Class ids, (n,) int in [0, K).
    predicted
        The highest-scoring class, (S, n); the lower class id wins a tie.
    num_labels
        K, the number of classes.
    log_odds
        Scores of the second of two classes before the softmax less those of the first, (S, n); None of more.
    read_logits
        Reads the scores before the softmax, (S, n, K) float32: hundreds of runs do not fit the memory.
    split_hash
        Identity of the split that the examples belong to.
    groups
        Number of the group that each test example belongs to, (n,); None where each stands alone. Those of a
        group may be alike: rows of one customer, near duplicates.
    has_one_train_set
        Whether every seed learned from the same train examples, so that no interval covers their choice.
    is_deterministic
        Whether no seed changes the arm, so that one run stands for all of them.
    conditions
        Of the run of each seed; empty for an arm without a network, or if they are unknown.
    epochs
        Passes over the training examples behind the weights that each seed's network kept; empty without a
        network, or if they are unknown.

    Raises
    ------
    ComparisonError
        If the arrays do not fit together.
    """

    arm: str
    train_size: int
    seeds: tuple[int, ...]
    example_ids: npt.NDArray[np.str_]
    targets: npt.NDArray[np.integer[Any]]
    predicted: npt.NDArray[np.int32]
    num_labels: int
    read_logits: Callable[[], npt.NDArray[np.float32]]
    split_hash: str
    log_odds: npt.NDArray[np.float32] | None = None
    groups: npt.NDArray[np.int64] | None = None
    has_one_train_set: bool = False
    is_deterministic: bool = False
    conditions: tuple[Conditions, ...] = ()
    epochs: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        self._check_shapes()
        self._check_values()

    @classmethod
    def of(cls, logits: npt.NDArray[np.float32], **fields: Any) -> Self:
        """Make an arm of its logits, (S, n, K), and the other fields. Raises if a score is not finite too."""
        if logits.ndim != 3 or 0 in logits.shape:
            raise _unusable(fields["arm"], "logits of seeds by examples by labels", f"{logits.shape}")
        if not np.isfinite(logits).all():
            raise _unusable(fields["arm"], "finite scores", "scores that are not numbers")
        return cls(
            predicted=logits.argmax(axis=2).astype(np.int32),
            num_labels=logits.shape[2],
            log_odds=log_odds(logits) if logits.shape[2] == 2 else None,
            read_logits=lambda: logits,
            **fields,
        )

    def _check_shapes(self) -> None:
        expected = (len(self.seeds), len(self.example_ids))
        if self.predicted.shape != expected:
            raise self._error(f"answers of shape {expected}", f"{self.predicted.shape}")
        if self.log_odds is not None and self.log_odds.shape != expected:
            raise self._error(f"log-odds of shape {expected}", f"{self.log_odds.shape}")
        if self.targets.shape != expected[1:] or self.example_ids.shape != expected[1:]:
            raise self._error(f"{expected[1]} targets in one row", f"shape {self.targets.shape}")
        if self.groups is not None and self.groups.shape != expected[1:]:
            raise self._error(f"{expected[1]} groups in one row", f"shape {self.groups.shape}")
        if self.epochs and len(self.epochs) != len(self.seeds):
            raise self._error(f"epochs of {len(self.seeds)} seeds or of none", f"{len(self.epochs)}")
        if 0 in expected:
            raise self._error("at least one seed and example", f"shape {expected}")

    def _check_values(self) -> None:
        if len(set(self.seeds)) != len(self.seeds):
            raise self._error("every seed once", f"{self.seeds}")
        if self.targets.min() < 0 or self.targets.max() >= self.num_labels:
            raise self._error(f"targets from 0 to {self.num_labels - 1}", f"{self.targets.max()}")

    def _error(self, expected: str, got: str) -> ComparisonError:
        return _unusable(self.arm, expected, got)

    @property
    def num_seeds(self) -> int:
        """S, the number of seeds."""
        return len(self.seeds)

    @property
    def num_examples(self) -> int:
        """n, the number of test examples."""
        return len(self.example_ids)

    @property
    def num_groups(self) -> int | None:
        """Groups that the test examples form; None where each stands alone."""
        return None if self.groups is None else len(np.unique(self.groups))

    @property
    def epochs_range(self) -> tuple[float, float] | None:
        """The fewest and the most `epochs` of a seed; None if they are unknown."""
        return (min(self.epochs), max(self.epochs)) if self.epochs else None

    @property
    def logits(self) -> npt.NDArray[np.float32]:
        """Read the scores before the softmax, (S, n, K) float32. Raises as ``read_logits`` does."""
        return self.read_logits()

    @property
    def correct(self) -> npt.NDArray[np.bool_]:
        """Whether the prediction is the target, (S, n)."""
        return np.asarray(self.predicted == self.targets, dtype=np.bool_)

    def for_seeds(self, seeds: Sequence[int]) -> Self:
        """Keep these seeds, in this order. Raises ValueError for a seed the arm lacks."""
        if tuple(seeds) == self.seeds:
            return self
        rows = [self.seeds.index(seed) for seed in seeds]
        conditions = tuple(self.conditions[row] for row in rows) if self.conditions else ()
        epochs = tuple(self.epochs[row] for row in rows) if self.epochs else ()
        return replace(
            self,
            seeds=tuple(seeds),
            predicted=self.predicted[rows],
            log_odds=None if self.log_odds is None else self.log_odds[rows],
            read_logits=lambda: self.logits[rows],
            conditions=conditions,
            epochs=epochs,
        )

    def repeated_for(self, seeds: Sequence[int]) -> Self:
        """Let the single run of a deterministic arm count for each of these seeds.

        Raises
        ------
        ComparisonError
            If there are several runs.
        """
        if self.num_seeds != 1:
            raise self._error("a single run to repeat", f"{self.num_seeds}")
        shape = (len(seeds), self.num_examples)
        return replace(
            self,
            seeds=tuple(seeds),
            predicted=np.broadcast_to(self.predicted, shape),
            log_odds=None if self.log_odds is None else np.broadcast_to(self.log_odds, shape),
            read_logits=lambda: np.broadcast_to(self.logits, (*shape, self.num_labels)),
            is_deterministic=True,
            epochs=self.epochs * len(seeds),
        )

    def in_canonical_order(self) -> Self:
        """Sort the examples by id, then target.

        Examples alike in both carry the same text, hence the same scores: their order does not matter.
        """
        if (self.example_ids[1:] > self.example_ids[:-1]).all():
            return self  # once sorted, an arm is compared with many
        order = np.lexsort((self.targets, self.example_ids))
        return replace(
            self,
            example_ids=self.example_ids[order],
            targets=self.targets[order],
            predicted=self.predicted[:, order],
            log_odds=None if self.log_odds is None else self.log_odds[:, order],
            read_logits=lambda: self.logits[:, order],
            groups=None if self.groups is None else self.groups[order],
        )


def _unusable(arm: str, expected: str, got: str) -> ComparisonError:
    return ComparisonError(
        f"The predictions of {arm} cannot be used: {got} instead of {expected}.", "Train this model again."
    )


def pair(
    a: ArmPredictions, b: ArmPredictions, arm_names: Mapping[str, str] | None = None
) -> tuple[ArmPredictions, ArmPredictions]:
    """Bring two arms to the same seeds and the same order of examples.

    Parameters
    ----------
    arm_names
        Words for the arms by name, for the message of an error.

    Raises
    ------
    ComparisonError
        If the arms differ in split, train size, number of labels, examples or targets, share no seed, or if
        their networks differ in text limit, tokenizer or precision in a seed that both have.
    """
    remedy = "Train both models in one experiment."
    both = " and ".join((arm_names or {}).get(one.arm, one.arm) for one in (a, b))
    if a.split_hash != b.split_hash:
        raise _different(both, "split", a.split_hash[:12], b.split_hash[:12], remedy)
    if a.train_size != b.train_size:
        raise _different(
            both, "the number of training examples", str(a.train_size), str(b.train_size), remedy
        )
    if a.num_labels != b.num_labels:
        raise _different(both, "the number of labels", str(a.num_labels), str(b.num_labels), remedy)
    a, b = a.in_canonical_order(), b.in_canonical_order()
    if not np.array_equal(a.example_ids, b.example_ids):
        got_a, got_b = _own_examples(a, b), _own_examples(b, a)
        raise _different(both, "test examples", got_a, got_b, "Train both models on one split.")
    num_different = int((a.targets != b.targets).sum())
    if num_different:
        raise ComparisonError(
            f"{both} have different labels for {plural(num_different, 'test example')}.",
            "Train both models on the same version of the dataset.",
        )
    if (a.groups is None) != (b.groups is None):  # a run of an earlier version does not know them
        groups = b.groups if a.groups is None else a.groups
        a, b = replace(a, groups=groups), replace(b, groups=groups)
    shared = [seed for seed in a.seeds if seed in b.seeds]
    if not shared:
        raise _different(both, "every seed", f"{a.seeds}", f"{b.seeds}", "Train both with one seed.")
    a, b = a.for_seeds(shared), b.for_seeds(shared)
    for seed, of_a, of_b in zip(a.seeds, a.conditions, b.conditions, strict=False):
        for name, got_a, got_b in of_a.differences(of_b):
            what = f"{name} in seed {seed}"
            raise _different(both, what, got_a, got_b, "Train both with one setting on one device.")
    return a, b


def _own_examples(own: ArmPredictions, other: ArmPredictions) -> str:
    num_own = len(np.setdiff1d(own.example_ids, other.example_ids))
    return f"{own.num_examples:,} ({num_own:,} of them in no other)"


def _different(both: str, what: str, got_a: str, got_b: str, remedy: str) -> ComparisonError:
    return ComparisonError(f"{both} differ in {what}: {got_a} against {got_b}.", remedy)
