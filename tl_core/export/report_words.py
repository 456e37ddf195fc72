"""A report's own words: what each arm is, how it was measured, and what it does not show."""

from collections.abc import Collection, Sequence

from tl_core.catalogue.base_models import BaseModel
from tl_core.evaluation.wording import detection_words, few_seeds_words, pairs_words
from tl_core.planning.samples import NOT_EVIDENCE, SAMPLES
from tl_core.results.comparison import ExperimentResults
from tl_core.schema import ArmKind, BudgetRule, Verdict

_ARMS = {
    ArmKind.FINE_TUNED: "{title} as it was pretrained, with all its weights trained further here.",
    ArmKind.CONTRASTIVE: (
        "{title} trained further on pairs of texts, as SetFit does, and then logistic regression on what it "
        "gives. Each step reads as many texts as that of any other network."
    ),
    ArmKind.REINIT_TOP: "{title} with its top layers drawn at random; all its weights are trained.",
    ArmKind.EMBEDDINGS_ONLY: "{title} with all layers drawn at random; all its weights are trained.",
    ArmKind.ENCODER_ONLY: "{title} with its embeddings drawn at random; all its weights are trained.",
    ArmKind.SHUFFLED: "{title} with its weights in random places: their scale without what they know.",
    ArmKind.FROZEN: "{title} left as it was pretrained; only a linear head on top of it is trained.",
    ArmKind.TFIDF: "Counts of words and word pairs with logistic regression: no network, no pretraining.",
    ArmKind.SCRATCH: "The architecture of {title} with weights drawn at random: nothing learned before.",
    ArmKind.FROZEN_RANDOM: "The architecture of {title} left at random weights; only a head is trained.",
    ArmKind.MAJORITY: "Always answers the largest class: the floor that anything useful must beat.",
}
_BUDGETS = {
    BudgetRule.EQUAL_STEPS: "All networks trained for the same number of steps and kept their last weights.",
    BudgetRule.PLATEAU: (
        "All networks trained until they stopped improving on validation, with the same patience and the "
        "same limit, and kept their best weights on validation."
    ),
}
_PAIRS = (
    " The contrastive arm took the same steps with as many texts in each, but in pairs drawn for it; its "
    "head was fitted after the last step."
)
_METHOD = (
    (
        "One split for all",
        "Each example was put into train, validation or test by a hash of its content. All arms learned from "
        "the same train examples and answered the same test examples. The test examples were scored once, "
        "after the training; nothing was chosen on them.",
    ),
    (
        "The same training",
        "Code, architecture, batches, their order and the number format were the same for every network. Two "
        "things differed: the weights at the start, and each arm's own learning rate, because rates made for "
        "fine-tuning are far too small for random weights. {budget}",
    ),
    (
        "Several seeds",
        "A seed fixes the random weights, the order and the choice of examples. With another seed the same "
        "training ends elsewhere, so that one training alone says little.",
    ),
    (
        "An interval that counts both",
        "The difference is taken example by example and seed by seed. Its 95 % interval counts that other "
        "seeds and other test examples could have been drawn: crossed random effects by moments [1, 2], "
        "degrees of freedom after Satterthwaite [3], with a guard for a handful of disagreements [4] and "
        "more room on the side of bad seeds [5]. The p-value is the inversion of this interval, so the two "
        "never contradict each other.",
    ),
    (
        "Several pairs, and small differences",
        "Beside each p-value stands one that is corrected for the number of pairs compared [6]. Two arms are "
        "called equivalent where a 90 % interval lies within a margin that was fixed before the start [7].",
    ),
    (
        "Two models, one test",
        "McNemar's exact test [8] asks for each seed alone whether two trained models differ on these test "
        "examples. It is given beside the interval and never pooled.",
    ),
    (
        "Warnings by rule",
        "An arm that answered one class for all, did not learn its own examples, was still improving at its "
        "end, or fell below the largest class is named in the same sentence as any claim about it.",
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
    "Schuirmann (1987). A comparison of the two one-sided tests procedure and the power approach for "
    "assessing the equivalence of average bioavailability. Journal of Pharmacokinetics and Biopharmaceutics "
    "15, 657–680.",
    "McNemar (1947). Note on the sampling error of the difference between correlated proportions or "
    "percentages. Psychometrika 12, 153–157.",
)


def arm_words(kind: ArmKind, title: str) -> str:
    """Say in one sentence what an arm is; ``title`` is its base model's."""
    return _ARMS[kind].format(title=title)


def method_words(budget: BudgetRule, kinds: Collection[ArmKind]) -> list[tuple[str, str]]:
    """Say how it was measured: a name and a paragraph for each thought; numbers refer to `SOURCES`."""
    told = _BUDGETS[budget] + (_PAIRS if ArmKind.CONTRASTIVE in kinds else "")
    return [(name, words.format(budget=told)) for name, words in _METHOD]


def limit_words(results: ExperimentResults, verdict: Verdict, base_models: Sequence[BaseModel]) -> list[str]:
    """Say what the report does not show.

    Parameters
    ----------
    verdict
        The one that the report is about.
    base_models
        Those of the arms with a network.
    """
    kinds = {arm.kind for arm in results.experiment.arms}
    limits = [
        "It holds for this dataset, this split and these models. Other texts, labels or languages may turn "
        "out otherwise, and so may these texts once they have changed with time.",
        *_sample_limit(results),
        *_certainty_limits(results, verdict),
        "The learning rates are recorded ones and were not searched for on this dataset: each arm could gain "
        "from a search.",
    ]
    if ArmKind.SCRATCH in kinds:
        limits.append(
            "The network from scratch reads with the pretrained vocabulary; a vocabulary made of these texts "
            "alone could serve it better or worse."
        )
    limits += [_seen_before(model) for model in base_models]
    limits.append(
        "It says nothing about fairness towards groups of people, about texts that somebody wrote to "
        "mislead, or about what running a model costs."
    )
    return limits


def _sample_limit(results: ExperimentResults) -> list[str]:
    return [NOT_EVIDENCE] if results.experiment.dataset_name in SAMPLES else []


def _certainty_limits(results: ExperimentResults, verdict: Verdict) -> list[str]:
    low, high = verdict.ci95
    limits = [
        f"With {verdict.num_examples:,} test examples the interval reaches about {50 * (high - low):.1f} "
        f"points to either side. {detection_words(verdict)}"
    ]
    if verdict.num_seeds == 1:
        limits.append(
            "There is one seed, so the interval is about these two trained models alone and says nothing "
            "about other trainings."
        )
    elif verdict.num_seeds < 5:
        limits.append(
            f"{verdict.num_seeds} seeds show little of a training that fails now and then. "
            f"{few_seeds_words(verdict)}".strip()
        )
    if len(results.verdicts) > 1:
        limits.append(f"{pairs_words(results.verdicts)} The pair at the top was fixed before the start.")
    return limits


def _seen_before(model: BaseModel) -> str:
    words = f"What {model.title} has seen before: {model.pretraining}"
    if not model.overlaps:
        return f"{words} Texts like these make it look better than it would on other tasks."
    return f"{words} A comparison on one of these sets flatters it: {', '.join(model.overlaps)}."
