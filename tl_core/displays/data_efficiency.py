"""How many labels does it save? Both models over training sets of growing size."""

from tl_core.charts.data_efficiency import data_efficiency
from tl_core.displays.display import Display, Subject
from tl_core.displays.tried import pooled_numbers
from tl_core.evaluation.data_efficiency_words import (
    needed_interval_words,
    needed_words,
    saved_interval_words,
    saved_words,
    worth_headline,
    worth_proof,
    worth_sentence,
)
from tl_core.evaluation.wording import spoken_names
from tl_core.results.data_efficiency import curve_keys, find_data_efficiency
from tl_core.results.pooled import mean_rows, seed_rows

LIMITS = (
    "Between the sizes that were tried nothing is guessed but that more labels don't harm, and beyond them "
    "nothing at all. It is about this data, this network and this budget."
)


def display(subject: Subject) -> Display | None:
    """Show the curves with the distance between those of the pair; None without several train sizes."""
    pooled = subject.pooled
    worths = find_data_efficiency(pooled, *subject.pair) if pooled else []
    if pooled is None or not worths:
        return None
    keys = curve_keys(pooled)
    names = spoken_names(subject.results.titles)
    frame = pooled_numbers(pooled, keys, subject.names)
    by_key = {(one.b, one.size): one for one in worths}
    columns = {
        f"Labels that {subject.names[worths[0].a]} needs for it": needed_words,
        "95% interval of that": needed_interval_words,
        "Labels saved": saved_words,
        "95% interval of those": saved_interval_words,
    }
    for name, words in columns.items():
        frame[name] = [words(by_key[key]) if key in by_key else "–" for key in keys]
    return Display(
        key="label_worth",
        frame=frame,
        draw=lambda theme: data_efficiency(
            seed_rows(pooled, keys),
            mean_rows(pooled, keys),
            subject.styles(theme),
            metric=pooled.experiment.headline_metric,
            floor=pooled.floor,
            worth=worths[0],
            theme=theme,
        ),
        sentence=worth_sentence(worths[0], names),
        headline=worth_headline(worths[0]),
        proof=worth_proof(worths[0], names),
        limits=LIMITS,
        budget=subject.budget,
    )
