import pandas as pd
import pytest

from tests.pages.fixtures import add_experiment, finish_run, runs_of, store_sample_dataset
from tests.store.makers import make_record, make_run
from tl_core.models.facts import write_facts
from tl_core.results.inventory import find_facts, inventory_table, loading_lines, record_facts
from tl_core.schema import TextSource


@pytest.fixture
def experiment(workspace):
    made = add_experiment(workspace, store_sample_dataset(workspace), arms=("tfidf", "fine_tuned"))
    finish_run(workspace, runs_of(workspace, made)[1], 0.5)
    return made


def facts_by_id(workspace):
    runs = workspace.database.list_runs()
    return runs, {run.run_id: find_facts(workspace.run_folder(run.run_id), run) for run in runs}


def test_facts_hold_the_test_value_and_the_size_of_all_files(workspace, experiment):
    (queued, finished), facts = facts_by_id(workspace)
    assert (facts[queued.run_id].test_value, facts[queued.run_id].size_bytes) == (None, 0)
    folder = workspace.run_folder(finished.run_id).path
    assert facts[finished.run_id].size_bytes == sum(
        path.stat().st_size for path in folder.rglob("*") if path.is_file()
    )
    assert (facts[finished.run_id].test_value, facts[finished.run_id].num_test) == (0.5, 18)


def test_the_table_has_a_row_a_run(workspace, experiment):
    runs, facts = facts_by_id(workspace)
    labels = {"tfidf": "TF-IDF", "fine_tuned": "Fine-tuned"}
    table = inventory_table(runs, {experiment.experiment_id: experiment}, facts, labels)
    assert table["arm"].tolist() == ["Fine-tuned", "TF-IDF"]
    assert table["base_model"].tolist() == ["all-MiniLM-L6", ""]
    assert table["dataset"].tolist() == ["small reviews"] * 2
    assert table["test"].tolist() == [pd.NA, 0.5]
    assert table["created_at"].dt.tz is not None


def test_a_record_tells_what_is_known_and_leaves_out_the_rest():
    facts = record_facts(make_record(make_run()))
    assert facts["Learning rates"] == "encoder 5e-5, head 5e-3"
    assert facts["Seeds"] == "init 1, order 2, subset 3"
    assert not {"Parameters", "Device", "Precision", "Training time", "Versions"} & set(facts)


def test_loading_lines_are_those_of_its_one_file_or_this_engines(workspace, experiment):
    run_id = runs_of(workspace, experiment)[1].run_id
    folder = workspace.run_folder(run_id)
    assert f'load_predictor(Path("{run_id}"))' in loading_lines(folder, run_id)
    folder.model_dir.mkdir(exist_ok=True)
    pair = TextSource(columns=("question", "answer"))
    for texts, asked in ((None, '["A text."]'), (pair, '[("A text.", "Its pair.")]')):
        write_facts(folder.model_dir, "neural", ("bad", "good"), texts, pooling="mean", max_length=8)
        lines = f"from predict import load\n\nanswer = load()\nprint(answer({asked}))"
        assert loading_lines(folder, run_id) == lines
