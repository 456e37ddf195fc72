"""The sealed part of a test: kept out of every page until a person opens it, once, and never worked out anew.

What the open test examples showed may have led to choices: other models, other rates, corrected labels. The
sealed ones are asked one question, the main pair of one experiment at its largest train size, and what they
showed is written down with the date.
"""

from datetime import datetime

from tl_core.errors import UserError
from tl_core.evaluation.verdicts import compare
from tl_core.evaluation.wording import spoken_names
from tl_core.results.comparison import ExperimentResults, stack_seeds
from tl_core.schema import ExperimentConfig, SplitInfo, Unsealing, Verdict
from tl_core.store.identifiers import now
from tl_core.store.ledger import Ledger
from tl_core.store.workspace import Workspace
from tl_core.words import plural, quoted

_OF_THE_OPEN_TEST = ("below_tfidf",)
"""Flags that rest on the open test examples."""


def find_unsealing(workspace: Workspace, split: SplitInfo) -> Unsealing | None:
    """Return what the sealed test examples of a split showed; None while they are sealed, or without any."""
    return Ledger(workspace.database).get_unsealing(split.hash) if split.sealed else None


def is_sealed(workspace: Workspace, split: SplitInfo) -> bool:
    """Whether a split has sealed test examples that nobody has opened."""
    return bool(split.sealed) and Ledger(workspace.database).get_unsealing(split.hash) is None


def opened_words(unsealing: Unsealing) -> str:
    """Say when sealed test examples were opened, and what the open ones had been used for until then.

    >>> opened_words(unsealing)
    'Opened on 30 November 2026, after 2 experiments (9 models) had been scored on the open test examples.'
    """
    experiments = plural(unsealing.looks.num_experiments, "experiment")
    models = plural(unsealing.looks.num_models, "model")
    return (
        f"Opened on {_day(unsealing.opened_at)}, after {experiments} ({models}) had been scored on the open"
        " test examples."
    )


def sealed_words(experiment: ExperimentConfig, unsealing: Unsealing | None) -> str:
    """Say what of a sealed test an experiment shows, in a sentence or two; empty where nothing was sealed."""
    num_sealed = experiment.split.sealed
    if not num_sealed:
        return ""
    if unsealing is None:
        return (
            f"{num_sealed:,} more test examples are sealed: nobody has seen how a model answers them. They"
            " can be opened once."
        )
    if unsealing.experiment_id == experiment.experiment_id:
        return f"{unsealing.verdict.sentence} {opened_words(unsealing)}"
    return (
        f"The {num_sealed:,} sealed test examples were opened on {_day(unsealing.opened_at)} for"
        f" {quoted(unsealing.experiment_name)}. They are not used a second time."
    )


def _day(iso: str) -> str:
    moment = datetime.fromisoformat(iso)
    return f"{moment.day} {moment:%B %Y}"


def why_closed(results: ExperimentResults) -> str:
    """Say why an experiment's sealed test cannot be opened yet; empty if it can."""
    headline = results.headline
    if not results.is_done:
        return "Some runs are still to come."
    if headline is None or headline.train_size != max(results.experiment.train_sizes):
        return "The main pair has no result yet."
    return ""


def unseal_test(workspace: Workspace, results: ExperimentResults) -> Unsealing:
    """Open the sealed test examples of a split for an experiment's main pair; write down what they show.

    Raises
    ------
    UserError
        If there are none, if they have been opened before, or if the experiment is not done.
    NotFoundError, DamageError
        If a run's answers to them are missing or damaged; then nothing is opened.
    """
    experiment, headline = results.experiment, results.headline
    if not experiment.split.sealed:
        raise UserError(
            "This experiment has no sealed test examples.",
            "Choose “Seal half of the test” with the split of the next one.",
        )
    if headline is None or (reason := why_closed(results)):
        raise UserError(
            reason if headline else "The main pair has no result yet.",
            "Wait until every run has ended, or cancel those that you do not need.",
        )
    ledger = Ledger(workspace.database)
    unsealing = Unsealing(
        experiment_id=experiment.experiment_id,
        experiment_name=experiment.name,
        opened_at=now(),
        looks=ledger.count_looks(experiment.split.hash),
        verdict=_ask(results, headline),
    )
    ledger.add_unsealing(experiment.split.hash, unsealing)
    return unsealing


def _ask(results: ExperimentResults, headline: Verdict) -> Verdict:
    """Compare the arms of the headline on the sealed examples."""
    experiment = results.experiment
    on_sealed = [
        stack_seeds(
            experiment,
            [
                run.on_sealed(experiment.split.sealed)
                for run in sorted(results.runs_of(arm, headline.train_size), key=lambda run: run.config.seed)
            ],
        )
        for arm in (headline.a, headline.b)
    ]
    return compare(
        *on_sealed,
        metric=headline.metric,
        margin=headline.margin,
        flags=[flag for flag in headline.flags if flag.code not in _OF_THE_OPEN_TEST],
        arm_names=spoken_names(results.titles),
    )
