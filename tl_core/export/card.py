"""A finished run's model card in the Hub's format, the README of a model folder. Without torch."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.compute as pc

from tl_core.catalogue.locating import describe
from tl_core.charts.text import one_line, percent
from tl_core.evaluation.calibration import wilson
from tl_core.evaluation.metrics import Evaluation, evaluate
from tl_core.evaluation.predictions import ArmPredictions
from tl_core.evaluation.verdicts import summarise
from tl_core.evaluation.wording import METRIC_WORDS, spoken_name
from tl_core.export.card_confidence import confidence_words
from tl_core.export.card_metadata import card_metadata
from tl_core.modality import content_of
from tl_core.models.facts import FACTS_FILE, read_facts, text_source
from tl_core.results.answering import Answerer, choose_answerers
from tl_core.results.fairness import BUDGET_WORDS
from tl_core.results.inventory import loading_lines, record_facts
from tl_core.results.runs import FinishedRun, read_finished_run, value_of
from tl_core.schema import (
    BudgetRule,
    ExperimentConfig,
    Metric,
    OtherMetric,
    RunConfig,
    SplitName,
    shown_metrics,
)
from tl_core.store.run_folder import RunFolder
from tl_core.store.workspace import Workspace
from tl_core.words import capitalised

README = "README.md"
_LIMITS = (
    "It was measured on one dataset. It may be wrong more often on {other_kinds}, "
    "or as such {many} change over time.",
    "It always answers with one of the labels, even where none fits. The probabilities are as trained; the "
    "temperature above is not part of the model.",
    "How it treats groups of people was not measured. Don't let it decide about a person without a check.",
    "Picking the best of several runs by their test results gives a number that is too good.",
)


@dataclass(frozen=True, kw_only=True, eq=False)
class CardFacts:
    """What a card tells.

    Attributes
    ----------
    validation
        The run's metrics on validation.
    best
        The run of its arm and train size that is best on validation.
    usage
        Markdown that says how the model is loaded in its folder.
    """

    run: FinishedRun
    experiment: ExperimentConfig
    validation: Evaluation
    best: Answerer
    usage: str

    @property
    def config(self) -> RunConfig:
        """The run's frozen configuration."""
        return self.run.config

    @property
    def evaluations(self) -> Mapping[SplitName, Evaluation]:
        """The metrics by split."""
        return {SplitName.VALIDATION: self.validation, SplitName.TEST: self.run.test}


def card_of(workspace: Workspace, run_id: str, model: Path | None = None) -> str:
    """Write the card of a finished run.

    Parameters
    ----------
    model
        The folder that the card is for, whose README says how to load it; the run's own if not given.

    Raises
    ------
    TlError, OSError, pydantic.ValidationError or pyarrow.ArrowException
        If the run's folder is incomplete or damaged (``results.runs.UNREADABLE``).
    """
    folder = workspace.run_folder(run_id)
    run = read_finished_run(folder)
    config = run.config
    rows = [row for row in workspace.database.list_runs(config.experiment_id) if row.config.arm == config.arm]
    (best,) = choose_answerers(workspace, rows, config.train_size, config.headline_metric)
    experiment = workspace.database.get_experiment(config.experiment_id)
    table = folder.read_predictions()
    part = table.filter(pc.equal(table.column("split"), SplitName.VALIDATION.value))
    logits = np.array(part.column("logits").to_pylist(), dtype=np.float32)
    return model_card(
        CardFacts(
            run=run,
            experiment=experiment,
            validation=evaluate(part.column("target").to_numpy(), logits),
            best=best,
            usage=_usage(model, folder),
        )
    )


def model_card(facts: CardFacts) -> str:
    """Write a card: metadata for the Hub, then the words for people.

    The person's own texts stand in code spans, in which nothing is interpreted; paths do not occur.
    """
    config, experiment = facts.config, facts.experiment
    content = content_of(facts.best.texts.modality)
    noun = content.noun
    read = f"a pair of {noun.many}" if facts.best.texts.is_pair else f"a {noun.one}"
    labels = ", ".join(_code(label) for label in config.labels)
    made = spoken_name(config.arm.model_copy(update={"base_model": None}), "")
    if config.base_model:
        made += f", base model {_code(describe(config.base_model).title)}"
    summary = (
        f"Sorts {read} into one of {len(config.labels)} classes: {labels}. "
        f"{made}. {config.arm.kind.spec.in_card}"
    )
    sections = {
        "What it is for": (
            f"{noun.many.capitalize()} like those of the dataset {_code(experiment.dataset_name)}, on which "
            "it was trained, and comparisons with other models. Check a sample of "
            "the answers before anything depends on them."
        ),
        "How to load it": facts.usage,
        "Results": _results(facts),
        "How it was chosen": _choice(facts),
        **_training(facts),
        "Limits": _bullets([one.format(many=noun.many, other_kinds=content.other_kinds) for one in _LIMITS]),
    }
    metadata = card_metadata(
        facts.run.record, experiment.dataset_name, facts.evaluations, content.hub_task
    ).to_yaml()
    body = "\n\n".join(f"## {name}\n\n{words}" for name, words in sections.items())
    return f"---\n{metadata}\n---\n\n# {capitalised(noun.one)} classifier\n\n{summary}\n\n{body}\n"


def _usage(exported: Path | None, folder: RunFolder) -> str:
    """Say how an exported folder is loaded, in the words of its README, or how one will be."""
    if exported is not None and (exported / README).exists():
        _title, _, words = (exported / README).read_text(encoding="utf-8").partition("\n")
        return words.strip("\n").replace("\n## ", "\n### ")
    if not folder.model_dir.is_dir():
        return "The weights were not kept, so there is nothing to load. This card says what was measured."
    facts = read_facts(folder.model_dir) if (folder.model_dir / FACTS_FILE).exists() else {}
    words = (
        content_of(text_source(facts).modality).how_to_load(facts) if facts.get("kind") == "neural" else ""
    )
    if words:
        return words.strip("\n").replace("\n## ", "\n### ")
    lines = loading_lines(folder, folder.path.name)
    return f"Load it with the package that made it:\n\n```python\n{lines.strip()}\n```"


def _results(facts: CardFacts) -> str:
    """Say how good it is on each split and in each class, and how far the test value would move with others.

    Of the model's own confidence it says how far that can be trusted.
    """
    run, config, metric = facts.run, facts.config, facts.config.headline_metric
    metrics = shown_metrics(config.labels)
    by_split = [
        (split.value, f"{one.num_examples:,}", *(_written(one, metric) for metric in metrics))
        for split, one in facts.evaluations.items()
    ]

    alone = ArmPredictions.of(
        arm=config.arm.name,
        train_size=config.train_size,
        seeds=(config.seed,),
        example_ids=run.example_ids,
        targets=run.targets,
        logits=run.logits[None],
        split_hash=config.split_hash,
    )
    low, high = summarise(alone, metric).ci95
    certainty = (
        f"95% interval of the test {METRIC_WORDS[metric]}: {percent(low)} to {percent(high)}, for "
        f"{run.test.num_examples:,} examples and this one training (seed {config.seed}). Always answering "
        f"the largest class scores {percent(run.floor)}."
    )

    per_class = run.test.per_class
    lows, highs = wilson(per_class.recall, np.maximum(per_class.support, 1).astype(np.float64))
    by_class = [
        (_code(label), f"{support:,}", percent(precision), _share(recall, low, high, support), percent(f1))
        for label, support, precision, recall, low, high, f1 in zip(
            config.labels,
            per_class.support,
            per_class.precision,
            per_class.recall,
            lows,
            highs,
            per_class.f1,
            strict=True,
        )
    ]
    return "\n\n".join(
        (
            _table(
                ("Split", "Examples", *(capitalised(METRIC_WORDS[metric]) for metric in metrics)), by_split
            ),
            certainty,
            confidence_words(run),
            "By class, on test, recall with Wilson's 95% interval:",
            _table(("Class", "Examples", "Precision", "Recall", "F1"), by_class),
        )
    )


def _written(evaluation: Evaluation, metric: Metric | OtherMetric) -> str:
    """Write a metric: the mean absolute error in classes, any other in percent."""
    value = float(getattr(evaluation, metric.value))
    return f"{value:.3f} classes" if metric is OtherMetric.MEAN_ABSOLUTE_ERROR else percent(value)


def _share(share: float, low: float, high: float, support: int) -> str:
    """Write a share of some examples with its interval; a class without an example has none."""
    return f"{percent(share)} ({percent(low)} to {percent(high)})" if support else "–"


def _choice(facts: CardFacts) -> str:
    """Say on which split the run was chosen among those of its arm, if it was."""
    config, best, metric = facts.config, facts.best, facts.config.headline_metric
    asked = f"validation {METRIC_WORDS[metric]}"
    runs = f"{best.num_candidates} finished runs of this kind with {config.train_size:,} training examples"
    if best.num_candidates == 1:
        words = f"It is the only finished run of this kind with {config.train_size:,} training examples."
    elif best.run.run_id == config.run_id:
        words = f"Chosen on validation: of {runs} it has the best {asked}, {percent(best.value)}."
    else:
        words = (
            f"It is one of {runs}, but not the best on validation. That is seed {best.run.seed} with a "
            f"{asked} of {percent(best.value)}; this one has {percent(value_of(facts.validation, metric))}."
        )
    kept = ""
    if config.arm.kind.is_whole and config.training.budget is BudgetRule.PLATEAU:
        kept = "The weights are the running average that did best on validation. "
    elif config.arm.kind.is_whole:
        kept = "The weights are from the last step. "
    return (
        f"{words} {kept}The run answered the test once, after training. Neither weights nor learning rates "
        "were chosen on it."
    )


def _training(facts: CardFacts) -> dict[str, str]:
    """Say what it was trained on, and how."""
    config, record, split = facts.config, facts.run.record, facts.experiment.split
    counts = zip(config.labels, record.train_class_counts, strict=True)
    many = content_of(facts.best.texts.modality).noun.many
    data = "\n\n".join(
        (
            f"{config.train_size:,} of the {split.train:,} training examples of the dataset "
            f"{_code(facts.experiment.dataset_name)}. {split.validation:,} more are for validation and "
            f"{split.test:,} for the test. The {many} are not in this folder.",
            _table(("Class", "Training examples"), [(_code(label), f"{count:,}") for label, count in counts]),
            _bullets(
                (
                    f"Dataset (SHA-256): `{config.dataset_fingerprint}`",
                    f"Split (SHA-256): `{config.split_hash}`",
                )
            ),
        )
    )

    training = {"Run": config.run_id, "Experiment": config.experiment_id}
    if config.arm.kind.is_whole:
        last = facts.run.events[-1]
        epochs = last.examples_seen / sum(record.train_class_counts)
        rule = BUDGET_WORDS[config.training.budget]
        training["Budget"] = f"{rule}: {last.step:,} steps, {epochs:.1f} epochs"
    training |= record_facts(record)
    return {
        "Training data": data,
        "Training": _bullets(f"{name}: {_code(value)}" for name, value in training.items()),
    }


def _bullets(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Write a table in GitHub's markdown; all columns but the first are numbers."""
    rule = ["---", *["---:"] * (len(head) - 1)]
    cells = [[cell.replace("|", "\\|") for cell in row] for row in (head, rule, *rows)]
    return "\n".join(f"| {' | '.join(row)} |" for row in cells)


def _code(text: str) -> str:
    r"""Show a text literally: a fence of more backticks than it holds (CommonMark 0.31, section 6.1).

    >>> _code("<b>")
    '`<b>`'
    """
    shown = one_line(text, len(text)) or " "
    fence = "`" * (1 + max(map(len, re.findall("`+", shown)), default=0))
    room = " " if "`" in shown else ""
    return f"{fence}{room}{shown}{room}{fence}"
