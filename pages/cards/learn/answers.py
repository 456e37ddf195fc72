"""The parts of *Learn*: four answers, what the results say about each, and why it works."""

import streamlit as st

from pages.ui.displays import draw_display, made
from pages.ui.formatting import literal
from pages.ui.frame import card, invite
from pages.ui.missing_runs import NOT_TRIED, draw_coming, draw_said, offer_missing
from tl_core.catalogue.locating import describe
from tl_core.displays import tried
from tl_core.results.pooled import Answer, Pooled, coming, missing
from tl_core.results.pooled_sentences import conclude, tell

TITLES = {
    Answer.SCRATCH: "Training a network from scratch for every task",
    Answer.ADAPTING: "Adapting a network that has learned from other texts",
    Answer.WIPING: "Wiping what a network knows, then training it",
    Answer.MORE_LABELS: "Just storing more labelled texts",
}
CAPTIONS = {
    Answer.SCRATCH: "From scratch",
    Answer.ADAPTING: "Fine-tuned",
    Answer.WIPING: "From scratch again, and Random frozen",
    Answer.MORE_LABELS: "From scratch with more and more train examples",
}
MEANINGS = {
    Answer.SCRATCH: "The network starts from random weights and learns from your labelled texts alone.",
    Answer.ADAPTING: "The network starts from pretrained weights, and all of it learns on from your texts.",
    Answer.WIPING: (
        "Wiping means drawing the weights anew. A wiped network that is then trained **is** the arm From "
        "scratch: same network, same vocabulary, nothing known; no other run is needed for it. What can "
        "be tried besides is a wiped network that stays as it is under a trained head (Random frozen), "
        "against the same with its knowledge (Frozen)."
    ),
    Answer.MORE_LABELS: (
        "More labels mean training from scratch on more of them. Train sets of growing size, each a part of "
        "the next, show what more labels bring, and whether they make up for starting without knowledge."
    ),
}
SOLUTION = (
    "It is the second: **taking a network that has learned from other texts and training it further on "
    "yours.** The other three go without what it has learned: from scratch never has it, wiping takes it "
    "away, and more labels try to make up for it."
)


def ask() -> Answer | None:
    """Let an answer be chosen; the URL and the session keep it. None before the first choice."""
    stated = st.query_params.get("answer")
    if "answer" not in st.session_state and stated in list(Answer):
        st.session_state["answer"] = Answer(stated)
    chosen = st.radio(
        "Four answers are often heard. Choose one and see what your own results say about it.",
        list(Answer),
        index=None,
        format_func=TITLES.__getitem__,
        captions=[CAPTIONS[answer] for answer in Answer],
        key="answer",  # the arrow keys keep their place: without a key each choice makes another widget
        persist_state="session",
    )
    if chosen is not None and stated != chosen.value:
        st.query_params["answer"] = chosen.value
    return chosen


def draw_pooled(answer: Answer, pooled: Pooled) -> None:
    """Draw what the results say about an answer, and offer the runs that are missing for it."""
    with card("Tried on your texts", TITLES[answer].lower()):
        st.markdown(MEANINGS[answer])
        left, right = st.columns([5, 6], gap="large")
        with left:
            draw_said(tell(answer, pooled))
            draw_coming(coming(answer, pooled))
            offer_missing(pooled.experiment, missing(answer, pooled), NOT_TRIED, key="try")
        with right:
            draw_display(made(tried.display, pooled, answer))


def draw_solution(pooled: Pooled) -> None:
    """Tell which answer it is, with what the results say for or against it."""
    with card("So what is it?"):
        st.markdown(SOLUTION)
        said = conclude(pooled)
        draw_said(said)
        if not said:
            st.caption("Fine-tuned and From scratch have not finished with a common seed yet.")


def draw_why(pooled: Pooled) -> None:
    """Explain why it works, with the weights that each arm starts from."""
    with card("Why it works", "what a network knows before it sees your first label"):
        left, right = st.columns([5, 6], gap="large")
        with left:
            for paragraph in why_words(pooled):
                st.markdown(paragraph)
        with right:
            draw_display(made(tried.display_weights, pooled))


def why_words(pooled: Pooled) -> list[str]:
    """Explain in markdown what the weights know, what all arms share, and what is not counted."""
    base = describe(pooled.experiment.base_model)
    seen = f" {literal(base.title)}: {literal(base.pretraining)}" if base.pretraining else ""
    read = (
        f" One fine-tuning here read {pooled.tokens_read:,} tokens of your texts."
        if pooled.tokens_read
        else ""
    )
    return [
        "**What the weights know.** Reading much text has set them so that texts of like meaning give like "
        f"numbers. Your labels then only have to teach where the classes part.{seen}",
        "**What all models share.** Architecture, vocabulary, split, batches and budget. From scratch reads "
        "with the pretrained vocabulary too: it lacks the weights and nothing else.",
        f"**What is not counted.** Pretraining was paid for once, by others; no time here holds it.{read}",
    ]


def invite_to_try() -> None:
    """Lead to a first comparison where there is none."""
    invite(
        "This page tells it with your own results, and there are none yet. A sample is done in minutes.",
        "Try a sample",
        "home",
    )
