"""What a verdict says: its claim, its interval, its one status and all that weakens it."""

from collections.abc import Mapping, Sequence
from typing import Final

from tl_core.evaluation.failures import FAILURES, trainings_to_exclude
from tl_core.schema import (
    FEWEST_GROUPS,
    AnyMetric,
    Arm,
    FailureRate,
    Flag,
    Looks,
    Metric,
    OtherMetric,
    ScoringRule,
    SplitCounts,
    Status,
    Verdict,
    has_few_groups,
)
from tl_core.words import capitalised, plural

ONE_SEED: Final = "One seed: another training may turn out differently"
FEW_GROUPS: Final = Status(
    code="few_groups",
    severity="warning",
    words=f"Fewer than {FEWEST_GROUPS} groups of test examples: too few to tell",
    advice="Test on more groups: examples of one group count as one draw.",
)

FEW_SPLITS: Final = 5
"""Splits below which their spread is hardly known."""
RARE_FAILURE: Final = 0.1
"""Rate of failing trainings that one would like to exclude."""

_LOST, _IMPROVING, _UNKNOWN = "did_not_finish", "still_improving", "trend_unknown"
_TOLD_BY_FAILURE: Final = ("never_better", "learned_by_heart", _UNKNOWN)
"""What says no more of an arm that failed."""
_PLAIN = {
    "better": Status(code="better", severity="success", words="Statistically clear"),
    "worse": Status(code="worse", severity="failure", words="Statistically clear"),
    "no_difference_shown": Status(code="no_difference_shown", severity="neutral", words="Not clear"),
    "equivalent": Status(code="equivalent", severity="neutral", words="Equally good"),
}
_OF_SEVERAL = {"was": "were", "is": "are", "it": "they", "stands": "stand"}
"""Words of a flag's phrase that change where several arms show it."""
_MAX_DECIMALS = 4
METRIC_WORDS: dict[AnyMetric, str] = {
    Metric.ACCURACY: "accuracy",
    Metric.MACRO_F1: "macro-F1",
    Metric.BALANCED_ACCURACY: "balanced accuracy",
    Metric.AUROC: "AUROC",
    Metric.QUADRATIC_KAPPA: "quadratic kappa",
    OtherMetric.MATTHEWS: "MCC",
    OtherMetric.AVERAGE_PRECISION: "PR-AUC",
    OtherMetric.MEAN_ABSOLUTE_ERROR: "mean absolute error",
    ScoringRule.LOG_LOSS: "log loss",
    ScoringRule.BRIER: "Brier score",
}
_IN_POINTS = (*Metric, OtherMetric.MATTHEWS, OtherMetric.AVERAGE_PRECISION)
"""Metrics of which the larger value is the better one, in hundredths."""
_UNITS: dict[AnyMetric, str] = {
    **dict.fromkeys(_IN_POINTS, " points"),
    OtherMetric.MEAN_ABSOLUTE_ERROR: " classes",
    ScoringRule.LOG_LOSS: " nats",
    ScoringRule.BRIER: "",
}
_CLAIMS: dict[AnyMetric, str] = {
    **{
        metric: f"{{a}} has {{size}} points {{more}} {METRIC_WORDS[metric]} than {{b}}."
        for metric in _IN_POINTS
    },
    Metric.ACCURACY: "{a} is {size} points {more} accurate than {b}.",
    OtherMetric.MEAN_ABSOLUTE_ERROR: "{a} is off by {size} classes {more} than {b}.",
    ScoringRule.LOG_LOSS: "{a} has {size} nats {more} log loss than {b}.",
    ScoringRule.BRIER: "{a} has a Brier score {size} {more} than {b}.",
}
_COMPARATIVES: dict[AnyMetric, dict[int, str]] = {
    **dict.fromkeys((*Metric, *OtherMetric, ScoringRule.LOG_LOSS), {1: "more", -1: "less"}),
    ScoringRule.BRIER: {1: "higher", -1: "lower"},
}


def conclude(verdict: Verdict, arm_names: Mapping[str, str]) -> Verdict:
    """Give a verdict its conclusion and its words, by all that its other fields say.

    A difference comes first, then two one-sided tests; nothing is concluded while runs are to come.

    Parameters
    ----------
    arm_names
        Names of the arms in a sentence, by arm name (`spoken_names`); the arm's own stands in for a missing
        one.
    """
    conclusion = "equivalent" if verdict.is_equivalent else "no_difference_shown"
    if winner := _winner(verdict):
        conclusion = "better" if winner == verdict.a else "worse"
    if verdict.is_interim:
        conclusion = "interim"
    return _said(verdict.model_copy(update={"conclusion": conclusion}), arm_names)


def _winner(verdict: Verdict) -> str | None:
    """Return the arm that is ahead, or None where no difference is shown."""
    if not verdict.is_difference:
        return None
    is_ahead = (verdict.difference > 0) is (verdict.metric in _IN_POINTS)
    return verdict.a if is_ahead else verdict.b


def _said(verdict: Verdict, arm_names: Mapping[str, str]) -> Verdict:
    names = {arm: arm_names.get(arm, arm) for arm in (verdict.a, verdict.b)}
    weaknesses = _reservations(verdict, names)
    claim, interval = _claim(verdict, names), _interval(verdict, names)
    return verdict.model_copy(
        update={
            "claim": claim,
            "interval": interval,
            "status": weaknesses[0] if weaknesses else _PLAIN[verdict.conclusion],
            "reservations": weaknesses,
            "sentence": " ".join(
                [
                    f"{claim.removesuffix('.')} ({interval}).",
                    *filter(None, (verdict.beside, verdict.seen)),
                    *(f"{one.words}." for one in weaknesses),
                ]
            ),
        }
    )


def spoken_name(arm: Arm, base_model_title: str) -> str:
    """Name an arm in a sentence; of several base models with the title of its own.

    >>> spoken_name(Arm.parse("fine_tuned:distilbert-base-uncased"), "DistilBERT")
    'Fine-tuned DistilBERT'
    """
    layers = "layer" if arm.num_layers == 1 else f"{arm.num_layers} layers"
    label = arm.kind.spec.label.format(layers=layers)
    named = f"{label} {base_model_title}" if arm.base_model else label
    return f"{named} with balanced classes" if arm.is_balanced else named


def spoken_names(titles: Mapping[str, str]) -> dict[str, str]:
    """Name arms in a sentence, by arm name; ``titles`` are their base models' by the same."""
    return {name: spoken_name(Arm.parse(name), title) for name, title in titles.items()}


def beside_words(verdict: Verdict, arm_names: Mapping[str, str], rank: str) -> str:
    """Say what a comparison with an arm without pretraining has shown: a headline's second clause.

    ``rank`` says which arm that is.
    """
    a, b = (arm_names.get(arm, arm) for arm in (verdict.a, verdict.b))
    difference, low, high = amounts(verdict.metric, verdict.difference, *verdict.ci95)
    found = "no clear difference"
    if verdict.is_difference:
        found = "ahead" if _winner(verdict) == verdict.a else "behind"
    elif verdict.conclusion == "equivalent":
        found = f"equally good, within {margin_words(verdict)}"
    elif verdict.could_be_chance and not verdict.ci95[0] <= 0 <= verdict.ci95[1]:
        found = f"no clear difference among {verdict.num_pairs} pairs"
    so_far = "so far " if verdict.is_interim else ""
    return (
        f"{a} against {b}, {rank}: {so_far}{found} "
        f"({difference}{_UNITS[verdict.metric]}, 95% interval {low} to {high})."
    )


def seen_words(title: str, overlaps: Sequence[str], many: str = "texts") -> str:
    """Say what a base model is known to have seen before; empty where nothing is known.

    >>> seen_words("all-MiniLM-L6", ("reviews", "SNLI"))
    'all-MiniLM-L6 has seen reviews and SNLI, so texts like those flatter it.'
    """
    if not overlaps:
        return ""
    *first, last = overlaps
    listed = f"{', '.join(first)} and {last}" if first else last
    return f"{title} has seen {listed}, so {many} like those flatter it."


def _claim(verdict: Verdict, names: Mapping[str, str]) -> str:
    """Say who is ahead, or that nobody is: at most twelve words with short names."""
    a, b = names[verdict.a], names[verdict.b]
    if verdict.beside and _is_the_same_network(verdict):
        b = f"the same network {b[:1].lower()}{b[1:]}"
    claim = _finding(verdict, a, b)
    splits = verdict.splits
    begin = "So far, " if verdict.is_interim else ""
    if splits is not None:
        of_planned = f" of {splits.num_planned}" if verdict.is_interim else ""
        begin = f"{begin}over {splits.num_counted}{of_planned} splits, "
    begin = capitalised(begin)
    return f"{begin}{claim.replace('No clear', 'no clear', 1)}" if begin else claim


def _is_the_same_network(verdict: Verdict) -> bool:
    """Whether the second arm is the first one's network, with nothing learned before."""
    a, b = Arm.parse(verdict.a), Arm.parse(verdict.b)
    return a.kind.is_pretrained and b.kind.is_scratch and a.base_model == b.base_model


def _finding(verdict: Verdict, a: str, b: str) -> str:
    if not verdict.is_difference and verdict.conclusion != "equivalent":
        return f"No clear difference between {a} and {b}."
    first = capitalised(a)
    if verdict.conclusion == "equivalent":
        return f"{first} and {b} are equally good, within {margin_words(verdict)}."
    sign = 1 if verdict.difference > 0 else -1
    size, *_ = amounts(verdict.metric, abs(verdict.difference), *map(abs, verdict.ci95))
    return _CLAIMS[verdict.metric].format(a=first, b=b, size=size, more=_COMPARATIVES[verdict.metric][sign])


def _interval(verdict: Verdict, names: Mapping[str, str]) -> str:
    """Say what the claim rests on: interval, seeds, test examples, epochs, and what it does not cover."""
    unit = _UNITS[verdict.metric]
    if verdict.is_difference:  # from the side of the one ahead
        sign = 1 if verdict.difference > 0 else -1
        _, low, high = amounts(
            verdict.metric, abs(verdict.difference), *sorted(sign * end for end in verdict.ci95)
        )
        proof = f"95% interval {low} to {high}{unit}"
    else:
        difference, low, high = amounts(verdict.metric, verdict.difference, *verdict.ci95)
        proof = (
            f"difference {difference}{unit} of {METRIC_WORDS[verdict.metric]}, 95% interval {low} to {high}"
        )
        if verdict.conclusion == "equivalent" and verdict.ci90:
            low, high = amounts(verdict.metric, *verdict.ci90)
            proof += f", 90% interval {low} to {high}"
    of_a, of_b = (epochs_words(epochs) for epochs in (verdict.epochs_a, verdict.epochs_b))
    if of_a and of_a == of_b:
        trained = [f"both{of_a}"]
    else:
        trained = [f"{names[arm]}{of}" for arm, of in ((verdict.a, of_a), (verdict.b, of_b)) if of]
    covered = ["for this training set and split"] if verdict.has_one_train_set else []
    if verdict.splits is not None:
        covered = ["covering the choice of training and test examples from these data"]
    return ", ".join([proof, f"{counts(verdict)}{looks_words(verdict.looks)}", *trained, *covered])


def _reservations(verdict: Verdict, names: Mapping[str, str]) -> tuple[Status, ...]:
    """List all that weakens a verdict, the worst first.

    Runs are still to come; the test examples come in too few groups; there are few splits, or some are
    missing; an arm failed; seeds are missing; an arm carries another flag; there is one seed; the difference
    does not hold once corrected for the other pairs; an arm was still improving; the difference is too small
    to matter.
    """
    flagged = [
        _with_failure_rates(one, verdict, names)
        for one in flag_reservations(
            verdict.flags, names, _winner(verdict), "seed" if verdict.splits is None else "split"
        )
    ]
    weaknesses = [one for one in flagged if one.code not in (_IMPROVING, _UNKNOWN)]
    if is_about_models(verdict):
        advice = "Train with more seeds."
        weaknesses.append(Status(code="one_seed", severity="warning", words=ONE_SEED, advice=advice))
    low, high = verdict.ci95
    if verdict.could_be_chance and not low <= 0 <= high:
        weaknesses.append(
            Status(
                code="not_corrected",
                severity="warning",
                words=f"Could be chance among {verdict.num_pairs} pairs",
                evidence=f"p = {verdict.p_value:.3f} uncorrected, {verdict.p_corrected:.3f} corrected",
                advice="More seeds or more test examples would settle it.",
            )
        )
    weaknesses += [one for one in flagged if one.code in (_IMPROVING, _UNKNOWN)]
    if verdict.is_difference and verdict.is_within_margin:
        words = f"Less than {margin_words(verdict)}: too small to matter"
        weaknesses.append(Status(code="within_margin", severity="warning", words=words))
    few_groups = [FEW_GROUPS] if has_few_groups(verdict.num_groups) else []
    return (*_interim(verdict), *few_groups, *_of_splits(verdict.splits), *weaknesses)


def _of_splits(splits: SplitCounts | None) -> list[Status]:
    """Say where splits are few, and where some that were planned are missing."""
    if splits is None:
        return []
    found = []
    if splits.num_counted < FEW_SPLITS:
        found.append(
            Status(
                code="few_splits",
                severity="warning",
                words=f"Fewer than {FEW_SPLITS} splits: how much they differ is hardly known",
                advice=f"Repeat the experiment on {FEW_SPLITS} splits or more.",
            )
        )
    lost = []
    if splits.num_deleted:
        lost.append(f"{splits.num_deleted} deleted")
    if splits.num_lost:
        lost.append(f"{splits.num_lost} without a seed that both models finished")
    if lost:
        found.append(
            Status(
                code="lost_splits",
                severity="warning",
                words=f"Not all {splits.num_planned} splits count: {', '.join(lost)}",
                advice="Run the missing ones again: they may be the worst ones.",
            )
        )
    return found


def _interim(verdict: Verdict) -> list[Status]:
    """Say how much of what was planned is there, while runs are still to come."""
    if not verdict.is_interim:
        return []
    is_whole = verdict.num_planned is None or verdict.num_seeds >= verdict.num_planned
    words = "runs of other models are still to come"
    if not is_whole:
        words = f"{verdict.num_seeds} of {verdict.num_planned} seeds"
    if splits := verdict.splits:
        is_whole = splits.num_counted + splits.num_deleted + splits.num_lost == splits.num_planned
        words = f"{splits.num_counted} of {splits.num_planned} splits"
        words = f"{words}, with runs still to come" if is_whole else words
    return [Status(code="interim", severity="neutral", words=f"So far: {words}")]


def flag_reservations(
    flags: Sequence[Flag], names: Mapping[str, str], winner: str | None = None, unit: str = "seed"
) -> list[Status]:
    """Turn the flags of two arms into reservations, the worst first.

    Parameters
    ----------
    names
        The two arms in a sentence, by arm name.
    winner
        The arm that is ahead. The failure of the one behind makes a win unfair; that of the winner alone does
        not: it won all the same. Nor does it matter whether the winner could have become better still.
    unit
        What the flags' ``seeds`` count.
    """
    own = [flag for arm in names for flag in flags if flag.arm == arm]
    failures = [flag for flag in own if flag.code in FAILURES]
    others = [flag for flag in own if flag.code not in FAILURES]
    failed = {flag.arm for flag in failures}
    others = [flag for flag in others if not (flag.arm in failed and flag.code in _TOLD_BY_FAILURE)]
    others = [flag for flag in others if (flag.code, flag.arm) != (_UNKNOWN, winner)]
    others.sort(key=lambda flag: {_LOST: 0, _IMPROVING: 2, _UNKNOWN: 3}.get(flag.code, 1))
    alike: dict[tuple[str, str], list[Flag]] = {}
    for flag in others:
        alike.setdefault((flag.code, flag.words), []).append(flag)
    return [_failure(failures, own, names, winner, unit)] * bool(failures) + [
        _of_all(*same, names=names) for same in alike.values()
    ]


def _of_all(first: Flag, *others: Flag, names: Mapping[str, str]) -> Status:
    """Turn a flag, or the same one of several arms, into one reservation."""
    flags = (first, *others)
    *all_but_one, last = (names[flag.arm] for flag in flags)
    shown_by = f"{', '.join(all_but_one)} and {last}" if others else last
    evidence = [f"{names[flag.arm]}: {flag.evidence}" if others else flag.evidence for flag in flags]
    words = first.words.split(" ")
    phrase = " ".join(_OF_SEVERAL.get(word, word) for word in words) if others else first.words
    return Status(
        code=first.code,
        severity="warning",
        words=capitalised(f"{shown_by} {phrase}"),
        arms=tuple(flag.arm for flag in flags),
        evidence="; ".join(evidence),
        advice=first.remedy,
        action=first.action,
    )


def _failure(
    failures: Sequence[Flag],
    flags: Sequence[Flag],
    names: Mapping[str, str],
    winner: str | None,
    unit: str,
) -> Status:
    """Say which arms failed, what that makes of the comparison, and the one thing to do."""
    arms = tuple(dict.fromkeys(flag.arm for flag in failures))
    clauses, evidence = [], []
    for arm in arms:
        own = [flag for flag in failures if flag.arm == arm]
        grounds = [f"{flag.words}{f': {flag.evidence}' if flag.evidence else ''}" for flag in own]
        evidence.append(f"{names[arm]} {'; it '.join(grounds)}")
        how_often = f" in {plural(len({seed for flag in own for seed in flag.seeds}), unit)}"
        # Other arms than networks may have run once for all seeds.
        clauses.append(f"{names[arm]} failed{how_often if Arm.parse(arm).kind.is_neural else ''}")
    is_winner_alone = arms == (winner,)
    outcome = " and still leads" if is_winner_alone else ": not a fair comparison yet"
    if not any(Arm.parse(arm).kind.is_neural for arm in arms):
        advice, action = "Check the labels and texts, or give it more training examples.", ""
    elif any(flag.action == "more_steps" for flag in flags):
        advice = "Train all models again, with learning rates searched and twice the steps."
        action = "search_rates_longer"
    else:
        advice, action = "Train all models again, with learning rates searched.", "search_rates"
    return Status(
        code="winner_failed" if is_winner_alone else "baseline_failed",
        severity="warning",
        words=capitalised(" and ".join(clauses) + outcome),
        arms=arms,
        evidence="; ".join(evidence),
        advice=advice,
        action=action,
    )


def _with_failure_rates(status: Status, verdict: Verdict, names: Mapping[str, str]) -> Status:
    """Add to the failure of an arm what it says of further trainings."""
    if status.code not in ("baseline_failed", "winner_failed"):
        return status
    rates = [
        f"{names[rate.arm]} failed in {failure_rate_words(rate)}"
        for rate in verdict.failure_rates
        if rate.arm in status.arms and rate.num_trainings > 1
    ]
    return status.model_copy(update={"evidence": "; ".join([status.evidence, *rates])})


def is_about_models(verdict: Verdict) -> bool:
    """Whether another seed could have told another story: one seed, of an arm that seeds change."""
    return verdict.scope == "models" and not verdict.is_deterministic


def margin_words(verdict: Verdict) -> str:
    """Write the margin with its unit."""
    size = 100 * (verdict.margin or 0.0)
    return f"{size:g} {'point' if size == 1 else 'points'}"


def epochs_words(epochs: tuple[float, float] | None) -> str:
    """Say how long networks trained, from the fewest and the most epochs of a seed; empty if unknown.

    >>> epochs_words((9.0, 14.0))
    ' after 9 to 14 epochs'
    """
    if epochs is None:
        return ""
    low, high = (f"{number:,.0f}" if number >= 10 else f"{number:.2g}" for number in epochs)
    return f" after {low}{'' if low == high else f' to {high}'} {'epoch' if low == high == '1' else 'epochs'}"


def counts(verdict: Verdict) -> str:
    """Say on how many splits, seeds and test examples a verdict rests; arms that no seed changes ran once."""
    examples = examples_words(verdict.num_examples, verdict.num_groups)
    seeds = f"{verdict.num_seeds} {'seed' if verdict.num_seeds == 1 else 'seeds'}"
    if verdict.splits is not None:
        splits = plural(verdict.splits.num_counted, "split")
        return f"{splits} with {examples}{'' if verdict.is_deterministic else f' and {seeds}'} each"
    if verdict.is_deterministic:
        return f"{examples}, each ran once (seeds change nothing)"
    return f"{seeds}, {examples}"


def looks_words(looks: Looks | None) -> str:
    """Say how often test examples have been looked at, from the second experiment on.

    >>> looks_words(Looks(num_experiments=4, num_models=11))
    ' (scored in 4 experiments, 11 models)'
    """
    if looks is None or looks.num_experiments < 2:
        return ""
    return f" (scored in {looks.num_experiments} experiments, {plural(looks.num_models, 'model')})"


def examples_words(num_examples: int, num_groups: int | None) -> str:
    """Count test examples, and the groups that they form.

    >>> examples_words(1_180, 45)
    '1,180 test examples in 45 groups'
    """
    examples = plural(num_examples, "test example")
    return examples if num_groups is None else f"{examples} in {plural(num_groups, 'group')}"


def detection_words(verdict: Verdict) -> str:
    """Say which difference an experiment like this one would have shown."""
    size = verdict.detectable_difference
    if size is None:
        return "This setup is too small to detect any difference reliably."
    (amount,) = amounts(verdict.metric, size)
    unit = _UNITS[verdict.metric]
    return f"This setup detects differences of {amount}{unit} or more (80% power)."


def seeds_words(verdict: Verdict) -> str:
    """Say what this many seeds are worth: failures they may have missed, and how often chance looks real.

    Empty for one seed, which has a reservation, and where no seed changes an arm.
    """
    said = []
    has_failed = any(rate.num_failed for rate in verdict.failure_rates)  # then its status says how many
    trainings = min((rate.num_trainings for rate in verdict.failure_rates), default=0)
    if trainings > 1 and not has_failed:
        highest = max(rate.ci95[1] for rate in verdict.failure_rates)
        needed = trainings_to_exclude(RARE_FAILURE)
        of_each, more = f"{trainings} seeds", f"{needed} seeds"
        if verdict.splits is not None:
            counted = plural(verdict.splits.num_counted, "split")
            of_both = " of each model" if len(verdict.failure_rates) > 1 else ""  # seeds change both
            of_each, more = f"{trainings} trainings{of_both} on {counted}", f"{needed} trainings"
        to_exclude = f"; {more} would exclude {100 * RARE_FAILURE:.0f}%" if trainings < needed else ""
        said.append(
            f"No training failed in {of_each}: a rate of up to {100 * highest:.0f}% remains "
            f"possible{to_exclude}."
        )
    if verdict.false_positive_rate is not None:
        of_equal = 100 * verdict.false_positive_rate
        said.append(
            f"With {verdict.num_seeds} seeds, up to {of_equal:.1f}% of equal pairs look different by chance "
            "(simulated)."
        )
    return " ".join(said)


def failure_rate_words(rate: FailureRate) -> str:
    """Say how many trainings failed, and what that says of the next.

    >>> failure_rate_words(FailureRate(arm="scratch", num_failed=0, num_trainings=5, ci95=(0.0, 0.4507)))
    '0 of 5 (up to 45% possible)'
    """
    low, high = (100 * end for end in rate.ci95)
    possible = f"95% interval {low:.0f} to {high:.0f}%" if rate.num_failed else f"up to {high:.0f}% possible"
    return f"{rate.num_failed} of {rate.num_trainings} ({possible})"


def pairs_words(verdicts: Sequence[Verdict]) -> str:
    """Say what having compared several pairs means for each but the main one; empty for that alone."""
    num_pairs = max((one.num_pairs for one in verdicts if one.p_corrected is not None), default=0)
    if not num_pairs:
        return ""
    were = plural(num_pairs, "pair was", "pairs were")
    return (
        f"Beside the main pair, {were} compared on these test examples. Their intervals are not widened for "
        "that. Such a difference counts where the corrected p-value is below 0.05."
    )


def points(*fractions: float) -> tuple[str, ...]:
    """Write fractions as percentage points with the fewest decimals that show no non-zero one as zero.

    >>> points(0.214, -0.031)
    ('21.4', '−3.1')
    """
    return _typeset([100 * fraction for fraction in fractions], fewest=1)


def amounts(metric: AnyMetric, *values: float) -> tuple[str, ...]:
    """Write values of a metric: points of a fraction, the number itself of a scoring rule."""
    return points(*values) if metric in _IN_POINTS else _typeset(values, fewest=3)


def _typeset(values: Sequence[float], fewest: int) -> tuple[str, ...]:
    for decimals in range(fewest, _MAX_DECIMALS + 1):
        if all(value == 0 or round(value, decimals) != 0 for value in values):
            break
    # Adding 0.0 turns a rounded -0.0 into 0.0.
    return tuple(f"{round(value, decimals) + 0.0:.{decimals}f}".replace("-", "−") for value in values)
