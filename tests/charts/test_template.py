"""The figures' colours are those of the dashboard's theme."""

import tomllib
from pathlib import Path

import pytest

from tl_core.charts.colors import PALETTE, Theme, contrast
from tl_core.charts.template import TONES

THEMES: tuple[Theme, ...] = ("light", "dark")
CONFIG = tomllib.loads((Path(__file__).parents[2] / ".streamlit/config.toml").read_text("utf-8"))


@pytest.mark.parametrize("theme", THEMES)
def test_dashboard_theme_has_the_same_colours(theme):
    configured = CONFIG["theme"][theme]

    assert configured["backgroundColor"] == TONES[theme].background
    assert configured["textColor"] == TONES[theme].text
    assert configured["chartCategoricalColors"] == list(PALETTE[theme].values())


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
