"""The words of a page, offered beside it: nothing is sent until they are asked for, and then all of them."""

import json
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui.glossary import ENTRIES
from tests.pages.fixtures import add_experiment, finish_all, store_sample_dataset
from tests.pages.reading import open_page
from tl_core.store.workspace import Workspace

PAGES = sorted(
    path.stem
    for path in (Path(__file__).parents[2] / "pages").glob("*.py")
    if path.stem not in ("__init__", "router")
)


def offer_words() -> None:
    from pages.ui.glossary import draw_words

    draw_words("results")


def run(*, is_open: bool) -> AppTest:
    app = AppTest.from_function(offer_words)
    if is_open:
        app.session_state["words_results"] = True
    return app.run()


def words_sent(app: AppTest) -> list[Any]:
    """Return what the script in the browser is given, by component."""
    components = [one.proto for one in app.get("bidi_component") if one.proto.component_name == "page_words"]
    return [json.loads(one.json) for one in components]


def offers(app: AppTest) -> list[str]:
    labels = [one.proto.popover.label for one in app.sidebar.get("popover")]
    return [label for label in labels if label == "Glossary"]


def test_closed_it_costs_nothing() -> None:
    app = run(is_open=False)
    assert not app.exception
    assert len(app.get("popover")) == 1
    assert not words_sent(app)


def test_open_it_sends_every_word_and_leads_to_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    links = []
    monkeypatch.setattr("streamlit.page_link", lambda page, **options: links.append(page))
    app = run(is_open=True)
    assert not app.exception
    (sent,) = words_sent(app)
    assert {word["slug"] for group in sent["groups"] for word in group["words"]} == set(ENTRIES)
    assert links == ["learn.py"]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_that_ends_early_offers_its_words_unless_all_stand_there(app: AppTest, page: str) -> None:
    open_page(app, page)
    assert len(offers(app)) == (0 if page == "learn" else 1)


def test_a_page_with_an_error_offers_its_words(app: AppTest, workspace: Workspace) -> None:
    store_sample_dataset(workspace)
    open_page(app, "setup", dataset="0" * 64)
    assert app.error
    assert len(offers(app)) == 1


def test_a_slide_offers_no_words(app: AppTest, workspace: Workspace) -> None:
    made = add_experiment(workspace, store_sample_dataset(workspace), arms=("scratch", "fine_tuned"))
    finish_all(workspace, made)
    open_page(app, "results", experiment=made.experiment_id, present="1")
    assert "present" in app.query_params
    assert not offers(app)
