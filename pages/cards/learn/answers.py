"""The parts of *Learn*: four answers, what the results say about each, and why it works."""

import streamlit as st

from pages.ui.displays import draw_display, made
from pages.ui.formatting import literal
from pages.ui.frame import card, invite
from pages.ui.missing_runs import NOT_TRIED, draw_coming, draw_said, offer_missing
from tl_core.catalogue.locating import describe
from tl_core.displays import tried
from tl_core.modality import content_of
from tl_core.results.pooled import Answer, Pooled, coming, missing
from tl_core.results.pooled_sentences import conclude, tell

TITLES = {
    Answer.SCRATCH: "Train a network from scratch for every task",
    Answer.ADAPTING: "Adapt a network that has learned from other data",
    Answer.WIPING: "Wipe what a network knows, then train it",
    Answer.MORE_LABELS: "Collect more labelled examples",
}
CAPTIONS = {
    Answer.SCRATCH: "From scratch: random weights, trained on your data only",
    Answer.ADAPTING: "Fine-tuned: pretrained weights, trained further on your data",
    Answer.WIPING: "From scratch, and Random frozen: random weights with only a classifier trained on top",
    Answer.MORE_LABELS: "From scratch, with more and more training examples",
}
MEANINGS = {
    Answer.SCRATCH: "The network starts from random weights and learns only from your labelled examples.",
    Answer.ADAPTING: "The network starts from pretrained weights and is trained further on your data.",
    Answer.WIPING: (
        "Wiping a network means giving it random weights. Trained after that, it **is** From scratch: the "
        "same network, with no knowledge. To see what the knowledge is worth without training "
        "the network, compare Frozen (pretrained) with Random frozen (wiped)."
    ),
    Answer.MORE_LABELS: (
        "Training from scratch on larger and larger sets shows what more labels bring, and whether they make "
        "up for starting without knowledge. Each set contains the smaller ones."
    ),
}
SOLUTION = (
    "It is the second answer: **take a network that has learned from other data and train it further on "
    "yours.** The others do without that knowledge. From scratch never has it, wiping removes it, and more "
    "labels try to make up for it."
)


def ask() -> Answer | None:
    """Let an answer be chosen; the URL and the session keep it. None before the first choice."""
    stated = st.query_params.get("answer")
    if "answer" not in st.session_state and stated in list(Answer):
        st.session_state["answer"] = Answer(stated)
    chosen = st.radio(
        "Pick the answer that sounds right. Your own results then say whether it is.",
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
    with card("Tried on your data"):
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
            st.markdown("Your own result follows once Fine-tuned and From scratch have finished a seed.")


def draw_why(pooled: Pooled) -> None:
    """Explain why it works, with the weights that each arm starts from."""
    with card("Why it works", explains="What a network knows before it sees your first label."):
        left, right = st.columns([5, 6], gap="large")
        with left:
            for paragraph in why_words(pooled):
                st.markdown(paragraph)
        with right:
            draw_display(made(tried.display_weights, pooled))


def why_words(pooled: Pooled) -> list[str]:
    """Explain in markdown what the weights know, what all models share, and what is not counted."""
    base = describe(pooled.experiment.base_model)
    seen = f" {literal(base.title)}: {literal(base.pretraining)}" if base.pretraining else ""
    tokens = pooled.tokens_read
    content = content_of(base.modality)
    noun = content.noun
    read = f" One fine-tuning read {tokens:,} {noun.unit} of your {noun.many}." if tokens else ""
    same, shared = (
        (
            "Architecture, vocabulary",
            "From scratch uses the pretrained vocabulary too; only the weights differ.",
        )
        if base.modality is None
        else ("Architecture, how inputs are prepared", "Only the weights differ.")
    )
    return [
        f"**What the model knows.** {content.knowledge} Your labels only have to draw the line between "
        f"classes.{seen}",
        f"**What is the same for all.** {same}, split, batches and budget. {shared}",
        f"**What is not counted.** Pretraining cost is not included.{read}",
    ]


def invite_to_try() -> None:
    """Lead to a first experiment where there is none."""
    invite(
        "This page explains transfer learning with your own results. Start with a sample: it takes minutes.",
        "Try a sample",
        "home",
    )
