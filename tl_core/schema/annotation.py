"""What stands beside an experiment in the list of all: a person's own words, and what it came to."""

from tl_core.schema.base import Frozen


class Annotation(Frozen):
    """A person's own words on an experiment, and where it stands in the list."""

    notes: str = ""
    tags: tuple[str, ...] = ()
    is_starred: bool = False
    is_archived: bool = False


class EarlierResult(Frozen):
    """What an earlier version of the method had concluded from the same runs, in words."""

    method: int
    words: str


class ExperimentSummary(Frozen):
    """What an experiment came to, in the few numbers that a list shows.

    Attributes
    ----------
    states
        What it was made of, as `ExperimentEntry.made_of` writes it; with anything else it is stale.
    best_model, best_value
        The model that is best on validation, and its mean on test (fraction); empty and None without one.
    gain, ci95
        Difference of the headline pair with its interval (fractions); None without a result.
    rests_on
        Of which pair that is, on how many seeds and test examples; empty without a result.
    metric
        In words, for both values.
    status, severity
        The worst to be known of it, as in `Status`.
    method
        Version of the method that it was made by (`METHOD`).
    earlier
        What an earlier version had concluded, where it was something else.
    """

    states: str
    best_model: str = ""
    best_value: float | None = None
    gain: float | None = None
    ci95: tuple[float, float] | None = None
    rests_on: str = ""
    metric: str = ""
    status: str = ""
    severity: str = "neutral"
    method: int = 1
    earlier: EarlierResult | None = None
