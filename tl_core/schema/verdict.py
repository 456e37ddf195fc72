"""Verdicts, their flags and their one status."""

from typing import Literal

from pydantic import Field

from tl_core.schema.base import AnyMetric, Frozen


class Flag(Frozen):
    """Something that weakens a claim about an arm.

    ``code`` is one of collapsed, did_not_learn, still_improving, worse_than_majority,
    hardly_any_known_feature, did_not_finish, unreadable;
    ``phrase`` completes the sentence "from scratch ...", ``evidence`` gives the numbers behind it;
    ``remedy`` says what would settle it, and ``action`` is what a click can do about it
    (``planning.remedies``), empty if nothing.
    """

    code: str
    arm: str
    phrase: str
    evidence: str = ""
    remedy: str
    action: Literal["", "more_steps", "search_rates"] = ""
    seeds: tuple[int, ...] = Field(description="indices of the seeds that show it")


class Status(Frozen):
    """One thing that a reader must know of a verdict, or its conclusion where nothing weakens it.

    ``code`` is one of baseline_failed, winner_failed, did_not_finish, one_seed, not_corrected,
    still_improving, within_margin, another flag's, or the conclusion; only a clean win has the severity
    ``success``. ``words`` stand the same on page, slide, report, command line and in JSON; ``arms`` are those
    it is about, and ``evidence`` the numbers behind it. ``advice`` is the one thing to do, empty if nothing,
    and ``action`` what a click can do of it.
    """

    code: str
    severity: Literal["warning", "success", "failure", "neutral"]
    words: str
    arms: tuple[str, ...] = ()
    evidence: str = ""
    advice: str = ""
    action: Literal["", "more_steps", "search_rates", "search_rates_longer"] = ""


class Verdict(Frozen):
    """The conclusion of comparing arm ``a`` with arm ``b`` on one test split.

    Attributes
    ----------
    difference, ci95, ci90
        a minus b in the metric's own unit (a fraction for `Metric`), and its intervals, never of zero width.
        Of a `ScoringRule` the smaller value is the better one.
    p_value, p_holm
        The inversion of the interval; and the same corrected for ``num_pairs`` verdicts of one experiment.
    scope
        ``models`` with one seed (these two trained models only), ``expected`` with more (over seeds and
        examples).
    is_deterministic
        Both arms ran once and count for every seed, because none changes them.
    epochs_a, epochs_b
        The fewest and the most passes over the train examples behind the weights that a seed's network kept;
        None for an arm without a network, or if they are unknown.
    margin
        The difference that was too small to matter before the start; None where none was stated.
    detectable_difference
        What four of five experiments like this one would show; None where not even the largest.
    false_positive_rate
        With few seeds, how often at most two equal arms were called different in the simulation.
    claim
        One sentence of at most twelve words with short names; nothing that weakens it is in it.
    interval
        The line of proof below it: interval, seeds, test examples, epochs.
    status
        What stands first beside it: the worst reservation, else the conclusion. Without a code in the JSON of
        an earlier version.
    reservations
        All that weakens it, the worst first.
    sentence
        All of these on one line, for tables and shells.
    """

    a: str
    b: str
    metric: AnyMetric
    train_size: int
    num_seeds: int
    num_examples: int
    is_deterministic: bool = False
    epochs_a: tuple[float, float] | None = None
    epochs_b: tuple[float, float] | None = None
    method: str
    scope: Literal["models", "expected"]
    value_a: float
    value_b: float
    difference: float
    ci95: tuple[float, float]
    ci90: tuple[float, float] | None = None
    p_value: float
    p_holm: float | None = None
    num_pairs: int = 1
    margin: float | None = None
    detectable_difference: float | None = None
    false_positive_rate: float | None = None
    conclusion: Literal["better", "worse", "no_difference_shown", "equivalent"]
    flags: tuple[Flag, ...] = ()
    claim: str = ""
    interval: str = ""
    status: Status = Status(code="", severity="neutral", words="")
    reservations: tuple[Status, ...] = ()
    sentence: str = ""

    @property
    def is_difference(self) -> bool:
        """Whether the 95% interval excludes 0."""
        return self.conclusion in ("better", "worse")

    @property
    def is_within_margin(self) -> bool:
        """Whether the 90% interval lies within the margin (Schuirmann 1987)."""
        if self.margin is None or self.ci90 is None:
            return False
        return -self.margin < self.ci90[0] and self.ci90[1] < self.margin
