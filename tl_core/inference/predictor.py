"""A finished run as a function from examples to probabilities."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import softmax

from tl_core.catalogue.inspecting import require_possible_configurations
from tl_core.errors import DivergedError, UserError
from tl_core.modality import content_of, networks_of
from tl_core.models.classical import load_classical
from tl_core.models.facts import loading, read_facts, text_source
from tl_core.outside import called, look_through
from tl_core.schema import Precision, TextSource
from tl_core.training.compute import Compute

Question = str | tuple[str, str]
"""What an example is: a text, or a pair of texts for a model that was trained on pairs."""
Probabilities = NDArray[np.float64]
Answers = Callable[[Sequence[Question]], Probabilities]
"""Gives examples their probabilities ``(num_examples, num_labels)``."""
MIB = 2**20
PLAIN = Compute(device=torch.device("cpu"), precision=Precision.FLOAT32, micro_batch_size=64)
"""As an exported folder answers: on the processor, in float32."""
Scored = Callable[[int], None]
"""Called with the number of examples of each batch that was scored; what it raises ends the work."""
Elsewhere = Callable[[], Compute | None]
"""Asked before each prediction for a device that is free and better; None if there is none now."""


def ignore(num_examples: int) -> None:
    """Go on."""


def nowhere() -> None:
    """Stay on the device that was chosen."""


class Predictor(Protocol):
    """What both kinds of saved classifier can do."""

    labels: tuple[str, ...]
    texts: TextSource
    memory_mib: float

    def predict(self, texts: Sequence[Question], scored: Scored = ignore) -> Probabilities:
        """Give probabilities ``(num_texts, num_labels)``; rows sum to 1.

        Raises
        ------
        UserError
            If a model of pairs is given single texts, or one of single texts pairs.
        """


class ClassicalPredictor:
    """A saved arm without a network."""

    def __init__(self, folder: Path, labels: tuple[str, ...], texts: TextSource) -> None:
        self.labels = labels
        self.texts = texts
        self.memory_mib = sum(path.stat().st_size for path in folder.iterdir()) / MIB
        self._classifier = load_classical(folder)

    def predict(self, texts: Sequence[Question], scored: Scored = ignore) -> Probabilities:
        """Give probabilities ``(num_texts, num_labels)``; the two texts of a pair are read as one."""
        check_form(texts, self.texts)
        whole = [text if isinstance(text, str) else "\n".join(text) for text in texts]
        probabilities: Probabilities = softmax(self._classifier.logits(whole).astype(np.float64), axis=1)
        scored(len(texts))
        return probabilities


def load_predictor(folder: Path, compute: Compute = PLAIN, elsewhere: Elsewhere = nowhere) -> Predictor:
    """Load a run's ``model/`` folder, or an exported copy of it.

    A network answers where ``elsewhere`` says, and with ``compute`` where that is nowhere or has too little
    memory.

    Raises
    ------
    NotFoundError
        If it is no such folder.
    OutsideError
        If it holds a link, a pipe or what else no model has.
    ModelError
        If its configuration describes no model.
    UserError
        If its modality is not known here.
    DamageError
        If a file of it is damaged; says which one, and of which run.
    """
    look_through(folder)
    facts = read_facts(folder)
    labels, texts = tuple(facts["labels"]), text_source(facts)
    predictor: Predictor
    with loading(folder):
        if facts["kind"] == "neural":
            require_possible_configurations(folder, called(folder))
            networks = networks_of(texts.modality)
            predictor = networks.predictor(folder, facts, texts, compute, elsewhere)
        else:
            predictor = ClassicalPredictor(folder, labels, texts)
        if not _answers(predictor, content_of(texts.modality).questions(texts)[:1]):
            raise ValueError(f"it gives no probability for each of the {len(labels)} labels")
    return predictor


def _answers(predictor: Predictor, questions: Sequence[Question]) -> bool:
    """Whether each label gets a probability."""
    try:
        found = predictor.predict(questions)
    except DivergedError:
        return False
    return found.shape == (len(questions), len(predictor.labels)) and bool(np.isfinite(found).all())


def check_form(texts: Sequence[Question], source: TextSource) -> None:
    """Refuse single texts for a model of pairs, and pairs for one of single texts. Raises UserError."""
    if all(isinstance(text, tuple) == source.is_pair for text in texts):
        return
    wanted, given = (
        ("pairs of texts", "single texts") if source.is_pair else ("single texts", "pairs of texts")
    )
    raise UserError(
        f"This model was trained on {wanted}, and got {given}.",
        f"Give it {wanted}, or choose another model.",
    )
