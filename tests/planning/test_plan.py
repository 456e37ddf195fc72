from typing import Any

import pytest

from tests.plans import plan_as_asked
from tests.store.makers import make_info
from tl_core.errors import PlanError
from tl_core.planning.plan import default_metric, expand, num_runs, parse_arms, plan_experiment, plan_training
from tl_core.planning.presets import DEFAULT_RATES, OWN_HEAD_RATES, PRESETS
from tl_core.schema import (
    Arm,
    ArmKind,
    BudgetRule,
    DatasetInfo,
    ExperimentConfig,
    LearningRates,
    Metric,
    Preset,
    RunConfig,
    SplitInfo,
    Task,
)

OTHER = "distilbert-base-uncased"


def make_split(train: int = 400) -> SplitInfo:
    return SplitInfo(
        hash="5" * 64, dataset_fingerprint="f" * 64, seed=0, train=train, validation=80, test=160
    )


def plan(*arms: str, train: int = 400, dataset: DatasetInfo | None = None, **asked: Any) -> ExperimentConfig:
    return plan_as_asked(
        experiment_id="exp_1",
        name="Reviews",
        dataset=dataset or make_info(),
        split=make_split(train),
        task=Task.SENTIMENT,
        base_model=asked.pop("base_model", "builtin"),
        arms=parse_arms(arms or ("fine_tuned", "scratch")),
        **asked,
    )


def runs_of(experiment: ExperimentConfig) -> tuple[RunConfig, ...]:
    return expand(experiment, [f"run_{n}" for n in range(num_runs(experiment))])


# --- what a plan is made of -------------------------------------------------------------------------------


@pytest.mark.parametrize("preset", list(Preset))
def test_what_is_not_asked_for_comes_from_the_preset(preset: Preset) -> None:
    choice = PRESETS[preset]
    experiment = plan(preset=preset, train=20_000)
    assert experiment.num_seeds == choice.num_seeds
    assert experiment.training.epochs == choice.epochs
    assert experiment.train_sizes == (choice.max_train_size or 20_000,)
    assert plan_training(preset).budget is BudgetRule.PLATEAU
    assert choice.purpose.endswith(".")


def test_what_is_asked_for_wins() -> None:
    experiment = plan(
        num_seeds=2, train_sizes=[100, 50, 100], epochs=0.5, max_length=32, budget=BudgetRule.PLATEAU
    )
    assert (experiment.num_seeds, experiment.train_sizes) == (2, (50, 100))
    training = experiment.training
    assert (training.epochs, training.max_length, training.budget) == (0.5, 32, BudgetRule.PLATEAU)


def test_a_preset_takes_no_more_than_there_is() -> None:
    assert plan(train=120).train_sizes == (120,)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({"a": 60, "b": 40}, Metric.ACCURACY),
        ({"a": 61, "b": 39}, Metric.MACRO_F1),
        ({"a": 1}, Metric.MACRO_F1),
    ],
)
def test_imbalance_makes_macro_f1_the_headline_metric(counts: dict[str, int], expected: Metric) -> None:
    assert default_metric(counts) is expected
    assert plan(dataset=make_info().model_copy(update={"label_counts": counts})).headline_metric is expected
    assert plan(headline_metric=Metric.ACCURACY).headline_metric is Metric.ACCURACY


@pytest.mark.parametrize(
    ("labels", "metric", "said"),
    [
        (("1", "2", "3"), Metric.AUROC, "AUROC needs two labels, and there are 3."),
        (
            ("a", "b", "c"),
            Metric.QUADRATIC_KAPPA,
            "Quadratic kappa needs three or more labels that are numbers",
        ),
        (("0", "1"), Metric.QUADRATIC_KAPPA, "Quadratic kappa needs three or more labels that are numbers"),
    ],
)
def test_a_metric_that_does_not_fit_the_labels_is_refused(
    labels: tuple[str, ...], metric: Metric, said: str
) -> None:
    info = make_info()
    info = info.model_copy(update={"columns": info.columns.model_copy(update={"labels": labels})})
    with pytest.raises(PlanError) as refusal:
        plan(dataset=info, headline_metric=metric)
    assert refusal.value.message.startswith(said)
    assert "balanced_accuracy" in refusal.value.remedy
    assert metric.value not in refusal.value.remedy
    assert plan(dataset=info, headline_metric=Metric.BALANCED_ACCURACY).headline_metric == "balanced_accuracy"


def test_each_arm_that_takes_steps_has_its_own_rates_and_others_have_none() -> None:
    asked = {f"fine_tuned:{OTHER}": LearningRates(encoder=2e-5, head=1e-3)}
    experiment = plan(
        "majority", "scratch", "frozen", "fine_tuned", f"fine_tuned:{OTHER}", learning_rates=asked
    )
    assert experiment.learning_rates == {
        "scratch": DEFAULT_RATES[ArmKind.SCRATCH],
        "fine_tuned": DEFAULT_RATES[ArmKind.FINE_TUNED],
        **asked,
    }
    assert {kind for kind in ArmKind if kind.is_whole and not kind.is_partial} == DEFAULT_RATES.keys()
    for kind, rates in DEFAULT_RATES.items():
        assert rates.encoder > 0
        assert (rates.head == 0) is (kind is ArmKind.CONTRASTIVE)


def test_the_experiments_own_base_model_needs_no_name() -> None:
    rates = LearningRates(encoder=1e-5, head=1e-5)
    experiment = plan("fine_tuned:builtin", "scratch", learning_rates={"fine_tuned:builtin": rates})
    assert experiment.arms[0] == Arm(kind=ArmKind.FINE_TUNED)
    assert experiment.learning_rates["fine_tuned"] == rates


def test_a_partial_arm_lets_each_weight_learn_as_one_that_starts_like_it() -> None:
    names = ("reinit_top_2", "embeddings_only", "encoder_only", "shuffled")
    tuned, scratch = DEFAULT_RATES[ArmKind.FINE_TUNED], DEFAULT_RATES[ArmKind.SCRATCH]
    top, embeddings, layers, shuffled = (plan(*names).learning_rates[name] for name in names)
    assert (layers.encoder, layers.redrawn, layers.head) == (tuned.encoder, scratch.encoder, tuned.head)
    assert (top.encoder, top.redrawn, top.head) == (tuned.encoder, scratch.encoder, scratch.head)
    assert embeddings == top
    assert shuffled == scratch


def test_an_arm_says_how_many_layers_it_draws_anew() -> None:
    (arm,) = plan(f"reinit_top_3:{OTHER}").arms
    assert (arm.num_layers, arm.base_model, arm.name) == (3, OTHER, f"reinit_top_3:{OTHER}")
    assert plan("reinit_top_3:builtin").arms == (Arm(kind=ArmKind.REINIT_TOP, num_layers=3),)
    assert [run.arm.num_layers for run in runs_of(plan("reinit_top_2", "reinit_top_1", num_seeds=1))] == [
        1,
        2,
    ]


def test_pairs_of_examples_with_weights_are_refused() -> None:
    info = make_info()
    weighted = info.model_copy(update={"columns": info.columns.model_copy(update={"weight_column": "n"})})
    with pytest.raises(PlanError, match="Contrastive cannot use weights, .* “n”"):
        plan("contrastive", "fine_tuned", dataset=weighted)


def test_a_sentence_encoder_can_be_tuned_on_pairs() -> None:
    experiment = plan("contrastive", "fine_tuned")
    assert experiment.learning_rates["contrastive"] == DEFAULT_RATES[ArmKind.CONTRASTIVE]
    assert OWN_HEAD_RATES[ArmKind.CONTRASTIVE] == DEFAULT_RATES[ArmKind.CONTRASTIVE]


# --- what is refused --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arms", "said"),
    [
        (["fine_tuned", "fine_tuned"], "Fine-tuned is listed twice"),
        (["fine_tuned", "fine_tuned:builtin"], "Fine-tuned is listed twice"),
        (["bert"], "no model “bert”"),
        (["majority:builtin"], "Majority uses no base model"),
        ([f"tfidf:{OTHER}"], "TF-IDF uses no base model"),
        (["reinit_top"], "no model “reinit_top”. Choose among .*reinit_top_N"),
        (["reinit_top_0"], "no model “reinit_top_0”"),
        (["scratch_2"], "no model “scratch_2”"),
        (["reinit_top_7"], "all-MiniLM-L6 has only 6 layers, too few for Top 7 layers"),
        (
            ["fine_tuned", f"contrastive:{OTHER}"],
            "Contrastive .* needs a sentence encoder on disk.*all-MiniLM-L6",
        ),
    ],
)
def test_arms_that_make_no_sense_are_refused(arms: list[str], said: str) -> None:
    with pytest.raises(PlanError, match=said):
        plan(*arms)


def test_no_arm_is_refused() -> None:
    with pytest.raises(PlanError, match="No model is chosen"):
        plan_experiment(
            experiment_id="exp_1",
            name="",
            dataset=make_info(),
            split=make_split(),
            task=Task.TOPIC,
            base_model="builtin",
            arms=(),
        )


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"train_sizes": [1]}, "1 training example is too few for 2 labels"),
        ({"train_sizes": [-5, 100]}, "-5 training examples are too few"),
        ({"train_sizes": [100, 401]}, "401 training examples are more than the 400"),
        ({"num_seeds": 0}, "num_seeds cannot be “0”"),
        ({"epochs": 0}, "epochs cannot be “0”"),
        ({"max_length": 4}, "max_length cannot be “4”"),
        ({"batch_size": 0}, "batch_size cannot be “0”"),
        ({"learning_rates": {"frozen": LearningRates(encoder=0, head=1)}}, "Frozen has a learning rate"),
    ],
)
def test_numbers_out_of_range_are_refused(asked: dict[str, Any], said: str) -> None:
    with pytest.raises(PlanError, match=said):
        plan(**asked)


# --- the runs -----------------------------------------------------------------------------------------------


def test_all_arms_of_the_first_seed_come_first_and_the_headline_right_after_the_floor() -> None:
    experiment = plan("fine_tuned", "frozen", "scratch", "tfidf", "majority", num_seeds=2)
    assert [(run.seed, run.arm.name) for run in runs_of(experiment)] == [
        (0, "majority"),
        (0, "scratch"),
        (0, "fine_tuned"),
        (0, "tfidf"),
        (0, "frozen"),
        (1, "scratch"),
        (1, "fine_tuned"),
        (1, "frozen"),
    ]
    assert [run.position for run in runs_of(experiment)] == list(range(8))


def test_deterministic_arms_run_once_a_subset() -> None:
    experiment = plan("tfidf", "fine_tuned", num_seeds=3, train_sizes=[50, 400])
    counts = {
        (arm, size): sum((run.arm.name, run.train_size) == (arm, size) for run in runs_of(experiment))
        for arm in ("tfidf", "fine_tuned")
        for size in (50, 400)
    }
    assert counts == {("tfidf", 50): 3, ("tfidf", 400): 1, ("fine_tuned", 50): 3, ("fine_tuned", 400): 3}


def test_a_seed_fixes_the_same_three_seeds_for_all_its_runs() -> None:
    runs = runs_of(plan("scratch", "fine_tuned", num_seeds=3, train_sizes=[50, 100]))
    by_seed = {run.seed: {one.seeds for one in runs if one.seed == run.seed} for run in runs}
    assert all(len(seeds) == 1 for seeds in by_seed.values())
    assert len(set.union(*by_seed.values())) == 3


def test_each_run_knows_its_base_model() -> None:
    runs = runs_of(plan("majority", "fine_tuned", f"fine_tuned:{OTHER}", num_seeds=1))
    assert {run.arm.name: run.base_model for run in runs} == {
        "majority": None,
        "fine_tuned": "builtin",
        f"fine_tuned:{OTHER}": OTHER,
    }


def test_a_balanced_arm_stands_beside_its_plain_one_with_the_same_rates() -> None:
    made = plan("fine_tuned", "fine_tuned_balanced", "tfidf_balanced")
    assert [arm.name for arm in made.arms] == ["fine_tuned", "fine_tuned_balanced", "tfidf_balanced"]
    assert made.learning_rates["fine_tuned_balanced"] == made.learning_rates["fine_tuned"]
    assert Arm.parse("reinit_top_2_balanced:org/one") == Arm(
        kind=ArmKind.REINIT_TOP, num_layers=2, base_model="org/one", is_balanced=True
    )
    runs = expand(made, [str(place) for place in range(num_runs(made))])
    assert {run.arm.name: run.balances_classes for run in runs} == {
        "fine_tuned": False,
        "fine_tuned_balanced": True,
        "tfidf_balanced": True,
    }


@pytest.mark.parametrize("arm", ["majority_balanced", "contrastive_balanced"])
def test_what_has_no_classes_to_weigh_is_not_balanced(arm: str) -> None:
    with pytest.raises(PlanError, match="balance"):
        plan("fine_tuned", arm)


def test_a_contrastive_arm_is_refused_where_all_classes_count_alike() -> None:
    with pytest.raises(PlanError, match="learns from pairs"):
        plan("contrastive", balances_classes=True)
    assert plan("fine_tuned", "majority", balances_classes=True).training.balances_classes
