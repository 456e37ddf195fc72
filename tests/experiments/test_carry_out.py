import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from scipy.special import softmax

from tests.experiments.running import ALL_ARMS, carry_out_all, claim, make_workspace, queue_experiment
from tests.files.tables import CHOICE, table
from tests.tiny_models import tiny_model_folder
from tl_core.catalogue.locating import settle
from tl_core.datasets.dataset import Dataset, build_dataset, read_dataset
from tl_core.errors import (
    CancelledError,
    DataError,
    DivergedError,
    ModelError,
    NotFoundError,
    OutOfMemoryError,
)
from tl_core.experiments import carry_out, neural, training_context
from tl_core.experiments.carry_out import carry_out_run
from tl_core.inference.predictor import load_predictor
from tl_core.jobs.outcome import EXIT_CANCELLED, EXIT_OUT_OF_MEMORY
from tl_core.jobs.queue import Queue
from tl_core.planning.finetuned_base_models import settle_base_model
from tl_core.planning.plan import queue_runs
from tl_core.results.runs import looks, read_finished_run
from tl_core.schema import (
    Arm,
    BudgetRule,
    EvalFinished,
    LearningRates,
    PhaseStarted,
    Precision,
    RunFailed,
    RunFinished,
    SplitName,
    SplitRule,
    State,
)
from tl_core.splits.splitting import read_split, train_subset
from tl_core.store.identifiers import new_id
from tl_core.store.rows import Job
from tl_core.store.run_folder import RunFolder
from tl_core.store.workspace import Workspace

NEURAL = [arm for arm in ALL_ARMS if Arm.parse(arm).kind.is_neural]
WHOLE = [arm for arm in NEURAL if Arm.parse(arm).kind.is_whole]


def carry_out_one(workspace: Workspace, should_stop: Callable[[], bool] = lambda: False) -> RunFolder:
    job = claim(workspace)
    assert job is not None
    carry_out_run(workspace, job, should_stop)
    return workspace.run_folder(job.ref_id)


def fail_one(workspace: Workspace, error: type[Exception], should_stop: Callable[[], bool]) -> RunFolder:
    job = claim(workspace)
    assert job is not None
    with pytest.raises(error):
        carry_out_run(workspace, job, should_stop)
    return workspace.run_folder(job.ref_id)


def logits_of(folder: RunFolder) -> np.ndarray:
    return np.stack(folder.read_predictions()["logits"].to_pylist())


@pytest.mark.parametrize("arm", ALL_ARMS)
def test_every_arm_leaves_a_complete_folder(workspace: Workspace, base_model: Path, arm: str) -> None:
    experiment = queue_experiment(workspace, base_model, [arm])
    folder = carry_out_one(workspace)
    record, events = folder.read_record(), folder.read_events()
    assert record.state is State.FINISHED
    assert record.finished_at
    assert record.wall_s >= record.train_s > 0
    assert record.energy_wh > 0
    assert record.energy_method
    spent = [event.energy_wh for event in events if event.energy_wh is not None]
    assert spent == sorted(spent)
    assert spent[-1] == record.energy_wh
    assert record.versions.keys() >= {"python", "torch", "transformers"}
    assert folder.read_experiment() == experiment
    assert [event.seq for event in events] == list(range(len(events)))
    assert isinstance(events[-1], RunFinished)
    evaluations = [event for event in events if isinstance(event, EvalFinished)]
    [on_train] = [event for event in evaluations if event.split is SplitName.TRAIN]
    assert on_train.num_examples == 33
    count, each = experiment.training.evaluations(33, 9)
    assert len(looks(events)) == (1 + count if arm in WHOLE else 1)
    assert {event.num_examples for event in looks(events)} == {each}
    whole = [event for event in evaluations if event.is_whole]
    assert [event.num_examples for event in whole] == ([9] if arm in NEURAL else [])
    assert [event.step for event in whole] == ([events[-1].kept_step] if arm in NEURAL else [])
    of_validation = folder.read_predictions().slice(0, 9)
    right = np.argmax(of_validation["logits"].to_pylist(), axis=1) == of_validation["target"].to_numpy()
    assert [event.accuracy for event in whole] == ([right.mean()] if arm in NEURAL else [])
    assert (folder.model_dir / "classifier.json").exists()
    assert (folder.path / "layers.json").exists() is (arm in ("scratch", "fine_tuned"))
    text = "".join(path.read_text() for path in folder.path.glob("*.json*") if path.name != "experiment.json")
    assert str(workspace.root) not in text


@pytest.mark.parametrize("arm", ALL_ARMS)
def test_predictions_cover_validation_and_test_with_their_ids(
    workspace: Workspace, base_model: Path, arm: str
) -> None:
    experiment = queue_experiment(workspace, base_model, [arm])
    table = carry_out_one(workspace).read_predictions()
    place = workspace.dataset_folder(experiment.dataset_fingerprint)
    data, split = read_dataset(place), read_split(place, experiment.split.hash)
    rows = np.concatenate([split.validation, split.test])
    assert table["split"].to_pylist() == ["validation"] * 9 + ["test"] * 18
    assert table["example_id"].to_pylist() == [data.example_ids()[row] for row in rows]
    assert table["target"].to_pylist() == data.targets()[rows].tolist()
    logits = np.stack(table["logits"].to_pylist())
    assert logits.shape == (27, 2)
    assert np.isfinite(logits).all()


@pytest.mark.parametrize("arm", ALL_ARMS)
def test_answers_to_sealed_examples_lie_apart_and_are_those_of_the_same_model(
    workspace: Workspace, base_model: Path, arm: str
) -> None:
    """All test examples get the answers that they would have got with nothing sealed."""
    tables = []
    for rule in (None, SplitRule(sealed=0.5)):
        experiment = queue_experiment(workspace, base_model, [arm], rule=rule)
        folder = carry_out_one(workspace)
        tables.append(folder.read_predictions())
        assert (folder.path / "sealed.parquet").exists() is (rule is not None)
    sealed, place = folder.read_sealed(), workspace.dataset_folder(experiment.dataset_fingerprint)
    split, ids = read_split(place, experiment.split.hash), read_dataset(place).example_ids()
    assert sealed["example_id"].to_pylist() == [ids[row] for row in split.sealed]
    answers = [
        dict(zip(table["example_id"].to_pylist(), table["logits"].to_pylist(), strict=True))
        for table in (tables[0], pa.concat_tables([tables[1], sealed]))
    ]
    assert answers[0].keys() == answers[1].keys()
    assert len(answers[0]) == 27
    for one, logits in answers[0].items():
        assert logits == pytest.approx(answers[1][one], abs=1e-4)


def weighted(good: list[str], bad: list[str]) -> Dataset:
    texts = [f"text {i} of its own" for i in range(60)]
    made = table(text=texts, label=["good"] * 30 + ["bad"] * 30, trust=good * 15 + bad * 15)
    choice = CHOICE.model_copy(update={"weight": "trust"})
    return build_dataset(made, name="weighted", choice=choice)


@pytest.mark.parametrize("arm", ["majority", "tfidf", "frozen", "fine_tuned"])
def test_weights_teach_and_are_on_record_and_no_weight_teaches_nothing(
    workspace: Workspace, base_model: Path, arm: str
) -> None:
    made = weighted(good=["3", "0"], bad=["1", "1"])
    experiment = queue_experiment(workspace, base_model, [arm], made=made)
    folder = carry_out_one(workspace)
    split = read_split(workspace.dataset_folder(experiment.dataset_fingerprint), experiment.split.hash)
    taught = split.train[made.table["weight"].to_numpy()[split.train] > 0]
    record, evaluations = folder.read_record(), folder.read_events()
    assert record.weight_column == "trust"
    assert sum(record.train_class_counts) == len(taught) < len(split.train)
    on_train = [one for one in evaluations if isinstance(one, EvalFinished) and one.split is SplitName.TRAIN]
    assert on_train[0].num_examples == len(taught)
    assert len(folder.read_predictions()) == len(split.validation) + len(split.test), "each counts once"


@pytest.mark.parametrize("arm", ["tfidf", "frozen", "fine_tuned"])
def test_balanced_classes_are_the_same_by_arm_and_by_setting(
    workspace: Workspace, base_model: Path, arm: str
) -> None:
    texts = [f"text {i} of {'praise' if i < 48 else 'blame'}" for i in range(60)]
    made = build_dataset(table(text=texts, label=["good"] * 48 + ["bad"] * 12), name="rare", choice=CHOICE)
    queue_experiment(workspace, base_model, [arm, f"{arm}_balanced"], made=made)
    plain, by_arm = carry_out_one(workspace), carry_out_one(workspace)
    if not by_arm.read_record().config.arm.is_balanced:
        plain, by_arm = by_arm, plain
    queue_experiment(workspace, base_model, [arm], made=made, balances_classes=True)
    by_setting = carry_out_one(workspace)
    logits = [logits_of(folder) for folder in (plain, by_arm, by_setting)]
    if arm == "fine_tuned":
        rare = made.info.columns.labels.index("bad")
        plainly, balanced, _ = (softmax(one, axis=1)[:, rare].mean() for one in logits)
        assert balanced > plainly
    elif arm == "frozen":  # which chooses its strength anew
        assert not np.allclose(logits[0], logits[1])
    # TF-IDF tries balanced classes on validation anyway.
    np.testing.assert_allclose(logits[1], logits[2], rtol=1e-5, atol=1e-6)
    counts = [folder.read_record().train_class_counts for folder in (plain, by_arm)]
    assert counts[0] == counts[1], "counted as they are"


def test_a_train_subset_without_any_weight_is_refused(workspace: Workspace, base_model: Path) -> None:
    made = weighted(good=["0", "1"], bad=["0", "1"])
    experiment = queue_experiment(workspace, base_model, ["tfidf"], made=made, train_sizes=[2])
    place = workspace.dataset_folder(experiment.dataset_fingerprint)
    data, split = read_dataset(place), read_split(place, experiment.split.hash)
    seed = workspace.database.list_runs(experiment.experiment_id)[0].config.seeds.subset
    empty = data.table["weight"].to_numpy().copy()
    empty[train_subset(data, split, 2, seed)] = 0
    changed = data.table.set_column(data.table.column_names.index("weight"), "weight", pa.array(empty))
    pq.write_table(changed, place / "examples.parquet")
    folder = fail_one(workspace, DataError, lambda: False)
    assert "All 2 training examples have a weight of 0" in str(folder.read_record().error)


@pytest.mark.parametrize("arm", NEURAL)
def test_a_neural_record_says_what_decided_its_numbers(
    workspace: Workspace, base_model: Path, arm: str
) -> None:
    queue_experiment(workspace, base_model, [arm])
    record = carry_out_one(workspace).read_record()
    assert record.device == "cpu" if not torch.cuda.is_available() else record.device
    assert record.precision is not None
    assert record.num_threads == torch.get_num_threads()
    assert record.micro_batch_size == 16
    assert record.at_limit.keys() == {"train", "test"}
    assert all(0 <= share <= 1 for share in record.at_limit.values())
    assert record.num_parameters > 0
    assert record.base_model_facts["title"] == "tiny-bert"
    assert len(record.base_model_facts["weights_sha256"]) == 64
    assert record.base_model_facts["max_length"] == "16"


def test_a_frozen_arm_pays_for_the_features_of_its_train_examples(
    workspace: Workspace, base_model: Path
) -> None:
    queue_experiment(workspace, base_model, ["frozen"])
    events = carry_out_one(workspace).read_events()
    training = next(e for e in events if isinstance(e, PhaseStarted) and e.phase == "training")
    assert training.train_s > 0


def test_the_same_seed_gives_the_same_predictions(workspace: Workspace, base_model: Path) -> None:
    queue_experiment(workspace, base_model, ["fine_tuned"])
    queue_experiment(workspace, base_model, ["fine_tuned"])
    np.testing.assert_array_equal(logits_of(carry_out_one(workspace)), logits_of(carry_out_one(workspace)))


def test_token_ids_and_features_are_shared_between_runs(
    workspace: Workspace, base_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = queue_experiment(workspace, base_model, ["frozen_random", "frozen"], num_seeds=2)
    carry_out_all(workspace)
    place = workspace.dataset_folder(experiment.dataset_fingerprint)
    kept = {
        path: path.stat().st_mtime_ns for name in ("tokens", "features") for path in (place / name).iterdir()
    }
    assert len(list((place / "tokens").iterdir())) == 1
    # A pretrained and a random encoder for each of two seeds: this model's own head has a pooler, and that
    # of a model pretrained without one is drawn.
    assert len(list((place / "features").iterdir())) == 4
    queue_experiment(workspace, base_model, ["frozen_random", "frozen", "fine_tuned"], num_seeds=2)
    carry_out_all(workspace)
    assert {
        path: path.stat().st_mtime_ns for name in ("tokens", "features") for path in (place / name).iterdir()
    } == kept


def test_memory_attempts_halve_the_micro_batch_and_keep_the_batch(
    workspace: Workspace, base_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    fit = training_context.fit

    def noting(*args: Any, **how: Any) -> Any:
        seen.append((args[3].batch_size, how["compute"].micro_batch_size))
        return fit(*args, **how)

    monkeypatch.setattr(training_context, "fit", noting)
    queue_experiment(workspace, base_model, ["fine_tuned"])
    queue = Queue(workspace.database)
    sizes = []
    for attempt in (0, 1, 2, 9):
        job = claim(workspace)
        assert job is not None
        queue.requeue(job.id, {"memory_attempt": attempt})
        folder = carry_out_one(workspace)
        record = folder.read_record()
        sizes.append((record.micro_batch_size, record.attempts))
        queue.requeue(job.id, {})
    assert seen == [(16, 16), (16, 8), (16, 4), (16, 1)]
    assert sizes == [(16, 2), (8, 4), (4, 6), (1, 8)]


def test_another_attempt_starts_over(workspace: Workspace, base_model: Path) -> None:
    queue_experiment(workspace, base_model, ["majority"])
    job = claim(workspace)
    assert job is not None
    for _ in range(2):
        carry_out_run(workspace, job, lambda: False)
    assert [e.seq for e in workspace.run_folder(job.ref_id).read_events()] == list(range(6))


# --- ends before the end ------------------------------------------------------------------------------------


def assert_failed(folder: RunFolder, reason: str, state: State = State.FAILED) -> RunFailed:
    record, last = folder.read_record(), folder.read_events()[-1]
    assert isinstance(last, RunFailed)
    assert (last.reason, record.state) == (reason, state)
    assert record.error == last.message
    return last


def test_a_cancelled_run_says_so(workspace: Workspace, base_model: Path) -> None:
    queue_experiment(workspace, base_model, ["fine_tuned"])
    folder = fail_one(workspace, CancelledError, lambda: True)
    assert_failed(folder, "cancelled", State.CANCELLED)


def test_a_diverged_run_says_so(workspace: Workspace, base_model: Path) -> None:
    rates = {"scratch": LearningRates(encoder=1e30, head=1e30)}
    queue_experiment(workspace, base_model, ["scratch"], learning_rates=rates)
    failed = assert_failed(fail_one(workspace, DivergedError, lambda: False), "diverged")
    assert "smaller learning rate" in failed.message


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory."),
        MemoryError(),
        RuntimeError("MPS backend out of memory"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 10 bytes"),
    ],
)
def test_running_out_of_memory_says_so(
    workspace: Workspace, base_model: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fit(*_: Any, **__: Any) -> Any:
        raise error

    monkeypatch.setattr(training_context, "fit", fit)
    queue_experiment(workspace, base_model, ["scratch"])
    assert_failed(fail_one(workspace, OutOfMemoryError, lambda: False), "out_of_memory")


def test_any_other_error_is_kept_with_its_words(
    workspace: Workspace, base_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fit(*_: Any, **__: Any) -> Any:
        raise RuntimeError("something is odd")

    monkeypatch.setattr(training_context, "fit", fit)
    queue_experiment(workspace, base_model, ["scratch"])
    failed = assert_failed(fail_one(workspace, RuntimeError, lambda: False), "exception")
    assert failed.message == "something is odd"


@pytest.mark.parametrize("is_settled", [True, False])
def test_a_message_that_is_kept_does_not_say_where_things_lie(
    workspace: Workspace, base_model: Path, monkeypatch: pytest.MonkeyPatch, is_settled: bool
) -> None:
    def fit(*_: Any, **__: Any) -> Any:
        raise RuntimeError(f"{base_model}/config.json and {workspace.root}/datasets/abc are odd")

    monkeypatch.setattr(training_context, "fit", fit)
    monkeypatch.setenv("TL_WORKSPACE", str(workspace.root))
    queue_experiment(workspace, Path(settle(str(base_model))) if is_settled else base_model, ["scratch"])
    folder = fail_one(workspace, RuntimeError, lambda: False)
    failed = assert_failed(folder, "exception")
    assert failed.message == f"{base_model.name}/config.json and datasets/abc are odd"
    if is_settled:  # runs of old name their base model by its path
        assert str(base_model.parent) not in (folder.path / "run.json").read_text()


def test_a_base_model_that_is_gone_fails_the_run(workspace: Workspace, base_model: Path) -> None:
    queue_experiment(workspace, base_model, ["fine_tuned"])
    shutil.rmtree(base_model)
    failed = assert_failed(fail_one(workspace, ModelError, lambda: False), "exception")
    assert "is not a model folder" in failed.message


# --- the process --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (None, 0),
        (CancelledError("cancelled"), EXIT_CANCELLED),
        (OutOfMemoryError("too large"), EXIT_OUT_OF_MEMORY),
        (DivergedError("not finite"), 1),
    ],
)
def test_the_exit_code_says_how_it_ended(
    tmp_path: Path, base_model: Path, monkeypatch: pytest.MonkeyPatch, error: Exception | None, code: int
) -> None:
    def pretend(workspace: Workspace, job: Job, should_stop: Callable[[], bool]) -> None:
        if error:
            raise error

    workspace = make_workspace(tmp_path / "workspace")
    queue_experiment(workspace, base_model, ["majority"])
    job = claim(workspace)
    assert job is not None
    workspace.close()
    monkeypatch.delenv("TL_DATABASE_URL", raising=False)
    monkeypatch.setattr(carry_out, "carry_out", pretend)
    monkeypatch.setattr(carry_out.signal, "signal", lambda *_: None)
    assert carry_out.main(["--workspace", str(tmp_path / "workspace"), "--job-id", str(job.id)]) == code


# --- the whole ----------------------------------------------------------------------------------------------


def test_the_plateau_says_why_it_stopped(workspace: Workspace, base_model: Path) -> None:
    queue_experiment(
        workspace,
        base_model,
        ["scratch"],
        training={"budget": BudgetRule.PLATEAU, "patience": 1, "cap_factor": 4},
        learning_rates={"scratch": LearningRates(encoder=1e-9, head=1e-9)},  # learns nothing that counts
    )
    end = carry_out_one(workspace).read_events()[-1]
    assert isinstance(end, RunFinished)
    assert (end.step, end.stop_reason) == (30, "plateau")


def test_every_network_that_takes_steps_can_train_to_its_plateau(
    workspace: Workspace, base_model: Path
) -> None:
    training = {"budget": BudgetRule.PLATEAU, "patience": 1, "cap_factor": 4}
    queue_experiment(workspace, base_model, WHOLE, training=training, epochs=1)
    for _ in WHOLE:
        folder = carry_out_one(workspace)
        assert folder.read_record().state is State.FINISHED
        *before, last = folder.read_events()
        assert isinstance(last, RunFinished)
        assert last.kept_step in {one.step for one in before if isinstance(one, EvalFinished)}
        assert (last.stop_reason == "plateau") == (last.step < 60), "four times 15 steps are its limit"


@pytest.mark.parametrize("pooling", ["cls", "own"])
def test_a_frozen_network_answers_by_itself_as_its_run_recorded(
    workspace: Workspace, tmp_path: Path, pooling: str
) -> None:
    base = tiny_model_folder(tmp_path / "models", "bert", deviation=0.02)  # so that texts hardly differ
    if pooling != "own":
        (base / "1_Pooling").mkdir()
        (base / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode": pooling}))
    training = {"precision": Precision.BFLOAT16}
    queue_experiment(workspace, base, ["frozen_random", "frozen", "fine_tuned"], training=training)
    carry_out_all(workspace)
    for run in workspace.database.list_runs():
        finished = read_finished_run(workspace.run_folder(run.run_id))
        is_frozen = run.config.arm.kind.is_frozen
        assert finished.record.precision is (Precision.FLOAT32 if is_frozen else Precision.BFLOAT16)
        if is_frozen:
            dataset = read_dataset(workspace.dataset_folder(run.config.dataset_fingerprint))
            texts = dict(zip(dataset.example_ids(), dataset.texts(), strict=True))
            predictor = load_predictor(workspace.run_folder(run.run_id).model_dir)
            answers = predictor.predict([texts[one] for one in finished.example_ids])
            assert np.allclose(answers, softmax(finished.logits.astype(float), axis=1), atol=1e-5)


def test_a_frozen_network_takes_no_steps_under_any_budget(workspace: Workspace, base_model: Path) -> None:
    training = {"budget": BudgetRule.PLATEAU, "patience": 1, "cap_factor": 4}
    experiment = queue_experiment(workspace, base_model, ["frozen"], training=training)
    assert experiment.learning_rates == {}
    end = carry_out_one(workspace).read_events()[-1]
    assert isinstance(end, RunFinished)
    assert (end.step, end.kept_step, end.examples_seen, end.stop_reason) == (0, 0, 33, "budget")


def test_rates_that_an_earlier_version_planned_for_it_are_of_no_use(
    workspace: Workspace, base_model: Path
) -> None:
    asked = queue_experiment(workspace, base_model, ["frozen"])
    rates = {"frozen": LearningRates(encoder=0, head=0.01)}
    old = asked.model_copy(update={"experiment_id": new_id("exp"), "learning_rates": rates})
    queue_runs(workspace, old)
    first, second = (carry_out_one(workspace) for _ in range(2))
    np.testing.assert_array_equal(logits_of(first), logits_of(second))


def test_an_arm_can_have_a_base_model_of_its_own(
    workspace: Workspace, base_model: Path, tmp_path: Path
) -> None:
    other = tiny_model_folder(tmp_path / "models", "roberta")
    queue_experiment(workspace, base_model, ["fine_tuned", f"fine_tuned:{other}"])
    records = [carry_out_one(workspace).read_record() for _ in range(2)]
    assert {record.base_model_facts["title"] for record in records} == {"tiny-bert", "tiny-roberta"}


def test_a_run_can_start_from_the_model_of_an_earlier_one(workspace: Workspace, base_model: Path) -> None:
    (base_model / "1_Pooling").mkdir()
    (base_model / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode": "mean"}))
    queue_experiment(workspace, base_model, ["fine_tuned"])
    earlier = carry_out_one(workspace)
    queue_experiment(workspace, earlier.model_dir, ["fine_tuned"])
    record = carry_out_one(workspace).read_record()
    assert record.state is State.FINISHED
    assert record.base_model_facts["pooling"] == "mean"


def test_a_contrastive_arm_leaves_a_folder_like_any_other(workspace: Workspace, base_model: Path) -> None:
    (base_model / "1_Pooling").mkdir()
    (base_model / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode": "mean"}))
    experiment = queue_experiment(workspace, base_model, ["contrastive"])
    folder = carry_out_one(workspace)
    record, events = folder.read_record(), folder.read_events()
    assert record.state is State.FINISHED
    assert record.micro_batch_size == 16
    assert [event.phase for event in events if isinstance(event, PhaseStarted)] == [
        "loading",
        "tokenizing",
        "training",
        "predicting",
        "measuring",
        "saving",
    ]
    assert len(looks(events)) == 1 + experiment.training.evaluations(33, 9)[0]
    assert looks(events)[-1].step == 15
    data = read_dataset(workspace.dataset_folder(experiment.dataset_fingerprint))
    texts = dict(zip(data.example_ids(), data.texts(), strict=True))
    table = folder.read_predictions()
    asked = [texts[one] for one in table["example_id"].to_pylist()]
    np.testing.assert_allclose(
        load_predictor(folder.model_dir).predict(asked), softmax(logits_of(folder), axis=1), atol=0.02
    )


def test_a_download_is_told_to_the_job_and_can_be_cancelled(workspace: Workspace, base_model: Path) -> None:
    queue_experiment(workspace, base_model, ["fine_tuned"])
    job = claim(workspace)
    assert job is not None
    stop = False
    report = carry_out._download_report(workspace, job, lambda: stop)
    mib = 2**20
    for done in (0, mib, 7 * mib, 8 * mib, 90 * mib):
        report(done, 90 * mib)
    told = Queue(workspace.database).get(job.id)
    assert (told.num_done, told.num_total) == (90, 90)
    stop = True
    with pytest.raises(CancelledError):
        report(90 * mib, 90 * mib)


PARTIAL = ("reinit_top_1", "embeddings_only", "encoder_only", "shuffled")


@pytest.mark.parametrize("arm", ["scratch", "fine_tuned", *PARTIAL])
def test_a_run_says_what_it_kept_and_what_training_changed(
    workspace: Workspace, base_model: Path, arm: str
) -> None:
    queue_experiment(workspace, base_model, [arm])
    folder = carry_out_one(workspace)
    record, found = folder.read_record(), folder.read_layers()
    assert record.state is State.FINISHED
    kept = {"scratch": 0, "shuffled": pytest.approx(0.03, abs=0.03), "fine_tuned": 1}
    assert record.kept_share == kept.get(arm, pytest.approx(0.5, abs=0.4))
    assert [part.part for part in found.parts][:3] == ["embeddings", "layer 1", "layer 2"]
    assert found.parts[-1].part == "head"
    assert all(part.moved > 0 for part in found.parts)
    assert all(-1 <= part.similarity <= 1 + 1e-9 for part in found.parts[:3])
    assert found.num_texts == 9
    phases = [event.phase for event in folder.read_events() if isinstance(event, PhaseStarted)]
    assert phases[-3:] == ["predicting", "measuring", "saving"]
    assert folder.read_events()[-1].train_s == record.train_s


def test_what_training_changed_is_measured_from_the_weights_it_began_with(
    workspace: Workspace, base_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue_experiment(workspace, base_model, ["scratch"])
    monkeypatch.setattr(training_context, "fit", lambda *_, **__: [])
    found = carry_out_one(workspace).read_layers()
    assert [part.moved for part in found.parts] == [0] * len(found.parts)
    assert [part.similarity for part in found.parts[:3]] == [pytest.approx(1)] * 3


def second_after_first(
    workspace: Workspace, base_model: Path, arm: str = "fine_tuned"
) -> tuple[RunFolder, RunFolder]:
    """Carry out a fine-tuning, and then a run on the same texts that starts from it."""
    queue_experiment(workspace, base_model, ["fine_tuned"])
    job = claim(workspace)
    assert job is not None
    carry_out_run(workspace, job, lambda: False)
    Queue(workspace.database).finish(job.id, State.FINISHED)
    name = settle_base_model(workspace, f"run:{job.ref_id}")
    queue_experiment(workspace, Path(name), [arm])
    return workspace.run_folder(job.ref_id), carry_out_one(workspace)


def first_task_logits(folder: RunFolder) -> dict[str, np.ndarray]:
    table = folder.read_first_task().to_pandas()
    return {name: np.stack(list(rows["logits"])) for name, rows in table.groupby("split")}


@pytest.mark.parametrize("pooling", ["mean", "own"])
def test_a_network_that_has_not_moved_has_forgotten_nothing(
    workspace: Workspace, base_model: Path, pooling: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if pooling == "mean":
        (base_model / "1_Pooling").mkdir()
        (base_model / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode": "mean"}))
    real_fit, calls = training_context.fit, []

    def only_once(*given: Any, **options: Any) -> Any:
        return [] if calls else calls.append(1) or real_fit(*given, **options)

    monkeypatch.setattr(training_context, "fit", only_once)
    first, second = second_after_first(workspace, base_model)
    left, table = first_task_logits(second), first.read_predictions().to_pandas()
    on_test = table[table["split"] == "test"]
    np.testing.assert_allclose(left["head_after"], np.stack(list(on_test["logits"])), atol=1e-5)
    np.testing.assert_allclose(left["probe_after"], left["probe_before"], atol=1e-5)
    ids = second.read_first_task().to_pandas().query("split == 'head_after'")["example_id"]
    assert list(ids) == list(on_test["example_id"])


def test_a_second_task_says_which_run_it_began_from_and_what_is_left(
    workspace: Workspace, base_model: Path
) -> None:
    first, second = second_after_first(workspace, base_model)
    facts = second.read_record().base_model_facts
    assert facts["run_id"] == first.path.name
    assert facts["title"] == "tiny-bert after made"
    left = first_task_logits(second)
    assert left.keys() == {"head_after", "probe_before", "probe_after"}
    assert {scores.shape for scores in left.values()} == {(18, 2)}
    assert not np.allclose(left["probe_after"], left["probe_before"])


@pytest.mark.parametrize("arm", ["frozen", "scratch"])
def test_what_forgets_nothing_or_never_knew_is_not_asked(
    workspace: Workspace, base_model: Path, arm: str
) -> None:
    _, second = second_after_first(workspace, base_model, arm)
    assert not (second.path / "first_task.parquet").exists()


def test_without_the_first_tasks_texts_the_second_still_finishes(
    workspace: Workspace, base_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> None:
        raise NotFoundError("The dataset is gone.")

    monkeypatch.setattr(neural, "read_first_task", gone)
    _, second = second_after_first(workspace, base_model)
    assert second.read_record().state is State.FINISHED
    assert not (second.path / "first_task.parquet").exists()
