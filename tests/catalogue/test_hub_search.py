"""Searching the hub by words, on a server that answers as the hub does."""

import pytest

from tests.catalogue.hub import Hub
from tl_core.catalogue import hub_search
from tl_core.catalogue.hub_search import MOST_FOUND, FoundModel, search_hub
from tl_core.errors import ModelError


def model(name: str, task: str = "fill-mask", **facts: object) -> dict[str, object]:
    return {"id": name, "pipeline_tag": task, "downloads": 10, "tags": ["safetensors"], **facts}


def test_encoders_are_found_by_words_with_what_their_pages_say(hub: Hub) -> None:
    hub.found = [model("someone/german-bert", tags=["safetensors", "de", "license:mit"], downloads=1234)]
    assert search_hub("german bert") == [
        FoundModel(id="someone/german-bert", task="fill-mask", downloads=1234, licence="mit")
    ]
    (query,) = hub.searches
    assert "search=german" in query
    assert "filter=safetensors" in query
    assert "sort=downloads" in query


def test_models_that_generate_text_are_left_out(hub: Hub) -> None:
    hub.found = [model("a/writer", "text-generation"), model("a/reader"), model("a/unknown", tags=None)]
    assert [found.id for found in search_hub("a")] == ["a/reader", "a/unknown"]


def test_a_dozen_is_enough(hub: Hub) -> None:
    hub.found = [model(f"a/{number}") for number in range(30)]
    assert len(search_hub("a")) == MOST_FOUND


def test_nothing_found_is_an_empty_list(hub: Hub) -> None:
    assert search_hub("nothing is called so") == []


def test_a_hub_that_refuses_is_quoted(hub: Hub) -> None:
    hub.refused["/api/models"] = (400, "", "the hub is being repaired")
    with pytest.raises(ModelError, match="did not answer the search: .*the hub is being repaired"):
        search_hub("bert")


def test_a_hub_that_is_silent_is_given_up(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_search, "SEARCH_S", 0.0)
    with pytest.raises(ModelError, match="did not answer the search in 0 seconds"):
        search_hub("bert")
