"""What holds for all figures: harmless text, an alternative text, one frame, a narrow screen."""

import base64
import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import pytest
import streamlit
from plotly.offline import get_plotlyjs

from tests.charts.examples import FIGURES, HOSTILE, Names, climbing_curves
from tl_core import charts
from tl_core.charts import ArmStyle, Theme
from tl_core.charts.lines import LINE_PX
from tl_core.schema import Arm

THEMES: tuple[Theme, ...] = ("light", "dark")
STYLE = ArmStyle(label="Fine-tuned", color="#0B6FB8", dash="solid", ink="#0B6FB8")

EMPTY = {
    "overview": lambda: charts.arms_overview(
        pd.DataFrame(columns=["arm", "seed", "value"]),
        pd.DataFrame(columns=["arm", "mean", "low", "high"]),
        {},
    ),
    "intervals": lambda: charts.difference_interval(
        pd.DataFrame(columns=["pair", "difference", "low", "high"])
    ),
    "curves": lambda: charts.learning_curves(climbing_curves([]), {"fine_tuned": STYLE}),
    "per_class": lambda: charts.per_class_difference(
        pd.DataFrame(columns=["label", "difference", "value_a", "value_b", "support"]), STYLE, STYLE
    ),
    "confusion": lambda: charts.confusion_matrix([[0, 0], [0, 0]], ["a", "b"], STYLE),
    "confusion_gap": lambda: charts.confusion_difference([[0]], [[0]], ["a"], STYLE, STYLE),
    "agreement": lambda: charts.who_is_right([[0, 0], [0, 0]], STYLE, STYLE),
    "balance": lambda: charts.class_balance({}),
    "lengths": lambda: charts.length_histogram([], 128),
    "answers": lambda: charts.probabilities(
        pd.DataFrame(columns=["arm", "label", "probability"]), {}, num_labels=2
    ),
}


def strings(node: Any) -> Iterator[str]:
    """Every text in a figure's JSON."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for value in node.values():
            yield from strings(value)
    elif isinstance(node, list):
        for value in node:
            yield from strings(value)


def drawn(figure: go.Figure) -> list[str]:
    """Every text that Plotly draws: all but the template and the alternative text."""
    spec = json.loads(figure.to_json())
    del spec["layout"]["template"], spec["layout"]["meta"]
    return list(strings(spec))


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("make", FIGURES, ids=lambda make: make.__name__)
def test_user_text_reaches_plotly_only_escaped(make, theme):
    figure = make(Names(label=HOSTILE, base_model=HOSTILE), theme)

    for text in drawn(figure):
        assert "<a" not in text
        assert "<b>bold" not in text
        assert "$" not in text
        assert "meta" not in text or "&#37;{meta" in text


@pytest.mark.parametrize("make", [m for m in FIGURES if m.__name__ != "lengths"], ids=lambda m: m.__name__)
def test_user_text_is_shown_literally(make):
    assert any("&lt;b&gt;bold" in text for text in drawn(make(Names(HOSTILE, HOSTILE), "light")))


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("make", FIGURES, ids=lambda make: make.__name__)
def test_figure_shares_the_frame(make, theme):
    figure = make(Names(), theme)

    assert figure.layout.template.layout.paper_bgcolor == "rgba(0,0,0,0)"
    assert figure.layout.template.layout.showlegend is False
    assert figure.layout.template.layout.margin.l == 8
    assert 100 <= figure.layout.height <= 1200
    assert figure.layout.meta["alt"].endswith(".")
    assert len(figure.layout.meta["alt"]) > 40


@pytest.mark.parametrize("name", EMPTY)
def test_nothing_to_show_is_said_in_words(name):
    figure = EMPTY[name]()

    assert not figure.data
    assert figure.layout.annotations[0].text == figure.layout.meta["alt"]
    assert figure.layout.xaxis.visible is False


CLIPPED_TEXTS = """() => [...document.querySelectorAll('.js-plotly-plot')].flatMap(plot => {
    const frame = plot.getBoundingClientRect();
    return [...plot.querySelectorAll('text')].filter(text => {
        const box = text.getBoundingClientRect();
        return box.width && (box.left < frame.left - 1 || box.right > frame.right + 1
            || box.top < frame.top - 1 || box.bottom > frame.bottom + 1);
    }).map(text => `${plot.id}: ${text.textContent}`);
})"""


def font_face() -> str:
    """Return the font that the dashboard sets its figures in, which comes with Streamlit."""
    media = Path(streamlit.__file__).parent / "static" / "static" / "media"
    font = base64.b64encode(next(media.glob("SourceSansVF-Upright*.woff2")).read_bytes()).decode()
    return f'@font-face {{ font-family: "Source Sans"; src: url(data:font/woff2;base64,{font}) }}'


@pytest.mark.browser
def test_figures_fit_a_telephone_and_make_no_links(browser):
    page = browser.new_page(viewport={"width": 400, "height": 800})
    divisions = "".join(f'<div id="{make.__name__}" style="width:390px"></div>' for make in FIGURES)
    page.set_content(f'<body style="margin:0">{divisions}</body>')
    page.add_style_tag(content=font_face())
    page.evaluate("document.fonts.load('13px \"Source Sans\"')")
    page.add_script_tag(content=get_plotlyjs())
    for make in FIGURES:
        spec = make(Names(label=HOSTILE, base_model=HOSTILE), "light").to_json()
        page.evaluate(
            "([id, spec]) => { const f = JSON.parse(spec); return Plotly.newPlot(id, f.data, f.layout) }",
            [make.__name__, spec],
        )

    assert page.locator("svg a").count() == 0
    assert page.get_by_text("<b>bold</b>").count() >= len(FIGURES) - 1
    assert page.evaluate(CLIPPED_TEXTS) == []
    page.close()


@pytest.mark.browser
@pytest.mark.parametrize("ends", [(1.0, 1.0, 1.0), (0.736, 0.6, 0.578), (0.36, 0.34, 0.35), (0.9, 0.2, 0.21)])
def test_arms_that_end_close_together_are_all_named_and_none_on_another(browser, ends):
    names = ["fine_tuned", "tfidf", "scratch"]
    table = climbing_curves(names)
    table["accuracy"] = table["arm"].map(dict(zip(names, ends, strict=True)))
    table.loc[table["step"] == table["step"].min(), "accuracy"] = 0.3
    figure = charts.learning_curves(table, charts.arm_styles([Arm.parse(name) for name in names], {}))
    page = browser.new_page()
    page.set_content('<div id="figure" style="width:800px"></div>')
    page.add_script_tag(content=get_plotlyjs())
    page.evaluate(
        "(spec) => { const f = JSON.parse(spec); return Plotly.newPlot('figure', f.data, f.layout) }",
        figure.to_json(),
    )
    drawn = [(one.text_content(), one.bounding_box()) for one in page.locator("g.annotation").all()]
    page.close()
    labels = sorted(
        (box["y"] + box["height"] / 2, text)
        for text, box in drawn
        if text.endswith(("Fine-tuned", "From scratch", "TF-IDF"))
    )
    assert len(labels) == 3
    gaps = [after - before for (before, _), (after, _) in pairwise(labels)]
    assert min(gaps) >= LINE_PX - 1
