"""Asking models one after another while the page goes on."""

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from pages.ui.errors import FAULT
from tl_core.errors import RunError, TlError
from tl_core.jobs import predictions
from tl_core.results.answering import Answerer
from tl_core.settings import Settings

Text = tuple[str, ...]
"""One text, or the two of a pair."""


@dataclass(kw_only=True)
class Asked:
    """Texts on their way through the models, and what has come back.

    Attributes
    ----------
    run_ids
        The runs that are asked.
    arms
        Names of their models, in the same order.
    answers, errors
        What each model said, or why it said nothing, by arm name; another thread adds to them.
    ended
        Set once nothing more will come.
    is_dropped
        Set this where nobody waits for the answers any more: models that were not asked yet are left alone.
    """

    texts: tuple[Text, ...]
    run_ids: tuple[str, ...]
    arms: tuple[str, ...]
    answers: dict[str, predictions.Answer] = field(default_factory=dict)
    errors: dict[str, TlError] = field(default_factory=dict)
    ended: threading.Event = field(default_factory=threading.Event)
    is_dropped: bool = False


def ask_models(settings: Settings, texts: Sequence[Text], answerers: Sequence[Answerer]) -> Asked:
    """Ask every model in a thread, those without a network first: they need no time to load."""
    asked = Asked(
        texts=tuple(texts),
        run_ids=tuple(one.run.run_id for one in answerers),
        arms=tuple(one.arm.name for one in answerers),
    )
    in_turn = sorted(answerers, key=lambda one: one.arm.kind.is_neural)
    threading.Thread(target=_ask, args=[settings, asked, in_turn], daemon=True).start()
    return asked


def _ask(settings: Settings, asked: Asked, answerers: Sequence[Answerer]) -> None:
    """Ask model after model; one that fails keeps no other from answering."""
    questions = [text[0] if len(text) == 1 else (text[0], text[1]) for text in asked.texts]
    for one in answerers:
        if asked.is_dropped:
            break
        try:
            asked.answers[one.arm.name] = predictions.ask(settings, one.run.run_id, questions)
        except TlError as error:
            asked.errors[one.arm.name] = error
        except Exception:
            logging.getLogger(__name__).exception("asking %s failed", one.run.run_id)
            asked.errors[one.arm.name] = RunError(
                f"It could not be asked; {FAULT}.", "The server's log has the details."
            )
    asked.ended.set()
