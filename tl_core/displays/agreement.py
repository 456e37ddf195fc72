"""Where do they disagree? How often both models are right, only one, or neither."""

import pandas as pd

from tl_core.charts import who_is_right
from tl_core.displays.display import Display, Subject
from tl_core.displays.words import as_percent, percent
from tl_core.evaluation.wording import counts, spoken_names
from tl_core.results.agreement import Agreement, Cell, find_agreement


def display(subject: Subject) -> Display:
    """Show who of the pair is right, counted over all answers."""
    agreement = agreement_of(subject)
    num_answers, num_seeds = agreement.num_answers, agreement.a.num_seeds
    over = f" with {num_seeds} seeds" if num_seeds > 1 else ""
    a, b = (spoken_names(subject.results.titles)[arm] for arm in subject.pair)
    only_a, only_b = agreement.share(Cell.ONLY_A), agreement.share(Cell.ONLY_B)
    disagreement, proof = (
        percent(only_a + only_b, 0),
        f"{a} in {percent(only_a)}, {b} in {percent(only_b)}",
    )
    sentence = f"Only one of them is right in {disagreement} of the answers: {proof}."
    headline = f"Only one of them is right in {disagreement} of the answers."
    if not only_a + only_b:
        sentence = headline = "Both are right and wrong on the same test examples."
        proof = ""
    name_a, name_b = (subject.names[arm] for arm in subject.pair)
    cells = {
        Cell.BOTH: "both",
        Cell.ONLY_A: f"only {name_a}",
        Cell.ONLY_B: f"only {name_b}",
        Cell.NEITHER: "neither",
    }
    return Display(
        key="agreement",
        frame=pd.DataFrame(
            {
                "Who is right on test": list(cells.values()),
                "Answers": [int(agreement.is_in[cell].sum()) for cell in cells],
                "Share, %": [as_percent(agreement.share(cell)) for cell in cells],
                "Test examples": agreement.a.num_examples,
                "Seeds": num_seeds,
            }
        ),
        draw=lambda theme: who_is_right(
            agreement.counts, *(subject.styles(theme)[arm] for arm in subject.pair), theme=theme
        ),
        sentence=sentence,
        headline=headline,
        proof=", ".join(filter(None, (proof, counts(subject.verdict)))),
        limits=f"Counted over {num_answers:,} answers: {agreement.a.num_examples:,} test examples{over}.",
        budget=subject.budget,
    )


def agreement_of(subject: Subject) -> Agreement:
    """Sort the answers of the pair into the four cells."""
    size = subject.train_size
    return find_agreement(*(subject.results.predictions[arm, size] for arm in subject.pair))
