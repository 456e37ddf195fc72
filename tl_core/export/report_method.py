"""How one comparison was measured, in sentences made from its records; numbers in them refer to `SOURCES`."""

from collections.abc import Iterable

from tl_core.catalogue.locating import describe
from tl_core.evaluation.wording import margin_words
from tl_core.export.report_subject import ReportSubject
from tl_core.modality import content_of
from tl_core.results.runs import FinishedRun, text_limit
from tl_core.schema import ArmKind, BudgetRule, RunFinished, SplitMethod

_DRAWN = {
    SplitMethod.STRATIFIED: "Stratified by class and deterministic: a hash of the content decides where an "
    "example goes.",
    SplitMethod.GROUPED: "Deterministic, by a hash of the content. A group is never divided.",
    SplitMethod.BY_TIME: "By date: the oldest examples are for training, the newest for the test.",
    SplitMethod.OWN: (
        "A column or a file says which part each example belongs to. A part that is never named was drawn "
        "from the training examples."
    ),
}
_DRAWN_BESIDE_OWN_TEST = {
    **_DRAWN,
    SplitMethod.BY_TIME: "The others by date: the oldest are for training, the newest for validation.",
}
_LOOKED_AT_AGAIN = (
    "No weights, step or learning rate were chosen on them. But warnings, the list of likely label errors "
    "and you look at them afterwards. If you then change something and measure it on this split again, you "
    "have chosen it on the test."
)
_CONTRASTIVE = (
    "Contrastive took the same steps with as many texts in each, but as pairs. The head was fitted after the "
    "last step."
)
_FROZEN = (
    "A frozen network took no steps: logistic regression was fitted on standardised outputs, with a penalty "
    "whose strength validation chose."
)
_INTERVALS = {
    "crossed_random_effects": (
        "The two models are compared example by example and seed by seed. The 95% interval allows for other "
        "seeds ({seeds}) and other test examples: crossed random effects by moments [1, 2], degrees of "
        "freedom after Satterthwaite [3], with a correction for very few disagreements [4] and for skewed "
        "seeds [5]."
    ),
    "examples_t": (
        "The two models are compared example by example. The 95% interval allows for other test examples and "
        "nothing else: a paired t interval with a correction for very few disagreements [4]."
    ),
    "exact_bound": (
        "The two models differ by the same on every test example, in every seed. The 95% interval is the "
        "exact bound on how many examples could have told them apart."
    ),
    "one_group": (
        "All test examples belong to one group, which tells nothing of others: there is no interval."
    ),
}
_GROUPED = (
    " Test examples that belong together, rows of one group or near duplicates, may be alike: the interval "
    "takes each of the {groups} groups for one draw [10]."
)
_IN_PIECES = (
    "Memory did not hold a whole batch, so gradients were summed from smaller ones. Batch norms, where "
    "a network has some that follow the batches, saw one of these at a time: that is not the whole batch."
)
_OVER_SPLITS = (
    "The experiment was repeated on other random splits of the same data, {num_splits} in all, each with "
    "fresh weights and orders. The interval of the mean is the corrected resampled t interval [11], because "
    "such splits share examples; their correlation is the larger of the share that two have in common and "
    "the figure given there. It also allows for another choice of training and test examples. All other "
    "numbers of this report are about split {place}."
)
_REST = (
    (
        "Two models, one test",
        "McNemar's exact test [9] asks for each seed whether two trained models differ on these test "
        "examples. It is reported beside the interval and never pooled.",
    ),
    (
        "Warnings by rule",
        "A warning stands next to every result about a model that gave one answer to all examples, did not "
        "learn from the training examples, was still improving at the end, or fell below the largest class.",
    ),
)
SOURCES = (
    "Searle, Casella and McCulloch (1992). Variance Components. Wiley.",
    "Owen (2007). The pigeonhole bootstrap. The Annals of Applied Statistics 1, 386–411.",
    "Satterthwaite (1946). An approximate distribution of estimates of variance components. Biometrics "
    "Bulletin 2, 110–114.",
    "Bonett and Price (2012). Adjusted Wald confidence interval for a difference of binomial proportions "
    "based on paired data. Journal of Educational and Behavioral Statistics 37, 479–488.",
    "Johnson (1978). Modified t tests and confidence intervals for asymmetrical populations. Journal of the "
    "American Statistical Association 73, 536–544.",
    "Holm (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal of "
    "Statistics 6, 65–70.",
    "Shaffer (1986). Modified sequentially rejective multiple test procedures. Journal of the American "
    "Statistical Association 81, 826–831.",
    "Schuirmann (1987). A comparison of the two one-sided tests procedure and the power approach for "
    "assessing the equivalence of average bioavailability. Journal of Pharmacokinetics and Biopharmaceutics "
    "15, 657–680.",
    "McNemar (1947). Note on the sampling error of the difference between correlated proportions or "
    "percentages. Psychometrika 12, 153–157.",
    "Liang and Zeger (1986). Longitudinal data analysis using generalized linear models. Biometrika 73, "
    "13–22.",
    "Nadeau and Bengio (2003). Inference for the generalization error. Machine Learning 52, 239–281.",
)


def method_words(subject: ReportSubject) -> list[tuple[str, str]]:
    """Say how it was measured: a name and a paragraph for each thought."""
    experiment = subject.results.experiment
    is_reinitialised = subject.train_size < experiment.split.train
    seeds = (
        "weights, order and training examples"
        if is_reinitialised
        else "weights and order, on the same training examples"
    )
    groups = subject.verdict.num_groups
    grouped = "" if groups is None else _GROUPED.format(groups=f"{groups:,}")
    interval = (
        f"{_INTERVALS[subject.verdict.method].format(seeds=seeds)}{grouped} The p-value is made from "
        "this interval, so the two never contradict each other. All this is about the pair at the top."
    )
    is_alone = all(verdict.p_corrected is None for verdict in subject.results.verdicts)
    corrected = (
        "One pair was compared on these test examples, so no p-value is corrected."
        if is_alone
        else "The main pair of the first experiment on these test examples was fixed before anything was "
        "known. Every other p-value comes with one that is corrected for the number of pairs compared on "
        "them, in all experiments [6, 7]."
    )
    pairs = (
        f"{corrected} Two models are called equally good where the 90% interval lies within the smallest "
        f"difference that matters, {margin_words(subject.verdict)}, which was fixed before the start [8]."
    )
    series = experiment.series
    over_splits = _OVER_SPLITS.format(num_splits=series.num_splits, place=series.place) if series else ""
    return [
        ("One split for all", _split_words(subject)),
        ("The same training", _training_words(subject)),
        ("One seed" if experiment.num_seeds == 1 else "Several seeds", _seed_words(subject)),
        ("The interval", interval),
        *([("Repeated splits", over_splits)] if series else []),
        ("Pairs, and small differences", pairs),
        *_REST,
    ]


def _split_words(subject: ReportSubject) -> str:
    rule, split = subject.results.experiment.split.rule, subject.results.experiment.split
    has_own_test = bool(subject.dataset and subject.dataset.num_own_test)
    drawn = (_DRAWN_BESIDE_OWN_TEST if has_own_test else _DRAWN)[rule.method]
    words = [f"The test is a separate file, unchanged. {drawn}" if has_own_test else drawn]
    if subject.dataset is None and rule.method is not SplitMethod.OWN:
        words.append("The dataset is missing, so whether the test was a separate file is not known.")
    if rule.keep_together is None:
        words.append("Near duplicates were not kept together.")
    elif rule.method in (SplitMethod.STRATIFIED, SplitMethod.GROUPED):
        words.append("Near duplicates were kept together among the examples that were drawn.")
    words.append(
        f"With the same seed, all models learned from the same {subject.train_size:,} training examples. All "
        f"answered the same {split.test:,} test examples, each run once, after training. "
        f"{_LOOKED_AT_AGAIN}"
    )
    return " ".join(words)


def _neural_runs(subject: ReportSubject) -> list[FinishedRun]:
    return [
        run
        for run in subject.results.finished
        if run.config.arm.kind.is_neural and run.config.train_size == subject.train_size
    ]


def _training_words(subject: ReportSubject) -> str:
    """Say what was the same for every network and what differed, and how they trained."""
    runs = [run for run in _neural_runs(subject) if run.config.arm.kind.is_whole]
    if not runs:
        return "No network has finished, so nothing was trained step by step."
    same, differed = ["batches", "their order"], ["the weights at the start"]
    if len({run.config.base_model for run in runs}) == 1:
        same.append("architecture")
    else:
        is_pictorial = content_of(describe(runs[0].config.base_model or "").modality).is_pictorial
        with_tokenizer = "" if is_pictorial else " and tokenizer"
        differed.append(f"the architecture{with_tokenizer} of each base model")
    if len({run.record.precision for run in runs}) == 1:
        same.append("number format")
    else:
        differed.append("the number format")
    if len({tuple(sorted(run.record.versions.items())) for run in runs}) == 1:
        same.insert(0, "code")
    else:
        differed.append("the versions of the libraries")
    arms = {run.config.arm.name: run.config.arm.kind for run in runs}
    differed.append("each model's own learning rates")

    words = [f"{_listed(same).capitalize()} were the same for every network."]
    if any(run.config.arm.kind.is_frozen for run in subject.results.finished):
        words.append(_FROZEN)
    if len(arms) > 1:
        has_both = any(kind.is_scratch for kind in arms.values()) and any(
            kind.is_fine_tuned for kind in arms.values()
        )
        because = ", because rates made for fine-tuning are far too small for random weights"
        words.append(f"What differed: {_listed(differed)}{because if has_both else ''}.")
    return " ".join([*words, *_budget_words(subject, runs)])


def _budget_words(subject: ReportSubject, runs: list[FinishedRun]) -> list[str]:
    """Say how long the networks trained, and how much of each text they read."""
    ends = [run.events[-1] for run in runs]
    if runs[0].config.training.budget is BudgetRule.EQUAL_STEPS:
        steps = _between(end.step for end in ends)
        words = [f"Every network trained for {steps} steps and kept the last weights."]
    else:
        num_at_limit = sum(isinstance(end, RunFinished) and end.stop_reason == "budget" for end in ends)
        some = f"; {num_at_limit} of {len(runs)} runs reached the limit first" if num_at_limit else ""
        words = [
            "Every network trained until it stopped improving on validation, with the same patience and the "
            f"same limit{some}. Validation decided which weights each one kept."
        ]
    if any(run.config.arm.kind.is_on_pairs for run in runs):
        words.append(_CONTRASTIVE)
    limit = _between(text_limit(run) for run in runs)
    has_tfidf = any(run.config.arm.kind is ArmKind.TFIDF for run in subject.results.finished)
    content = content_of(describe(runs[0].config.base_model or "").modality)
    whole = "; TF-IDF reads all of it" if has_tfidf else ""
    words.append(f"Networks read {content.limit_words(limit)}{whole}.")
    if content.augmentation and runs[0].config.training.augments:
        words.append(f"In training, {content.augmentation}.")
    if content.is_pictorial and any(_is_in_pieces(run) for run in runs):
        words.append(_IN_PIECES)
    return words


def _is_in_pieces(run: FinishedRun) -> bool:
    at_once = run.record.micro_batch_size
    return at_once is not None and at_once < run.config.training.batch_size


def _between(counts: Iterable[int]) -> str:
    """Write the smallest and the largest count, or the one that all are."""
    ordered = sorted(counts)
    few, many = ordered[0], ordered[-1]
    return f"{few:,}" if few == many else f"{few:,} to {many:,}"


def _seed_words(subject: ReportSubject) -> str:
    experiment, size = subject.results.experiment, subject.train_size
    whole = experiment.split.train
    if size == whole:
        fixes = "A seed fixes the random weights and the order of the examples."
        rest = (
            f"Every seed learned from the same {size:,} training examples, which are all there are. So the "
            "interval does not allow for other training examples."
        )
    else:
        fixes = (
            "A seed fixes the random weights, the order of the examples, and which "
            f"{size:,} of the {whole:,} training examples are used."
        )
        rest = "Validation and test are the same for every seed."
    searched = any(run.record.rate_search for run in _neural_runs(subject))
    rates = " Learning rates were chosen with the first seed and used for all." if searched else ""
    once = (
        " A model without a network ran once and counts for every seed."
        if size == whole and any(not arm.kind.is_neural for arm in experiment.arms)
        else ""
    )
    caution = "Another seed gives another result, so a single training says little."
    return f"{fixes} {rest}{rates}{once} {caution}"


def _listed(words: list[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
