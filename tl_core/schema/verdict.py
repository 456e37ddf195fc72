"""Verdicts, their flags and their one status."""

from typing import Literal

from pydantic import Field

from tl_core.schema.base import AnyMetric, Frozen

METHOD = 3
"""Version of the method behind every conclusion, raised with each change that can alter one.

1: up to 0.1.0. 2: groups, one family a split, choices on validation, macro-F1 over the targets' classes.
3: the noise of evaluations is correlated; flags judge by the main metric.
"""
LEVEL = 0.05
"""p-values below it count."""
FEWEST_GROUPS = 20
"""Groups of test examples below which nothing is claimed: their variance is hardly known."""


def has_few_groups(num_groups: int | None) -> bool:
    """Whether test examples come in groups, and in too few for a claim."""
    return num_groups is not None and num_groups < FEWEST_GROUPS


class Flag(Frozen):
    """Something that weakens a claim about an arm.

    ``code`` is one of collapsed, did_not_learn, still_improving, worse_than_majority,
    hardly_any_known_feature, did_not_finish, unreadable, groups_unknown;
    ``phrase`` completes the sentence "from scratch ...", ``how_often`` ends it where several trainings could
    have shown it (" (2 of 5 seeds)"), and ``evidence`` gives the numbers behind it;
    ``remedy`` says what would settle it, and ``action`` is what a click can do about it
    (``planning.remedies``), empty if nothing.
    """

    code: str
    arm: str
    phrase: str
    how_often: str = ""
    evidence: str = ""
    remedy: str
    action: Literal["", "more_steps", "search_rates"] = ""
    seeds: tuple[int, ...] = Field(description="indices of the seeds that show it")

    @property
    def words(self) -> str:
        """The whole end of the sentence."""
        return self.phrase + self.how_often


class Status(Frozen):
    """One thing that a reader must know of a verdict, or its conclusion where nothing weakens it.

    ``code`` is one of interim, few_groups, few_splits, lost_splits, baseline_failed, winner_failed,
    did_not_finish, one_seed, not_corrected, still_improving, within_margin, another flag's, or the
    conclusion; only a clean win has the severity ``success``. ``words`` stand the same on page, slide,
    report, command line and in JSON; ``arms`` are those it is about, and ``evidence`` the numbers behind it.
    ``advice`` is the one thing to do, empty if nothing, and ``action`` what a click can do of it.
    """

    code: str
    severity: Literal["warning", "success", "failure", "neutral"]
    words: str
    arms: tuple[str, ...] = ()
    evidence: str = ""
    advice: str = ""
    action: Literal["", "more_steps", "search_rates", "search_rates_longer"] = ""


class FailureRate(Frozen):
    """How many of an arm's trainings did not learn the task; the rate's 95% interval is in fractions."""

    arm: str
    num_failed: int
    num_trainings: int
    ci95: tuple[float, float]


class Looks(Frozen):
    """How often a split's test examples have been looked at, whatever was deleted since.

    ``num_models`` counts every arm at every train size of each of the ``num_experiments``.
    """

    num_experiments: int
    num_models: int


class SplitCounts(Frozen):
    """Repeated splits behind a verdict: how many count, and what became of the others that were planned.

    ``num_deleted`` are gone with their experiments; ``num_lost`` have ended without a seed of both arms.
    """

    num_counted: int
    num_planned: int
    num_deleted: int = 0
    num_lost: int = 0


class Verdict(Frozen):
    """The conclusion of comparing arm ``a`` with arm ``b`` on one test split.

    Attributes
    ----------
    difference, ci95, ci90
        a minus b in the metric's own unit (a fraction for `Metric`), and its intervals, never of zero width.
        Of a `ScoringRule` and of the mean absolute error the smaller value is the better one.
    p_value, p_equivalence
        That of no difference, the inversion of the interval; and that of a difference as large as the margin,
        the larger one of two one-sided tests (Schuirmann 1987), None without a margin.
    is_primary
        Whether it answers the question that was fixed before anything was known of this split: it stands
        outside the family.
    num_groups
        Groups that the test examples form: those of a group may be alike, and the interval takes them for one
        draw. None where each stands alone.
    has_one_train_set
        Whether every seed of an arm learned from the same train examples: the interval is for these.
    num_pairs, p_corrected, p_equivalence_corrected
        Pairs of its family, and its p-values corrected for them; None where nothing is corrected.
    num_planned, is_interim
        Seeds that were planned, where runs of its family that were planned are still to come; then nothing
        is concluded.
    splits
        Repeated splits of the same data that it is over; the numbers of seeds and test examples are those of
        each, and ``seeds`` of its flags are places of splits. None where there is one split.
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
    failure_rates
        Of the arms that a seed changes.
    looks
        At these test examples so far; None where nobody counted.
    claim
        One sentence of at most twelve words with short names; nothing that weakens it is in it.
    beside
        The second clause of the main result: the same arm against the best one without pretraining.
    seen
        What the pretraining behind the main result is known to have seen; empty where nothing is known.
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
    num_groups: int | None = None
    has_one_train_set: bool = False
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
    p_equivalence: float | None = None
    is_primary: bool = False
    num_pairs: int = 1
    p_corrected: float | None = None
    p_equivalence_corrected: float | None = None
    num_planned: int | None = None
    is_interim: bool = False
    splits: SplitCounts | None = None
    margin: float | None = None
    detectable_difference: float | None = None
    false_positive_rate: float | None = None
    failure_rates: tuple[FailureRate, ...] = ()
    looks: Looks | None = None
    conclusion: Literal["better", "worse", "no_difference_shown", "equivalent", "interim"]
    flags: tuple[Flag, ...] = ()
    claim: str = ""
    interval: str = ""
    beside: str = ""
    seen: str = ""
    status: Status = Status(code="", severity="neutral", words="")
    reservations: tuple[Status, ...] = ()
    sentence: str = ""

    @property
    def is_difference(self) -> bool:
        """Whether the 95% interval excludes 0, still would once corrected, and rests on enough groups."""
        low, high = self.ci95
        return not low <= 0 <= high and not self.could_be_chance and not has_few_groups(self.num_groups)

    @property
    def could_be_chance(self) -> bool:
        """Whether the p-value of no difference is too high once corrected for its family."""
        return self.p_corrected is not None and self.p_corrected >= LEVEL

    @property
    def is_within_margin(self) -> bool:
        """Whether the 90% interval lies within the margin (Schuirmann 1987)."""
        if self.margin is None or self.ci90 is None:
            return False
        return -self.margin < self.ci90[0] and self.ci90[1] < self.margin

    @property
    def is_equivalent(self) -> bool:
        """Whether both one-sided tests reject one as large as the margin, corrected too, on enough groups."""
        p = self.p_equivalence_corrected
        is_shown = self.is_within_margin and not (p is not None and p >= LEVEL)
        return is_shown and not has_few_groups(self.num_groups)


class Unsealing(Frozen):
    """What the sealed test examples showed when they were opened: once a split, for one experiment.

    Attributes
    ----------
    opened_at
        The moment, in ISO 8601, UTC.
    looks
        At the open test examples until then.
    num_used
        Sealed examples that another split of the same data had used openly by then.
    verdict
        On the sealed examples, about the experiment's main pair at its largest train size.
    """

    experiment_id: str
    experiment_name: str
    opened_at: str
    looks: Looks
    num_used: int = 0
    verdict: Verdict
