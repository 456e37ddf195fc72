"""The list of all experiments: searched, filtered, named in place, compared, put away and deleted."""

import time
from functools import partial
from types import SimpleNamespace

import pytest

from pages.cards.experiments import table
from tests.pages.fixtures import (
    add_experiment,
    finish_all,
    runs_of,
    store_other_dataset,
    store_sample_dataset,
)
from tests.pages.reading import open_page, page_of, plain, query_of, text_of
from tests.store.marking import mark_run
from tl_core.results.comparison import gather
from tl_core.schema import Annotation, State


@pytest.fixture
def intake(workspace):
    return store_sample_dataset(workspace)


@pytest.fixture
def done(workspace, intake):
    made = add_experiment(workspace, intake, num_seeds=2)
    finish_all(workspace, made, fine_tuned=0.95, scratch=0.4)
    return made


def rows_of(app):
    """Return the table as a person sees it, by the experiments' links."""
    (shown,) = [one.value for one in app.dataframe if "Open" in one.value]
    return shown.set_index("Open")


def edit(app, place, **changes):
    """Edit cells of a row in place, as the browser tells it."""
    (shown,) = [one for one in app.dataframe if "Open" in one.value]
    key = shown.proto.id.split("-", 2)[2]
    named = {name if name != "tick" else "": value for name, value in changes.items()}
    app.session_state[key] = {"edited_rows": {place: named}, "added_rows": [], "deleted_rows": []}
    app.run()
    assert not app.exception, app.exception


def button(app, label):
    return next(one for one in app.button if one.label == label)


def test_without_any_it_leads_to_the_ways_in(app):
    open_page(app, "experiments")
    assert "There are none yet" in text_of(app)


def test_an_experiment_shows_what_it_came_to(app, workspace, done):
    open_page(app, "experiments")
    open_page(app, "experiments")  # the first look has read the results
    verdict = gather(workspace, done.experiment_id).headline
    row = rows_of(app).loc[f"results?experiment={done.experiment_id}"]
    assert row["Name"] == "small reviews"
    assert row["Best model"] == "Fine-tuned, 94.4% accuracy"
    assert row["Gain"] == pytest.approx(100 * verdict.difference)
    assert row["Interval"] == " to ".join(f"{100 * end:.1f}" for end in verdict.ci95)
    assert row["Of"] == "Fine-tuned − From scratch, 2 seeds, 18 test examples"
    assert row["Status"] == verdict.status.words


def test_what_it_came_to_is_read_once_and_anew_after_a_change(app, workspace, done, monkeypatch):
    calls = []
    from tl_core.results import summaries

    read = summaries.gather
    monkeypatch.setattr(summaries, "gather", lambda *asked: calls.append(1) or read(*asked))
    for _ in range(3):
        open_page(app, "experiments")
    assert len(calls) == 1
    mark_run(workspace.database, runs_of(workspace, done)[-1].run_id, State.CANCELLED)
    open_page(app, "experiments")
    assert len(calls) == 2


def test_one_that_trains_says_how_far_it_is_and_leads_to_its_runs(app, workspace, intake):
    made = add_experiment(workspace, intake)
    open_page(app, "experiments")
    row = rows_of(app).loc[f"runs?experiment={made.experiment_id}"]
    assert row["Status"] == "0 of 4 done, 4 waiting"
    assert not row["Best model"]


def test_search_and_filters_leave_what_is_like_that(app, workspace, intake, done):
    other = add_experiment(workspace, intake)
    workspace.database.rename_experiment(other.experiment_id, "second try")
    workspace.database.annotate(done.experiment_id, Annotation(tags=("paper",), notes="cited"))
    open_page(app, "experiments")
    assert len(rows_of(app)) == 2
    search = next(one for one in app.text_input if one.label == "Search")
    search.set_value("SECOND").run()
    assert rows_of(app)["Name"].tolist() == ["second try"]
    search.set_value("paper cited").run()
    assert rows_of(app)["Name"].tolist() == ["small reviews"]
    search.set_value("nothing").run()
    assert "No experiment matches" in text_of(app)
    search.set_value("").run()
    next(one for one in app.button_group if one.label == "State").set_value(["Running"]).run()
    assert rows_of(app)["Name"].tolist() == ["second try"]


def test_name_star_tags_and_notes_are_edited_in_place(app, workspace, intake, done):
    newest = add_experiment(workspace, intake)
    open_page(app, "experiments")
    edit(app, 1, Name="  Reviews,  first ", Star=True, Tags=["paper", " paper ", ""], Notes="five seeds next")
    entries = {one.config.experiment_id: one for one in workspace.database.list_entries()}
    entry = entries[done.experiment_id]
    assert entry.config.name == "Reviews, first"
    assert entry.annotation == Annotation(tags=("paper",), notes="five seeds next", is_starred=True)
    assert rows_of(app)["Name"].tolist() == ["Reviews, first", newest.name], "starred ones come first"
    open_page(app, "results", experiment=done.experiment_id)
    assert "**Reviews, first**" in [plain(one.label) for one in app.get("menu_button")]


def test_a_name_of_nothing_is_refused(app, workspace, done):
    open_page(app, "experiments")
    edit(app, 0, Name="   ")
    assert workspace.database.get_experiment(done.experiment_id).name == "small reviews"


def test_only_experiments_on_one_split_can_be_compared(app, workspace, intake, done):
    again = add_experiment(workspace, intake)
    finish_all(workspace, again)
    other = add_experiment(workspace, store_other_dataset(workspace))
    open_page(app, "experiments")
    assert button(app, "Compare selected").disabled
    places = {link.rpartition("=")[2]: place for place, link in enumerate(rows_of(app).index)}
    tick = {places[one.experiment_id]: {"": True} for one in (done, again)}
    (shown,) = [one for one in app.dataframe if "Open" in one.value]
    key = shown.proto.id.split("-", 2)[2]
    app.session_state[key] = {"edited_rows": tick | {places[other.experiment_id]: {"": True}}}
    app.run()
    assert button(app, "Compare selected").disabled
    assert "different test examples" in text_of(app)
    app.session_state[key] = {"edited_rows": tick}
    app.run()
    button(app, "Compare selected").click().run()
    assert page_of(app) == "side_by_side"
    assert set(query_of(app, "runs").split(",")) == {done.experiment_id, again.experiment_id}


def test_an_archived_one_is_put_away_and_brought_back(app, workspace, done):
    open_page(app, "experiments")
    edit(app, 0, tick=True)
    button(app, "Archive").click().run()
    assert "No experiment matches" in text_of(app)
    app.toggle[0].set_value(True).run()
    edit(app, 0, tick=True)
    button(app, "Bring back").click().run()
    assert not workspace.database.list_entries()[0].annotation.is_archived


def test_an_archived_one_is_offered_nowhere_else(app, workspace, intake, done):
    other = add_experiment(workspace, intake, num_seeds=2, name="the other")
    finish_all(workspace, other, fine_tuned=0.95, scratch=0.4)
    workspace.database.annotate(other.experiment_id, Annotation(is_archived=True))
    open_page(app, "home")
    assert "the other" not in text_of(app)
    open_page(app, "runs")
    assert query_of(app, "experiment") == done.experiment_id, "the newest that is not put away"
    assert all(one.label != "Experiment" for one in app.selectbox)
    open_page(app, "runs", experiment=other.experiment_id)
    assert "the other" in text_of(app), "a link to it still opens it"


def test_deleting_removes_everything_that_it_wrote(app, workspace, done):
    open_page(app, "experiments")
    edit(app, 0, tick=True)
    assert "6 runs with their models and predictions" in text_of(app)
    folders = [workspace.run_folder(run.run_id).path for run in runs_of(workspace, done)]
    button(app, "Delete").click().run()
    assert not app.exception
    assert not any(folder.exists() for folder in folders)
    assert workspace.database.list_entries() == []
    assert "There are none yet" in text_of(app)


def test_a_hostile_name_is_shown_literally(app, workspace, done):
    workspace.database.rename_experiment(done.experiment_id, "![x](http://evil/x) **b**")
    open_page(app, "experiments")
    edit(app, 0, tick=True)
    assert any("![x](http://evil/x)" in plain(one.value) for one in app.markdown)
    assert not any("![x](http" in one.value for one in app.markdown)


def test_many_that_wait_are_read_a_few_at_a_time_without_drawing_the_page_each_time(monkeypatch):
    entries, drawn = [f"entry {number}" for number in range(20)], []
    read: list[str] = []
    monkeypatch.setattr(table, "sum_up", lambda workspace, entry: read.append(entry))
    monkeypatch.setattr(
        table, "workspace", lambda: SimpleNamespace(database=SimpleNamespace(list_entries=list))
    )
    monkeypatch.setattr(table, "begin_anew", lambda: drawn.append(len(read)))
    follow = partial(table._follow, entries, {})
    follow(time.monotonic())
    assert (len(read), drawn) == (table.SUMMED_AT_ONCE, [])
    follow(time.monotonic() - table.FOLLOW_S)
    follow(time.monotonic())
    assert len(read) == 20
    assert drawn == [2 * table.SUMMED_AT_ONCE, 20]
