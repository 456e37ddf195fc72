"""Escaping, cutting and numbers."""

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tl_core.charts.text import (
    device_words,
    energy_words,
    name_lines,
    one_line,
    percent,
    plain,
    points,
    short_hash,
    width_px,
)


@given(st.text())
def test_nothing_that_plotly_interprets_survives(text):
    assert not set(plain(text)) & set("<>$%\n\r\x00")


@given(st.text())
def test_escaping_loses_nothing_that_is_shown(text):
    assert html.unescape(plain(text)) == html.unescape(one_line(text).translate({ord("&"): "&amp;"}))


@given(st.text(), st.integers(2, 60))
def test_no_text_is_longer_than_its_limit(text, limit):
    assert len(one_line(text, limit)) <= limit


@given(st.text(alphabet=st.characters(categories=["Cs", "Cc", "L"])))
def test_every_text_can_be_encoded(text):
    assert plain(text).encode("utf-8").decode("utf-8") == plain(text)


def test_cutting_never_splits_a_character_reference():
    assert plain("&&&&", limit=3) == "&amp;&amp;…"


def test_lines_and_marks_that_reorder_text_are_removed():
    assert plain("re\nfund \u202egnp.exe\u2066") == "re fund gnp.exe"


def test_names_break_before_the_base_model():
    assert name_lines("Fine-tuned") == ["Fine-tuned"]
    assert name_lines("Fine-tuned · <b>") == ["Fine-tuned", '<span style="font-size:11px">&lt;b&gt;</span>']


@pytest.mark.parametrize(
    ("fraction", "text"), [(0.2142, "+21.4"), (-0.052, "−5.2"), (0.0, "0.0"), (-0.0004, "0.0")]
)
def test_points_are_signed(fraction, text):
    assert points(fraction) == text


def test_percent_carries_its_sign():
    assert percent(0.8721) == "87.2%"
    assert percent(0.8721, 0) == "87%"


def test_east_asian_text_is_wider():
    assert width_px("模型") > width_px("ab")


@pytest.mark.parametrize(
    ("recorded", "told"),
    [
        ("estimated: 4 W a thread, assumed, × load", "estimated from the load, assuming 4 W per thread"),
        ("estimated: 65 W × load", "estimated from the load at 65 W"),
        ("GPU measured: NVML; CPU measured: RAPL", "GPU measured (NVML); CPU measured (RAPL)"),
        ("not measured", "not measured"),
    ],
)
def test_how_an_energy_is_known_is_told_in_words(recorded: str, told: str) -> None:
    assert energy_words(recorded) == told


def test_a_hash_is_shortened_to_both_ends() -> None:
    assert short_hash("fc685632a97d") == "fc68…7d"


def test_a_device_is_written_as_people_do() -> None:
    recorded = ("cpu", "mps", "cuda", "cuda: NVIDIA H200", None)
    assert [device_words(one) for one in recorded] == ["CPU", "Apple GPU", "GPU", "NVIDIA H200", "unknown"]
