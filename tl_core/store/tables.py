"""The database's tables. Every row has an owner; JSON columns hold the frozen types' own JSON form."""

from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

Json = dict[str, Any]


class JobKind(StrEnum):
    """What a job carries out; its ``ref_id`` names the run, the upload or the dataset that it belongs to."""

    RUN = "run"
    PREDICT_FILE = "predict_file"
    EXPORT = "export"
    VERIFY = "verify"
    TAKE_IN = "take_in"
    EXAMINE = "examine"
    FIX = "fix"

    @property
    def is_on_data(self) -> bool:
        """Whether it prepares data and needs no model."""
        return self in (JobKind.TAKE_IN, JobKind.EXAMINE, JobKind.FIX)


class Base(DeclarativeBase):
    """Common base: constraints have names on every database, so that migrations can address them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {Json: JSON}


class DatasetTable(Base):
    """One row a dataset; two owners may have the same one."""

    __tablename__ = "datasets"

    owner: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    info: Mapped[Json]
    created_at: Mapped[str]


class ExperimentTable(Base):
    """One row an experiment."""

    __tablename__ = "experiments"

    experiment_id: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(index=True)
    name: Mapped[str]
    config: Mapped[Json]
    created_at: Mapped[str]


class RunTable(Base):
    """One row a run; what it measured lies in its folder."""

    __tablename__ = "runs"

    run_id: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(index=True)
    experiment_id: Mapped[str] = mapped_column(
        ForeignKey("experiments.experiment_id", ondelete="CASCADE"), index=True
    )
    name: Mapped[str]
    arm: Mapped[str]
    seed: Mapped[int]
    train_size: Mapped[int]
    position: Mapped[int]
    config: Mapped[Json]
    state: Mapped[str]
    error: Mapped[str | None]
    created_at: Mapped[str]
    started_at: Mapped[str | None]
    finished_at: Mapped[str | None]


class JobTable(Base):
    """One row a job; the order of the ids is the order of work.

    ``process_created`` is what the version before noted in the place of ``process_start``: nothing writes it
    any more, but a supervisor of that version may still be at work.
    """

    __tablename__ = "jobs"
    __table_args__ = (Index(None, "kind", "ref_id"), Index(None, "state", "id"))

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    owner: Mapped[str]
    kind: Mapped[str]
    ref_id: Mapped[str]
    payload: Mapped[Json]
    state: Mapped[str]
    error: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(default=0)
    pid: Mapped[int | None]
    process_created: Mapped[float | None]
    process_start: Mapped[str | None]
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    num_done: Mapped[int] = mapped_column(default=0)
    num_total: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[str]
    started_at: Mapped[str | None]
    finished_at: Mapped[str | None]


class PromiseTable(Base):
    """One row an experiment whose time was told at its start; it outlives the experiment.

    ``took`` is there once every run has ended.
    """

    __tablename__ = "promises"

    experiment_id: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(index=True)
    promise: Mapped[Json]
    took: Mapped[Json | None]
    created_at: Mapped[str]


class AnnotationTable(Base):
    """One row an experiment that a person has annotated, or whose summary is known."""

    __tablename__ = "annotations"

    experiment_id: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(index=True)
    annotation: Mapped[Json | None]
    summary: Mapped[Json | None]


class LookTable(Base):
    """One row for each arm and train size of an experiment that was scored on a split's test examples.

    It outlives runs and experiments: deleting them does not unsee what they showed.
    """

    __tablename__ = "looks"

    owner: Mapped[str] = mapped_column(primary_key=True)
    split_hash: Mapped[str] = mapped_column(primary_key=True)
    experiment_id: Mapped[str] = mapped_column(primary_key=True)
    arm: Mapped[str] = mapped_column(primary_key=True)
    train_size: Mapped[int] = mapped_column(primary_key=True)
    first_at: Mapped[str]


class UnsealingTable(Base):
    """One row a split whose sealed test examples were opened; it outlives experiments, as a look does."""

    __tablename__ = "unsealings"

    owner: Mapped[str] = mapped_column(primary_key=True)
    split_hash: Mapped[str] = mapped_column(primary_key=True)
    unsealing: Mapped[Json]


class DraftTable(Base):
    """What a person has entered and not yet started, by page."""

    __tablename__ = "drafts"

    owner: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    content: Mapped[Json]
    updated_at: Mapped[str]
