"""Small valid records for tests of store and jobs."""

from tl_core.schema import (
    Arm,
    ArmKind,
    DatasetInfo,
    DatasetSchema,
    ExperimentConfig,
    LearningRates,
    Metric,
    PhaseStarted,
    Preset,
    ReadDecisions,
    RunConfig,
    RunRecord,
    Seeds,
    SplitInfo,
    State,
    Task,
    TrainingConfig,
)

FINGERPRINT = "f" * 64
SPLIT_HASH = "5" * 64
LABELS = ("negative", "positive")
CREATED_AT = "2026-11-23T10:00:00.000+00:00"


def make_info(fingerprint: str = FINGERPRINT, name: str = "reviews.csv") -> DatasetInfo:
    return DatasetInfo(
        fingerprint=fingerprint,
        name=name,
        columns=DatasetSchema(text_columns=("text",), label_column="label", labels=LABELS),
        decisions=ReadDecisions(encoding="utf-8", delimiter=",", quote='"', has_header=True),
        num_rows=10,
        num_examples=10,
        label_counts={"negative": 5, "positive": 5},
    )


def make_experiment(experiment_id: str = "exp_1", created_at: str = CREATED_AT) -> ExperimentConfig:
    return ExperimentConfig(
        experiment_id=experiment_id,
        name="Reviews",
        created_at=created_at,
        task=Task.SENTIMENT,
        dataset_name="reviews.csv",
        dataset_fingerprint=FINGERPRINT,
        split=SplitInfo(
            hash=SPLIT_HASH, dataset_fingerprint=FINGERPRINT, seed=0, train=6, validation=2, test=2
        ),
        labels=LABELS,
        base_model="builtin",
        arms=(Arm(kind=ArmKind.SCRATCH), Arm(kind=ArmKind.FINE_TUNED)),
        num_seeds=1,
        train_sizes=(6,),
        preset=Preset.QUICK,
        headline_metric=Metric.ACCURACY,
        training=TrainingConfig(epochs=1),
    )


def make_run(run_id: str = "run_1", position: int = 0, experiment_id: str = "exp_1") -> RunConfig:
    return RunConfig(
        run_id=run_id,
        experiment_id=experiment_id,
        position=position,
        arm=Arm(kind=ArmKind.FINE_TUNED),
        base_model="builtin",
        seed=0,
        seeds=Seeds(init=1, order=2, subset=3),
        train_size=6,
        task=Task.SENTIMENT,
        dataset_fingerprint=FINGERPRINT,
        split_hash=SPLIT_HASH,
        labels=LABELS,
        headline_metric=Metric.ACCURACY,
        training=TrainingConfig(epochs=1),
        learning_rates=LearningRates(encoder=5e-5, head=5e-3),
    )


def make_record(run: RunConfig | None = None, state: State = State.FINISHED) -> RunRecord:
    return RunRecord(config=run or make_run(), state=state, created_at=CREATED_AT, started_at=CREATED_AT)


def make_event(seq: int) -> PhaseStarted:
    return PhaseStarted(
        seq=seq, step=seq, examples_seen=16 * seq, tokens_seen=0, train_s=0.5, wall_s=1.0, phase="training"
    )
