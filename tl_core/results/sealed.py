"""The sealed part of a test: kept out of every page until a person opens it, once, and never worked out anew.

What the open test examples showed may have led to choices: other models, other rates, corrected labels. The
sealed ones are asked one question, the main pair of one experiment at its largest train size, with its second
clause, and what they showed is written down with the date: in the ledger, and beside the dataset.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from tl_core.datasets.dataset import read_dataset
from tl_core.errors import NotFoundError, UserError
from tl_core.evaluation.verdicts import compare
from tl_core.evaluation.wording import conclude, spoken_names
from tl_core.results.comparison import (
    ExperimentResults,
    below_tfidf,
    beside_clause,
    primary_verdict,
    stack_seeds,
    validation_means,
    weighing_on,
)
from tl_core.schema import Arm, ExperimentConfig, SplitInfo, Unsealing, Verdict
from tl_core.splits.splitting import list_splits, read_split
from tl_core.store.files import replacing
from tl_core.store.identifiers import now
from tl_core.store.ledger import Ledger
from tl_core.store.workspace import Workspace
from tl_core.words import plural, quoted

FOLDER = "unsealed"
"""Of a dataset's folder: by split hash, what its sealed examples have shown, should the ledger be lost."""
_OF_THE_OPEN_TEST = ("below_tfidf",)
"""Flags that rest on the open test examples."""


@dataclass(frozen=True, kw_only=True)
class SealedTest:
    """What is known of the sealed test examples of an experiment's split.

    Attributes
    ----------
    unsealing
        What they showed; None while they are sealed.
    num_used
        Those that another split of the same data has used openly until now, or until they were opened.
    """

    experiment: ExperimentConfig
    unsealing: Unsealing | None
    num_used: int = 0

    @property
    def own(self) -> Unsealing | None:
        """The opening, if it was for this experiment."""
        is_own = self.unsealing and self.unsealing.experiment_id == self.experiment.experiment_id
        return self.unsealing if is_own else None

    @property
    def is_fresh(self) -> bool:
        """Whether nobody has seen how a model answers them."""
        return self.unsealing is None and not self.num_used

    @property
    def sentence(self) -> str:
        """All that there is to say of it, on one line."""
        num_sealed = self.experiment.split.sealed
        if self.own is not None:
            return f"{self.own.verdict.sentence} {opened_words(self.own)}"
        if self.unsealing is not None:
            return (
                f"The {num_sealed:,} sealed test examples were opened on {_day(self.unsealing.opened_at)} for"
                f" {quoted(self.unsealing.experiment_name)}. They are not used a second time."
            )
        if self.num_used:
            return f"{num_sealed:,} more test examples are sealed. {_used_words(self.num_used)}"
        return (
            f"{num_sealed:,} more test examples are sealed: nobody has seen how a model answers them. They"
            " can be opened once."
        )


def find_sealed(workspace: Workspace, experiment: ExperimentConfig) -> SealedTest | None:
    """Return what is known of an experiment's sealed test examples; None where there are none."""
    if not experiment.split.sealed:
        return None
    unsealing = _find_unsealing(workspace, experiment.split)
    num_used = unsealing.num_used if unsealing else _count_used(workspace, experiment.split)
    return SealedTest(experiment=experiment, unsealing=unsealing, num_used=num_used)


def is_sealed(workspace: Workspace, split: SplitInfo) -> bool:
    """Whether a split has sealed test examples that nobody has opened."""
    return bool(split.sealed) and _find_unsealing(workspace, split) is None


def _find_unsealing(workspace: Workspace, split: SplitInfo) -> Unsealing | None:
    ledger = Ledger(workspace.database)
    found = ledger.get_unsealing(split.hash)
    path = workspace.dataset_folder(split.dataset_fingerprint) / FOLDER / f"{split.hash}.json"
    if found is None and path.is_file():  # the database was lost since
        found = Unsealing.model_validate_json(path.read_bytes())
        ledger.add_unsealing(split.hash, found)
    return found


def _other_splits(workspace: Workspace, split: SplitInfo) -> Iterator[tuple[str, str]]:
    """Yield fingerprint and hash of the other splits of a dataset, and of all versions of it."""
    parents = {info.fingerprint: info.parent for info in workspace.database.list_datasets()}

    def root(fingerprint: str) -> str:
        while (parent := parents.get(fingerprint)) is not None:
            fingerprint = parent
        return fingerprint

    own = split.dataset_fingerprint
    for fingerprint in dict.fromkeys((own, *parents)):
        if root(fingerprint) == root(own):
            for split_hash in list_splits(workspace.dataset_folder(fingerprint)):
                if (fingerprint, split_hash) != (own, split.hash):
                    yield fingerprint, split_hash


def _count_used(workspace: Workspace, split: SplitInfo) -> int:
    """Count the sealed examples that a split on which something was scored has in the open."""
    ledger, used = Ledger(workspace.database), set[str]()
    for fingerprint, split_hash in _other_splits(workspace, split):
        if ledger.count_looks(split_hash).num_experiments:
            used |= _ids(workspace, fingerprint, split_hash, is_open=True)
    if not used:
        return 0
    return len(used & _ids(workspace, split.dataset_fingerprint, split.hash, is_open=False))


def _ids(workspace: Workspace, fingerprint: str, split_hash: str, *, is_open: bool) -> set[str]:
    """Return the ids of a split's examples that are open, or those that are sealed; none if it is gone."""
    folder = workspace.dataset_folder(fingerprint)
    try:
        dataset, split = read_dataset(folder), read_split(folder, split_hash)
    except NotFoundError:
        return set()
    sealed = set(dataset.take(split.sealed).example_ids()) if len(split.sealed) else set()
    return set(dataset.example_ids()) - sealed if is_open else sealed


def opened_words(unsealing: Unsealing) -> str:
    """Say when sealed test examples were opened, and what the open ones had been used for until then.

    >>> opened_words(unsealing)
    'Opened on 30 November 2026, after 2 experiments (9 models) had been scored on the open test examples.'
    """
    experiments = plural(unsealing.looks.num_experiments, "experiment")
    models = plural(unsealing.looks.num_models, "model")
    used = f" {_used_words(unsealing.num_used)}" if unsealing.num_used else ""
    return (
        f"Opened on {_day(unsealing.opened_at)}, after {experiments} ({models}) had been scored on the open"
        f" test examples.{used}"
    )


def _used_words(num_used: int) -> str:
    were = f"{num_used:,} of them was" if num_used == 1 else f"{num_used:,} of them were"
    return f"{were} used openly on another split of these data, so this is no fresh test."


def _day(iso: str) -> str:
    moment = datetime.fromisoformat(iso)
    return f"{moment.day} {moment:%B %Y}"


def why_closed(results: ExperimentResults) -> str:
    """Say why an experiment's sealed test cannot be opened yet; empty if it can."""
    if not results.is_done:
        return "Some runs are still to come."
    return "" if primary_verdict(results) else "The main pair has no result yet."


def unseal_test(workspace: Workspace, results: ExperimentResults) -> SealedTest:
    """Open the sealed test examples of a split for an experiment's main pair; write down what they show.

    Raises
    ------
    UserError
        If there are none, if they or those of another version of the dataset have been opened before, or if
        the experiment is not done.
    NotFoundError, DamageError
        If a run's answers to them are missing or damaged; then nothing is opened.
    """
    experiment, headline = results.experiment, primary_verdict(results)
    split, ledger = experiment.split, Ledger(workspace.database)
    if not split.sealed:
        raise UserError(
            "This experiment has no sealed test examples.",
            "Choose “Seal half of the test” with the split of the next one.",
        )
    if headline is None or why_closed(results):
        raise UserError(
            why_closed(results), "Wait until every run has ended, or cancel those that you do not need."
        )
    for _, split_hash in _other_splits(workspace, split):
        if (before := ledger.get_unsealing(split_hash)) is not None:
            raise UserError(
                f"Sealed examples of these data were opened on {_day(before.opened_at)} for"
                f" {quoted(before.experiment_name)}, with another split or version.",
                "See what they showed then, or collect new test examples.",
            )
    unsealing = Unsealing(
        experiment_id=experiment.experiment_id,
        experiment_name=experiment.name,
        opened_at=now(),
        looks=ledger.count_looks(split.hash),
        num_used=_count_used(workspace, split),
        verdict=_ask(results, headline),
    )
    ledger.add_unsealing(split.hash, unsealing)
    folder = workspace.dataset_folder(split.dataset_fingerprint) / FOLDER
    folder.mkdir(exist_ok=True)
    with replacing(folder / f"{split.hash}.json") as file:
        file.write(unsealing.model_dump_json().encode())
    return SealedTest(experiment=experiment, unsealing=unsealing, num_used=unsealing.num_used)


def _ask(results: ExperimentResults, headline: Verdict) -> Verdict:
    """Compare the headline's arms on the sealed examples, and the first with those without pretraining."""
    experiment, size, words = results.experiment, headline.train_size, spoken_names(results.titles)
    means = validation_means(results, size)
    plain = [arm for arm in means if not Arm.parse(arm).kind.is_pretrained and arm != headline.b]
    others = plain if Arm.parse(headline.a).kind.is_pretrained else []
    answers = {
        arm: stack_seeds(experiment, [run.on_sealed(experiment.split.sealed) for run in runs])
        for arm in (headline.a, headline.b, *others)
        if (runs := sorted(results.runs_of(arm, size), key=lambda run: run.config.seed))
    }
    found = {
        arm: compare(
            answers[headline.a],
            answers[arm],
            metric=headline.metric,
            margin=headline.margin,
            flags=[flag for flag in results.flags[arm, size] if flag.code not in _OF_THE_OPEN_TEST],
            arm_names=words,
        )
        for arm in others
    }
    verdict = compare(
        answers[headline.a],
        answers[headline.b],
        metric=headline.metric,
        margin=headline.margin,
        flags=[flag for flag in headline.flags if flag.code not in _OF_THE_OPEN_TEST],
        arm_names=words,
    )
    below = weighing_on(verdict, below_tfidf(results, list(found.values()), words))
    said = {
        "flags": (*verdict.flags, *below),
        "beside": beside_clause(headline, means, found.get, words),
        "seen": headline.seen,
        "is_primary": True,
    }
    return conclude(verdict.model_copy(update=said), words)
