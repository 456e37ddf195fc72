"""The figures' colours are those of the dashboard's theme."""

import tomllib
from pathlib import Path

import pytest

from tests.charts.examples import FIGURES, Names
from tl_core.charts.colors import PALETTE, Theme, contrast
from tl_core.charts.template import TONES, add_note, empty_figure, enlarged, name_budget, new_figure, settled

THEMES: tuple[Theme, ...] = ("light", "dark")
CONFIG = tomllib.loads((Path(__file__).parents[2] / ".streamlit/config.toml").read_text("utf-8"))


@pytest.mark.parametrize("theme", THEMES)
def test_dashboard_theme_has_the_same_colours(theme):
    configured = CONFIG["theme"][theme]

    assert configured["backgroundColor"] == TONES[theme].background
    assert configured["textColor"] == TONES[theme].text
    assert configured["chartCategoricalColors"] == list(dict.fromkeys(PALETTE[theme].values()))


@pytest.mark.parametrize("theme", THEMES)
def test_tones_stand_out_as_far_as_their_use_asks(theme):
    tones = TONES[theme]

    assert contrast(tones.text, tones.background) >= 7
    assert contrast(tones.muted, tones.background) >= 4.5
    assert contrast(tones.neutral, tones.background) >= 3
    assert contrast(tones.warning, tones.background) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
def test_accents_of_the_dashboard_can_be_read(theme):
    configured = CONFIG["theme"][theme]

    assert contrast(configured["primaryColor"], "#FFFFFF") >= 4.5
    assert contrast(configured["primaryColor"], configured["backgroundColor"]) >= 3
    assert contrast(configured["linkColor"], configured["backgroundColor"]) >= 4.5


def test_server_keeps_to_itself():
    assert CONFIG["server"]["address"] == "127.0.0.1"
    assert CONFIG["server"]["allowedHosts"] == ["localhost", "127.0.0.1"]
    assert CONFIG["browser"]["gatherUsageStats"] is False
    assert CONFIG["client"]["showErrorDetails"] == "none"
    assert CONFIG["client"]["disableDataExport"] is True


def test_an_enlarged_figure_has_larger_type_lines_and_margins_and_the_same_data():
    figure = new_figure(theme="light", height=200, alt="Two points.")
    figure.add_scatter(x=[1, 2], y=[3, 4], line={"width": 2}, marker={"size": 10})
    add_note(figure, '<span style="font-size:11px">note</span>', theme="light", x=1, y=3, xshift=4)
    larger = enlarged(figure, 1.5)

    assert (larger.layout.height, larger.layout.template.layout.font.size) == (300, 20)
    assert larger.layout.template.layout.margin.l == 12
    assert (larger.data[0].line.width, larger.data[0].marker.size) == (3, 15)
    assert (tuple(larger.data[0].x), larger.layout.annotations[0].x) == ((1, 2), 1)
    assert larger.layout.annotations[0].text == '<span style="font-size:16px">note</span>'
    assert larger.layout.annotations[0].xshift == 6
    assert larger.layout.meta == {"alt": "Two points."}
    assert figure.layout.height == 200


@pytest.mark.parametrize("make", FIGURES, ids=lambda make: make.__name__)
def test_every_figure_can_be_enlarged(make):
    figure = make(Names(), "dark")

    assert enlarged(figure, 1.5).layout.height == round(1.5 * figure.layout.height)
    assert len(enlarged(figure, 1.5).data) == len(figure.data)


def test_a_settled_figure_is_the_same_and_made_once():
    figure = new_figure(theme="light", height=200, alt="A figure.")
    figure.add_scatter(x=[1, 2], y=[3, 4])
    before = figure.to_dict()
    assert settled(figure) is figure
    assert figure.to_dict() == before
    assert figure.to_dict() is figure.to_dict()


def test_the_budget_is_named_below_a_figure_and_in_its_text():
    figure = next(make for make in FIGURES if make.__name__ == "curves")(Names(), "light")
    height, bottom = figure.layout.height, figure.layout.margin.b
    name_budget(figure, "equal <b>steps</b>")
    assert figure.layout.title.text == "budget: equal &lt;b&gt;steps&lt;/b&gt;"
    assert figure.layout.height > height
    assert figure.layout.margin.b > bottom, "its axis makes no room of its own"
    assert figure.layout.meta["alt"].endswith("Budget: equal <b>steps</b>.")


def test_nothing_is_named_below_an_empty_figure_or_without_a_budget():
    empty = name_budget(empty_figure("Nothing yet.", theme="light"), "equal steps")
    assert (empty.layout.title.text, empty.layout.meta["alt"]) == (None, "Nothing yet.")
    figure = FIGURES[0](Names(), "light")
    assert name_budget(figure, "").layout.title.text is None
