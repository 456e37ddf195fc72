from collections.abc import Iterator
from dataclasses import replace
from threading import Event

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from pages.ui import base_models
from tests.pages.reading import open_page, text_of
from tests.planning.test_estimate import CPU


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch, app: AppTest) -> Iterator[Event]:
    """A hub that is silent until the event is set, and then reachable."""
    event = Event()
    monkeypatch.setattr(base_models, "hub_is_reachable", lambda: event.wait(10))
    yield event
    event.set()
    st.cache_resource.clear()


def test_a_silent_hub_keeps_no_page_waiting(app: AppTest, answer: Event) -> None:
    open_page(app, "home")
    assert base_models.hub_sentence(None) in text_of(app)
    answer.set()
    open_page(app, "home")
    assert base_models.hub_sentence(True) in text_of(app)


def test_waiting_times_depend_on_the_gpu() -> None:
    assert "12× longer" in base_models.waiting_sentence(CPU)
    assert "longer" not in base_models.waiting_sentence(replace(CPU, gpu="NVIDIA H200"))
