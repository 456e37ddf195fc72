"""Where do they disagree? How often both models are right, only one, or neither."""

import pandas as pd

from tl_core.charts import who_is_right
from tl_core.displays.display import Display, Subject
from tl_core.displays.words import as_percent, percent
from tl_core.evaluation.wording import spoken_names
from tl_core.results.agreement import Agreement, Cell, find_agreement


def display(subject: Subject) -> Display:
    """Show who of the pair is right, counted over all answers."""
    agreement = agreement_of(subject)
    num_answers, num_seeds = agreement.num_answers, agreement.a.num_seeds
    over = f" with {num_seeds} seeds" if num_seeds > 1 else ""
    return Display(
        key="agreement",
        frame=_frame(agreement, subject.names),
        draw=lambda theme: who_is_right(
            agreement.counts, *(subject.styles(theme)[arm] for arm in subject.pair), theme=theme
        ),
        sentence=_sentence(agreement, spoken_names(subject.results.titles)),
        limits=f"Counted over {num_answers:,} answers: {agreement.a.num_examples:,} test examples{over}.",
        budget=subject.budget,
    )


def agreement_of(subject: Subject) -> Agreement:
    """Sort the answers of the pair into the four cells."""
    size = subject.train_size
    return find_agreement(*(subject.results.predictions[arm, size] for arm in subject.pair))


def _frame(agreement: Agreement, names: dict[str, str]) -> pd.DataFrame:
    a, b = names[agreement.a.arm], names[agreement.b.arm]
    cells = {Cell.BOTH: "both", Cell.ONLY_A: f"only {a}", Cell.ONLY_B: f"only {b}", Cell.NEITHER: "neither"}
    return pd.DataFrame(
        {
            "Who is right on test": list(cells.values()),
            "Answers": [int(agreement.is_in[cell].sum()) for cell in cells],
            "Share, %": [as_percent(agreement.share(cell)) for cell in cells],
            "Test examples": agreement.a.num_examples,
            "Seeds": agreement.a.num_seeds,
        }
    )


def _sentence(agreement: Agreement, names: dict[str, str]) -> str:
    a, b = names[agreement.a.arm], names[agreement.b.arm]
    only_a, only_b = agreement.share(Cell.ONLY_A), agreement.share(Cell.ONLY_B)
    if not only_a + only_b:
        return "They are right and wrong on the same test examples."
    return (
        f"Only one of them is right in {percent(only_a + only_b, 0)} of the answers: {a} alone in "
        f"{percent(only_a)}, {b} alone in {percent(only_b)}."
    )
