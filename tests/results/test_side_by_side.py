"""Any runs side by side: pooled by settings, paired over common seeds, refused on different tests."""

import pytest

from tests.files.tables import CHOICE, table
from tests.pages.fixtures import (
    add_experiment,
    fail_run,
    finish_all,
    finish_run,
    runs_of,
    start_run,
    store_sample_dataset,
)
from tests.pages.texts import TEXTS
from tl_core.datasets.dataset import build_dataset
from tl_core.displays import side_by_side
from tl_core.errors import ComparisonError
from tl_core.intake.intake import store_dataset
from tl_core.results.comparison import gather
from tl_core.results.side_by_side import finished_of, put_side_by_side
from tl_core.schema import Metric, Precision

ARMS = ("scratch", "fine_tuned")


@pytest.fixture
def intake(workspace):
    return store_sample_dataset(workspace)


def finished(workspace, intake, arms=ARMS, num_seeds=2, accuracies=None, **overrides):
    made = add_experiment(workspace, intake, arms, num_seeds, **overrides)
    finish_all(workspace, made, **(accuracies or {"fine_tuned": 0.9, "scratch": 0.4}))
    return made


def compare(workspace, *experiments):
    identifiers = [one if isinstance(one, str) else one.experiment_id for one in experiments]
    return put_side_by_side(workspace, finished_of(identifiers, workspace.database.list_runs()))


def key_of(comparison, beginning):
    return next(group.key for group in comparison.groups if group.label.startswith(beginning))


def test_one_experiment_gives_the_numbers_of_compare(workspace, intake):
    experiment = finished(workspace, intake)
    comparison = compare(workspace, experiment)
    (expected,) = gather(workspace, experiment.experiment_id).verdicts
    ((a, b),) = comparison.pairs
    verdict = comparison.verdicts[a, b]
    assert (verdict.difference, verdict.ci95, verdict.p_value) == (
        expected.difference,
        expected.ci95,
        expected.p_value,
    )
    assert [group.label for group in comparison.groups] == ["Fine-tuned", "From scratch"]


def test_one_experiment_says_what_its_own_page_says(workspace, intake):
    """The primary question stays primary, and all others are corrected for the same family."""
    experiment = finished(workspace, intake, ("tfidf", *ARMS))
    comparison = compare(workspace, experiment)
    bare = {group.key: group.runs[0].config.arm.name for group in comparison.groups}
    found = {frozenset((bare[a], bare[b])): comparison.verdicts[a, b] for a, b in comparison.pairs}
    for expected in gather(workspace, experiment.experiment_id).verdicts:
        verdict = found[frozenset((expected.a, expected.b))]
        assert (verdict.is_primary, verdict.num_pairs) == (expected.is_primary, expected.num_pairs)
        assert verdict.p_corrected == expected.p_corrected
        assert verdict.margin == expected.margin
        assert verdict.conclusion == expected.conclusion


def test_pairs_of_several_experiments_join_the_family_of_the_split(workspace, intake):
    one = finished(workspace, intake)
    other = finished(workspace, intake, epochs=9, accuracies={"fine_tuned": 0.8, "scratch": 0.5})
    comparison = compare(workspace, one, other)
    first = comparison.verdicts[comparison.pairs[0]]
    # Six pairs of four groups; the first experiment's main pair is primary, the second's is one of the six.
    assert len(comparison.pairs) == 6
    primary = [one for one in comparison.verdicts.values() if one.is_primary]
    assert len(primary) == 2, "one pair, both ways round"
    assert {one.num_pairs for one in comparison.verdicts.values() if not one.is_primary} == {5}
    assert "(scored in 2 experiments, 4 models)" in first.interval


def test_a_pair_says_the_same_both_ways_round(workspace, intake):
    comparison = compare(workspace, finished(workspace, intake))
    ((a, b),) = comparison.pairs
    there, back = comparison.verdicts[a, b], comparison.verdicts[b, a]
    assert (back.difference, back.ci95) == (-there.difference, (-there.ci95[1], -there.ci95[0]))
    assert (back.value_a, back.value_b) == (there.value_b, there.value_a)
    assert (back.conclusion, back.p_value) == ("worse", there.p_value)
    assert [one.code for one in back.reservations] == [one.code for one in there.reservations]


def test_seeds_that_were_lost_or_left_out_are_said(workspace, intake):
    experiment = add_experiment(workspace, intake, ARMS, num_seeds=4)
    for run in runs_of(workspace, experiment):
        if (run.arm.name, run.seed) == ("fine_tuned", 3):
            fail_run(workspace, run)
        else:
            finish_run(workspace, run, 0.9 if run.arm.name == "fine_tuned" else 0.4)
    whole = compare(workspace, experiment)
    codes = {one.code for one in whole.verdicts[whole.pairs[0]].flags}
    assert "did_not_finish" in codes
    assert "seeds_left_out" not in codes

    chosen = [run.run_id for run in runs_of(workspace, experiment) if run.seed in (0, 1)]
    picked = compare(workspace, *chosen)
    verdict = picked.verdicts[picked.pairs[0]]
    assert {"did_not_finish", "seeds_left_out"} <= {one.code for one in verdict.flags}
    words = [one.words for one in verdict.reservations]
    assert "From scratch stands without 2 of 4 finished seeds" in words
    assert not verdict.is_primary


def test_nothing_is_concluded_while_runs_are_to_come(workspace, intake):
    experiment = add_experiment(workspace, intake, ARMS, num_seeds=3)
    for run in runs_of(workspace, experiment):
        if run.seed < 2:
            finish_run(workspace, run, 0.9 if run.arm.name == "fine_tuned" else 0.4)
    comparison = compare(workspace, experiment)
    verdict = comparison.verdicts[comparison.pairs[0]]
    assert (verdict.conclusion, verdict.status.words) == ("interim", "So far: 2 of 3 seeds")


def test_runs_that_differ_in_their_seed_alone_are_one_group(workspace, intake):
    one = finished(workspace, intake, num_seeds=1)
    more = add_experiment(workspace, intake, ARMS, num_seeds=3)
    for run in runs_of(workspace, more):
        if run.seed:
            finish_run(workspace, run, 0.6)
    comparison = compare(workspace, one, more)
    assert [[run.config.seed for run in group.runs] for group in comparison.groups] == [[0, 1, 2]] * 2
    assert comparison.verdicts[comparison.pairs[0]].num_seeds == 3


def test_settings_that_differ_make_groups_and_name_them(workspace, intake):
    short = finished(workspace, intake, ("fine_tuned",), epochs=3)
    long = finished(workspace, intake, ("fine_tuned",), epochs=7.5)
    comparison = compare(workspace, short, long)
    assert [group.label for group in comparison.groups] == [
        "A: Fine-tuned · epochs 3",
        "B: Fine-tuned · epochs 7.5",
    ]
    rows = side_by_side.setting_rows(comparison)
    assert rows.to_dict("list") == {"Model": ["A: Fine-tuned", "B: Fine-tuned"], "Epochs": ["3", "7.5"]}
    pairs = side_by_side.difference_rows(comparison, comparison.groups[1].key)["pair"].tolist()
    assert (
        pairs
        == side_by_side.display_pairs(comparison, comparison.groups[0].key).frame["Pair"].tolist()
        == ["A: Fine-tuned − B: Fine-tuned"]
    )
    assert "between Fine-tuned A and Fine-tuned B." in comparison.verdicts[comparison.pairs[0]].claim


def test_base_models_stand_side_by_side(workspace, intake):
    first = finished(workspace, intake)
    other = finished(workspace, intake, ("fine_tuned",), base_model="org/other")
    comparison = compare(workspace, first, other)
    labels = [group.label for group in comparison.groups]
    assert labels[1].startswith("B: Fine-tuned · other")
    assert labels[2] == "From scratch"
    assert "Fine-tuned other" in comparison.verdicts[comparison.pairs[0]].claim


def test_the_same_base_model_named_or_not_is_one_group(workspace, intake):
    named = finished(workspace, intake, ("fine_tuned:org/other", "scratch"), num_seeds=1)
    own = add_experiment(workspace, intake, ("fine_tuned",), 2, base_model="org/other")
    finish_run(workspace, runs_of(workspace, own)[1])
    groups = compare(workspace, named, own).groups
    assert [len(group.runs) for group in groups] == [2, 1]


def test_a_seed_that_was_run_again_opens_a_group_of_its_own(workspace, intake):
    one = finished(workspace, intake, ("fine_tuned",), num_seeds=1, accuracies={"fine_tuned": 0.9})
    again = finished(workspace, intake, ("fine_tuned",), num_seeds=1, accuracies={"fine_tuned": 0.6})
    comparison = compare(workspace, one, again)
    assert [group.label for group in comparison.groups] == ["A: Fine-tuned", "B: Fine-tuned · run again, 2"]


def test_runs_that_answered_alike_count_once(workspace, intake):
    one = finished(workspace, intake, ("majority", "fine_tuned"), num_seeds=1)
    again = finished(workspace, intake, ("majority", "scratch"), num_seeds=1)
    comparison = compare(workspace, one, again)
    assert [group.kind.value for group in comparison.groups] == ["fine_tuned", "scratch", "majority"]
    assert len(comparison.runs) == 3


def test_only_common_seeds_are_paired(workspace, intake):
    two = finished(workspace, intake, ("fine_tuned",), num_seeds=2)
    three = finished(workspace, intake, ("scratch",), num_seeds=3)
    verdict = next(iter(compare(workspace, two, three).verdicts.values()))
    assert (verdict.num_seeds, verdict.scope) == (2, "expected")


def test_one_common_seed_is_about_these_models_only(workspace, intake):
    one = finished(workspace, intake, ("fine_tuned",), num_seeds=1)
    three = finished(workspace, intake, ("scratch",), num_seeds=3)
    verdict = next(iter(compare(workspace, one, three).verdicts.values()))
    assert (verdict.num_seeds, verdict.scope) == (1, "models")
    assert verdict.status.code == "one_seed"


def test_groups_without_a_common_seed_have_no_verdict(workspace, intake):
    runs = runs_of(workspace, finished(workspace, intake))
    chosen = [run.run_id for run in runs if (run.arm.name, run.seed) in (("scratch", 0), ("fine_tuned", 1))]
    comparison = compare(workspace, *chosen)
    assert not comparison.verdicts
    assert side_by_side.unpaired(comparison) == [("Fine-tuned", "From scratch")]


def test_a_run_without_a_seed_counts_for_every_seed(workspace, intake):
    comparison = compare(workspace, finished(workspace, intake, ("tfidf", "fine_tuned"), num_seeds=3))
    assert comparison.verdicts[comparison.pairs[0]].num_seeds == 3
    assert len(side_by_side.group_values(comparison)) == 4, "it still stands once"


def test_train_sizes_can_be_held_against_each_other(workspace, intake):
    comparison = compare(workspace, finished(workspace, intake, ("fine_tuned",), train_sizes=[12, 33]))
    assert {group.label for group in comparison.groups} == {
        "A: Fine-tuned · 12 training texts",
        "B: Fine-tuned · 33 training texts",
    }
    assert comparison.verdicts[comparison.pairs[0]].num_seeds == 2


def test_a_verdict_is_there_both_ways_round(workspace, intake):
    comparison = compare(workspace, finished(workspace, intake))
    a, b = comparison.pairs[0]
    there, back = comparison.verdicts[a, b], comparison.verdicts[b, a]
    assert there.difference == pytest.approx(-back.difference)
    assert there.ci95 == pytest.approx((-back.ci95[1], -back.ci95[0]))


def test_what_weakens_a_group_stands_in_the_sentence(workspace, intake):
    comparison = compare(workspace, finished(workspace, intake))
    verdict = comparison.verdicts[comparison.pairs[0]]
    assert {flag.code for flag in verdict.flags} >= {"still_improving"}
    assert "still improving" in verdict.sentence


def test_different_test_sets_are_refused_with_their_names(workspace, intake):
    labels = [label for label in TEXTS for _ in TEXTS[label]][::2]
    texts = [text for group in TEXTS.values() for text in group][::2]
    built = build_dataset(table(text=texts, label=labels), name="fewer reviews", choice=CHOICE)
    other = finished(workspace, store_dataset(workspace, built), ("fine_tuned",))
    with pytest.raises(ComparisonError) as refused:
        compare(workspace, finished(workspace, intake), other)
    assert refused.value.message == (
        "These runs have different test examples: 4 runs on those of small reviews, "
        "2 runs on those of fewer reviews."
    )
    assert "Keep the runs of one split" in refused.value.remedy


def test_seeds_of_one_arm_alone_are_refused(workspace, intake):
    with pytest.raises(ComparisonError, match="All these runs are of Fine-tuned"):
        compare(workspace, finished(workspace, intake, ("fine_tuned",)))


def test_an_unreadable_run_is_told_and_left_out(workspace, intake):
    experiment = finished(workspace, intake)
    broken = runs_of(workspace, experiment)[-1]
    (workspace.run_folder(broken.run_id).path / "predictions.parquet").unlink()
    comparison = compare(workspace, experiment)
    assert list(comparison.unreadable) == [broken.run_id]
    assert len(comparison.runs) == 3


def test_runs_that_have_not_finished_are_not_chosen(workspace, intake):
    experiment = add_experiment(workspace, intake, ARMS)
    first, second = runs_of(workspace, experiment)
    finish_run(workspace, first)
    start_run(workspace, second)
    rows = workspace.database.list_runs()
    assert [run.run_id for run in finished_of([experiment.experiment_id, second.run_id], rows)] == [
        first.run_id
    ]


def test_different_headline_metrics_give_way_to_accuracy(workspace, intake):
    one = finished(workspace, intake, ("fine_tuned",), headline_metric=Metric.MACRO_F1)
    other = finished(workspace, intake, ("scratch",), headline_metric=Metric.ACCURACY)
    comparison = compare(workspace, one, other)
    assert comparison.metric is Metric.ACCURACY
    assert comparison.floor == pytest.approx(1 / 3)
    assert compare(workspace, finished(workspace, intake, headline_metric=Metric.MACRO_F1)).metric is (
        Metric.MACRO_F1
    )


def test_classes_are_means_over_each_group_s_seeds(workspace, intake):
    comparison = compare(workspace, finished(workspace, intake))
    a, b = comparison.pairs[0]
    rows = side_by_side.class_rows(comparison, a, b)
    assert rows["label"].tolist() == ["negative", "neutral", "positive"]
    assert rows["support"].tolist() == [6, 6, 6]
    assert (rows["value_a"] - rows["value_b"]).tolist() == pytest.approx(rows["difference"].tolist())
    assert (rows["difference"] > 0).all()
    assert ((rows["low"] < rows["difference"]) & (rows["difference"] < rows["high"])).all()
    shown = side_by_side.display_classes(comparison, a, b).frame
    assert "F1 on test of Fine-tuned, %" in shown
    assert shown["Seeds"].tolist() == [2, 2, 2]


def test_curves_carry_their_group_and_leave_the_floor_out(workspace, intake):
    comparison = compare(workspace, finished(workspace, intake, ("majority", "scratch", "fine_tuned")))
    curves = side_by_side.group_curves(comparison)
    assert set(curves["arm"]) == {key_of(comparison, "Fine-tuned"), key_of(comparison, "From scratch")}
    assert curves["run_id"].nunique() == 4


def test_the_numbers_name_seeds_examples_and_runs(workspace, intake):
    comparison = compare(workspace, finished(workspace, intake))
    row = side_by_side.display_groups(comparison).frame.iloc[0]
    # 0.9 of 18 test examples are 16 right ones.
    assert row["Mean test accuracy, %"] == pytest.approx(88.9)
    assert row[["Seeds", "Test examples", "Training, median seconds"]].tolist() == [2, 18, 30.0]
    assert len(row["Runs"].split(", ")) == 2


def test_groups_under_another_text_limit_are_shown_but_not_compared(workspace, intake):
    short = finished(workspace, intake, ("fine_tuned",), max_length=64)
    long = finished(workspace, intake, max_length=128)
    comparison = compare(workspace, short, long)
    assert len(comparison.groups) == 3
    assert len(side_by_side.display_pairs(comparison, comparison.groups[0].key).frame) == 1, (
        "both arms of one text limit"
    )
    reasons = set(comparison.refusals.values())
    assert any(
        "Fine-tuned A" in r and "differ in text limit in seed 0: 64 tokens against" in r for r in reasons
    )
    assert side_by_side.unpaired(comparison) == []


def test_groups_in_another_precision_are_not_compared(workspace, intake):
    usual = finished(workspace, intake, ("scratch",))
    other = finished(workspace, intake, ("fine_tuned",))
    for run in runs_of(workspace, other):
        folder = workspace.run_folder(run.run_id)
        folder.write_record(folder.read_record().model_copy(update={"precision": Precision.BFLOAT16}))
    comparison = compare(workspace, usual, other)
    assert not comparison.verdicts
    assert "differ in precision" in comparison.refusals[comparison.pairs[0]]
