"""Every answer on test as one table."""

import csv
import io

import pytest

from tests.files.tables import CHOICE, table
from tests.pages.fixtures import add_experiment, finish_all, store_sample_dataset
from tests.pages.texts import TEXTS
from tl_core.datasets.dataset import build_dataset, read_dataset
from tl_core.export.predictions import predictions_csv
from tl_core.intake.intake import store_dataset
from tl_core.results.comparison import gather


def rows_of(workspace, experiment, *, has_dataset=True):
    dataset = read_dataset(workspace.dataset_folder(experiment.dataset_fingerprint)) if has_dataset else None
    made = predictions_csv(gather(workspace, experiment.experiment_id), dataset)
    return list(csv.DictReader(io.StringIO(made.decode("utf-8-sig"))))


@pytest.fixture
def experiment(workspace):
    made = add_experiment(workspace, store_sample_dataset(workspace), num_seeds=2)
    finish_all(workspace, made, fine_tuned=0.95, scratch=0.5)
    return made


def test_every_example_model_and_seed_has_a_row(workspace, experiment):
    rows = rows_of(workspace, experiment)
    assert len(rows) == (1 + 1 + 2 + 2) * 18
    of_tuned = [row for row in rows if (row["model"], row["seed"]) == ("Fine-tuned", "1")]
    assert sum(int(row["is_right"]) for row in of_tuned) == 17
    for row in rows:
        shares = [float(value) for name, value in row.items() if name.startswith("p(")]
        assert sum(shares) == pytest.approx(1, abs=1e-5)
        assert float(row["confidence"]) == max(shares)
        assert float(row[f"p({row['answer']})"]) == max(shares)
        assert (row["answer"] == row["label"]) == (row["is_right"] == "1")
        assert " " in row["text"]


def test_without_the_dataset_the_ids_stay(workspace, experiment):
    rows = rows_of(workspace, experiment, has_dataset=False)
    assert {row["text"] for row in rows} == {""}
    assert len({row["example_id"] for row in rows}) == 18


def test_no_cell_is_run_by_a_spreadsheet(workspace):
    labels = [label for label in ("=1+1", "@x", "plain") for _ in range(20)]
    texts = [f"+{text}" for group in TEXTS.values() for text in group]
    built = build_dataset(table(text=texts, label=labels), name="hostile", choice=CHOICE)
    made = add_experiment(workspace, store_dataset(workspace, built))
    finish_all(workspace, made)
    for row in rows_of(workspace, made):
        assert row["text"].startswith("'+")
        assert row["label"] in ("'=1+1", "'@x", "plain")
