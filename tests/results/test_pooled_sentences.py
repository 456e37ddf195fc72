"""What is said about each answer: never without interval, seeds and n, and never more than was shown."""

import pytest

from tests.pages.fixtures import add_experiment, finish_all, finish_run, runs_of, store_sample_dataset
from tl_core.results.comparison import gather
from tl_core.results.pooled import FROZEN, SCRATCH, TUNED, Answer, find_verdict, put_together
from tl_core.results.pooled_sentences import conclude, tell


@pytest.fixture
def intake(workspace):
    return store_sample_dataset(workspace)


def pooled_with(workspace, intake, num_seeds=3, arms=("majority", "scratch", "fine_tuned"), **accuracies):
    experiment = add_experiment(workspace, intake, arms, num_seeds)
    finish_all(workspace, experiment, **accuracies)
    return put_together(experiment, [gather(workspace, experiment.experiment_id)])


def grown(workspace, intake, tuned, scratch):
    """Finish 4 and 33 train examples with the accuracies given for the two."""
    experiment = add_experiment(workspace, intake, ("scratch", "fine_tuned"), 3, train_sizes=[4, 33])
    for run in runs_of(workspace, experiment):
        of_arm = tuned if run.arm.name == "fine_tuned" else scratch
        finish_run(workspace, run, of_arm[run.train_size == 33])
    return put_together(experiment, [gather(workspace, experiment.experiment_id)])


def claims(said):
    return " ".join(one.claim for one in said)


def test_from_scratch_is_told_with_its_floor(workspace, intake):
    said = tell(Answer.SCRATCH, pooled_with(workspace, intake, scratch=0.5))
    assert said[0].claim == "From scratch reaches 50.0% test accuracy with 33 labels after 29 epochs."
    assert said[0].status.words == "From scratch was still improving when it stopped"
    assert said[0].proof.startswith("95% interval ")
    assert said[0].proof.endswith("3 seeds, 18 test examples")
    assert "Majority reaches 33.3%" in said[1].claim


def test_adapting_begins_with_the_difference(workspace, intake):
    said = tell(Answer.ADAPTING, pooled_with(workspace, intake, fine_tuned=1.0, scratch=0.4))
    assert said[0].claim.startswith(
        "Fine-tuned is 61.1 points more accurate than the same network from scratch."
    )
    assert " points, 3 seeds, 18 test examples" in said[0].proof


def test_wiping_compares_with_and_without_training(workspace, intake):
    arms = ("scratch", "fine_tuned", "frozen", "frozen_random")
    pooled = pooled_with(
        workspace, intake, 3, arms, fine_tuned=0.9, frozen=0.9, frozen_random=0.2, scratch=0.2
    )
    said = tell(Answer.WIPING, pooled)
    assert "the same network from scratch" in said[0].claim
    assert said[1].claim.startswith("Frozen is")
    assert said[1].claim.endswith("than Random frozen.")


def test_an_answer_without_results_says_nothing(workspace, intake):
    experiment = add_experiment(workspace, intake)
    pooled = put_together(experiment, [gather(workspace, experiment.experiment_id)])
    assert [tell(answer, pooled) for answer in Answer] == [[], [], [], []]
    assert conclude(pooled) == []


def test_more_labels_name_both_train_sizes(workspace, intake):
    said = tell(Answer.MORE_LABELS, grown(workspace, intake, tuned=(1.0, 1.0), scratch=(0.3, 0.4)))
    assert "Pretraining saved at least 29 labels" in said[1].claim
    assert said[0].claim.startswith("With 4 labels for Fine-tuned and 33 for From scratch, Fine-tuned is")
    assert "with 33 labels" in said[2].claim
    assert "with 4 labels" in said[3].claim
    assert all("95% interval" in one.claim + one.proof for one in said)


def test_when_labels_do_not_make_up_for_knowledge_it_says_so(workspace, intake):
    said = conclude(grown(workspace, intake, tuned=(1.0, 1.0), scratch=(0.4, 0.45)))
    assert "worth that much" in said[1].claim
    assert said[2].claim.endswith("8 times as many labels did not make up for pretraining.")
    assert said[2].status.severity == "warning"


def test_when_labels_make_up_for_knowledge_it_says_so(workspace, intake):
    said = conclude(grown(workspace, intake, tuned=(0.55, 1.0), scratch=(0.55, 1.0)))
    assert "More labels made up for pretraining" in said[-1].claim


def test_when_labels_may_make_up_for_it_no_more_is_said(workspace, intake):
    said = conclude(grown(workspace, intake, tuned=(0.6, 1.0), scratch=(0.2, 0.6)))
    assert "More labels may make up for pretraining: no clear difference" in said[-1].claim


def test_harm_is_told_as_harm(workspace, intake):
    said = conclude(pooled_with(workspace, intake, fine_tuned=0.45, scratch=1.0))
    assert "did harm" in claims(said)
    assert "worth" not in claims(said)


def test_no_difference_is_no_proof(workspace, intake):
    said = conclude(pooled_with(workspace, intake, fine_tuned=0.55, scratch=0.5))
    assert "it is not clear whether pretraining helps" in claims(said)
    assert "points points" not in said[0].proof
    assert said[0].proof.split(". ")[0].count("points") == 1


def test_one_seed_is_said(workspace, intake):
    said = tell(Answer.SCRATCH, pooled_with(workspace, intake, num_seeds=1, scratch=0.5))
    assert "1 seed" in said[0].proof


# --- the same reservations as on Compare -------------------------------------------------------------------


def test_what_follows_names_the_setting_and_how_long_was_trained(workspace, intake):
    pooled = pooled_with(workspace, intake, fine_tuned=1.0, scratch=0.4)
    (main, closing) = conclude(pooled)
    assert "both after 29 epochs" in main.proof
    assert closing.claim.startswith("In this setting after 29 epochs, pretraining was worth that much")
    assert "know" not in closing.claim


def test_nothing_follows_from_a_win_against_an_arm_that_failed(workspace, intake):
    said = conclude(pooled_with(workspace, intake, fine_tuned=1.0, scratch=0.1))
    assert said[0].status.code == "baseline_failed"
    assert said[1].claim == "So this says nothing about pretraining yet."
    assert "worth" not in said[1].claim


def test_the_main_difference_is_the_experiments_own_either_way_round(workspace, intake):
    arms = ("majority", "tfidf", "frozen", "frozen_random", "scratch", "fine_tuned")
    experiment = add_experiment(workspace, intake, arms, 3)
    finish_all(workspace, experiment, fine_tuned=0.85, scratch=0.5)
    results = gather(workspace, experiment.experiment_id)
    pooled = put_together(experiment, [results])
    assert find_verdict(pooled, TUNED, SCRATCH) == results.headline
    turned = find_verdict(pooled, SCRATCH, TUNED)
    assert (turned.p_corrected, turned.is_primary) == (None, True)
    assert find_verdict(pooled, FROZEN, SCRATCH).num_pairs == 14
    assert turned.status.code == results.headline.status.code
    assert conclude(pooled)[0].status == results.headline.status


def test_arms_of_two_experiments_are_one_more_pair_of_the_family(workspace, intake):
    one = add_experiment(workspace, intake, ("majority", "fine_tuned"), 3)
    other = add_experiment(workspace, intake, ("tfidf", "scratch"), 3)
    for experiment in (one, other):
        finish_all(workspace, experiment, fine_tuned=0.9, scratch=0.5)
    pooled = put_together(one, [gather(workspace, each.experiment_id) for each in (one, other)])
    across = find_verdict(pooled, TUNED, SCRATCH)
    assert (across.num_pairs, across.is_primary) == (2, False), "that of the other experiment, and this one"
    assert across.p_corrected is not None


def test_a_level_of_a_network_says_how_long_it_trained(workspace, intake):
    said = tell(Answer.ADAPTING, pooled_with(workspace, intake, fine_tuned=1.0, scratch=0.4))
    assert "with 33 labels after 29 epochs" in said[1].claim


def test_one_seed_draws_no_conclusion_about_pretraining(workspace, intake):
    pooled = pooled_with(workspace, intake, num_seeds=1, fine_tuned=1.0, scratch=0.4)
    said = conclude(pooled)
    assert said[1].claim == "That is one training of each: nothing follows for others yet."
    assert "worth that much" not in claims(said)
