"""What was the same for all arms is stated, what was not is named."""

import pytest

from tests.pages.fixtures import add_experiment, finish_all, finish_run, runs_of, store_sample_dataset
from tl_core.results.comparison import gather
from tl_core.results.fairness import fairness_facts
from tl_core.schema import LearningRates, Precision, RateSearch, SplitName, TriedRates

LABELS = {"majority": "Majority", "tfidf": "TF-IDF", "scratch": "From scratch", "fine_tuned": "Fine-tuned"}


def facts(workspace, experiment):
    results = gather(workspace, experiment.experiment_id)
    return {fact.name: fact for fact in fairness_facts(results, experiment.train_sizes[0], LABELS)}


@pytest.fixture
def experiment(workspace):
    made = add_experiment(workspace, store_sample_dataset(workspace), num_seeds=2)
    finish_all(workspace, made)
    return made


def test_a_fair_experiment_has_no_difference(workspace, experiment):
    found = facts(workspace, experiment)
    assert not any(fact.difference for fact in found.values())
    assert found["Seeds"].value == "2, the same for all models"
    assert found["Training examples"].value == "the same 33 for every seed"
    assert found["Text limit"].value == "128 tokens; TF-IDF reads whole texts"
    assert found["Budget"].value == "equal steps: 60, batch 16"
    assert found["Learning rates"].value == "Fine-tuned 1e-4, head 5e-3 · From scratch 5e-4"
    assert found["Precision"].value == "float32"
    assert found["Versions"].value == "torch 2.13.0, python 3.11.7"
    assert found["Split"].value.startswith(
        "33 training, 9 validation and 18 test examples, the same for all models"
    )
    assert found["Base model"].value == "all-MiniLM-L6"
    assert found["Vocabulary"].value == "the base model's, also for From scratch"


def test_it_says_whether_seeds_learn_from_different_examples(workspace):
    arms = ("fine_tuned", "frozen")
    made = add_experiment(workspace, store_sample_dataset(workspace), arms, 2, train_sizes=[12, 33])
    finish_all(workspace, made)
    results = gather(workspace, made.experiment_id)
    labels = {"fine_tuned": "Fine-tuned", "frozen": "Frozen"}
    of_size = {size: {f.name: f.value for f in fairness_facts(results, size, labels)} for size in (12, 33)}
    assert of_size[12]["Training examples"] == "12 of 33, other ones for each seed"
    assert of_size[33]["Training examples"] == "the same 33 for every seed"
    assert of_size[33]["Vocabulary"] == "the base model's"
    assert of_size[33]["Text limit"] == "128 tokens"


@pytest.mark.parametrize(
    ("shares", "said"),
    [
        ((0.25, 0.1), ", which 25.0% of the training texts and 10.0% of the test texts reach"),
        ((0.0, 0.0), ", which no text reaches"),
    ],
)
def test_how_many_texts_reach_the_limit_is_said(workspace, experiment, shares, said):
    for run in runs_of(workspace, experiment):
        folder = workspace.run_folder(run.run_id)
        at_limit = dict(zip((SplitName.TRAIN, SplitName.TEST), shares, strict=True))
        folder.write_record(folder.read_record().model_copy(update={"at_limit": at_limit}))
    limit = facts(workspace, experiment)["Text limit"].value
    assert limit == f"128 tokens{said}; TF-IDF reads whole texts"


def test_a_best_rate_at_the_edge_of_what_was_tried_is_said(workspace, experiment):
    tried = [
        TriedRates(rates=LearningRates(encoder=rate, head=100 * rate), value=0.8, loss=0.5)
        for rate in (1e-5, 5e-5, 2e-4)
    ]
    for run in runs_of(workspace, experiment):
        if run.arm.name == "fine_tuned":
            folder = workspace.run_folder(run.run_id)
            search = RateSearch(tried=tuple(tried), num_examples=9, train_size=33, train_s=12.0)
            record = folder.read_record()
            config = record.config.model_copy(update={"learning_rates": tried[0].rates})
            folder.write_record(record.model_copy(update={"rate_search": search, "config": config}))
    value = facts(workspace, experiment)["Learning rates"].value
    assert value.endswith("The best of Fine-tuned was at the edge of what was tried")


def test_the_pairs_of_a_contrastive_arm_are_stated(workspace):
    arms = ("scratch", "contrastive")
    made = add_experiment(workspace, store_sample_dataset(workspace), arms=arms, num_seeds=1)
    finish_all(workspace, made)
    results = gather(workspace, made.experiment_id)
    labels = {"scratch": "From scratch", "contrastive": "Contrastive"}
    found = {fact.name: fact for fact in fairness_facts(results, made.train_sizes[0], labels)}
    assert found["Learning rates"].value == "Contrastive 5e-5 · From scratch 5e-4"
    assert found["Pairs"].value.startswith("Contrastive: the same steps")
    assert not found["Pairs"].difference


@pytest.mark.parametrize(
    ("name", "change", "difference"),
    [
        (
            "Precision",
            {"precision": Precision.BFLOAT16},
            "bfloat16 in Fine-tuned, seed 1; float32 in the others",
        ),
        ("Threads", {"num_threads": 8}, "8 in Fine-tuned, seed 1; 2 in the others"),
        ("Device", {"device": "cuda"}, "GPU in Fine-tuned, seed 1; CPU in the others"),
        (
            "Energy",
            {"energy_method": None},
            "not measured in Fine-tuned, seed 1; estimated from the load at 9 W in the others",
        ),
        (
            "Versions",
            {"versions": {"python": "3.11.7", "torch": "2.12.0"}},
            "torch 2.12.0 in Fine-tuned, seed 1; 2.13.0 in the others",
        ),
    ],
)
def test_what_differs_is_named_with_its_run(workspace, experiment, name, change, difference):
    last = runs_of(workspace, experiment)[-1]
    folder = workspace.run_folder(last.run_id)
    folder.write_record(folder.read_record().model_copy(update=change))
    found = facts(workspace, experiment)
    assert found[name].difference == difference
    assert [fact.name for fact in found.values() if fact.difference] == [name]


def note(workspace, runs, **changes):
    for run in runs:
        folder = workspace.run_folder(run.run_id)
        folder.write_record(folder.read_record().model_copy(update=changes))


def test_weights_are_told_where_there_are_any(workspace, experiment):
    assert "Example weights" not in facts(workspace, experiment)
    runs = runs_of(workspace, experiment)
    note(workspace, runs, weight_column="trust")
    told = facts(workspace, experiment)["Example weights"]
    assert told.value.startswith("trust, in training only; on test all examples count the same")
    assert not told.difference
    note(workspace, runs[-1:], weight_column=None)
    assert facts(workspace, experiment)["Example weights"].difference == (
        "none in Fine-tuned, seed 1; trust in the others"
    )


def test_a_seed_that_an_arm_lacks_is_named(workspace):
    made = add_experiment(workspace, store_sample_dataset(workspace), ("scratch", "fine_tuned"), 2)
    for run in runs_of(workspace, made)[:3]:
        finish_run(workspace, run)
    assert facts(workspace, made)["Seeds"].difference == "Fine-tuned has no seed 1"


def test_several_base_models_are_named_and_share_no_vocabulary(workspace):
    arms = ("scratch", "fine_tuned", "fine_tuned:org/other")
    made = add_experiment(workspace, store_sample_dataset(workspace), arms)
    finish_all(workspace, made)
    labels = {**LABELS, "fine_tuned:org/other": "Fine-tuned · other"}
    results = gather(workspace, made.experiment_id)
    found = {fact.name: fact for fact in fairness_facts(results, 33, labels)}
    assert (
        found["Base model"].difference == "other in Fine-tuned · other, seed 0; all-MiniLM-L6 in the others"
    )
    assert found["Vocabulary"].value == "each base model's own, also for From scratch"


def test_without_a_network_there_is_no_vocabulary(workspace):
    made = add_experiment(workspace, store_sample_dataset(workspace), ("majority", "tfidf"))
    finish_all(workspace, made)
    assert not {"Base model", "Vocabulary"} & set(facts(workspace, made))


def search(train_s):
    tried = TriedRates(rates=LearningRates(encoder=1e-4, head=1e-2), value=0.8, loss=0.4)
    return RateSearch(tried=(tried,) * 3, train_size=33, num_examples=9, train_s=train_s)


def test_rates_chosen_on_validation_are_told_with_their_rule_and_cost(workspace, experiment):
    seconds = {"scratch": 40.0, "fine_tuned": 20.0}
    for run in runs_of(workspace, experiment):
        if run.arm.name in seconds:
            folder = workspace.run_folder(run.run_id)
            found = {"rate_search": search(seconds[run.arm.name])}
            folder.write_record(folder.read_record().model_copy(update=found))
    fact = facts(workspace, experiment)["Learning rates"]
    assert (
        "recorded ones, unless others of 3 were ahead by more than chance on 9 validation examples"
        in fact.value
    )
    assert "took 60 s of training, which is not included in other times" in fact.value
    assert not fact.difference


def test_rates_of_one_arm_set_by_hand_are_a_difference(workspace, experiment):
    for run in runs_of(workspace, experiment):
        if run.arm.name == "scratch":
            folder = workspace.run_folder(run.run_id)
            folder.write_record(folder.read_record().model_copy(update={"rate_search": search(5.0)}))
    fact = facts(workspace, experiment)["Learning rates"]
    assert fact.difference == "set by hand for Fine-tuned, chosen on validation for the others"
