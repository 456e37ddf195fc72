"""The report: what it says, that nothing in it is interpreted, and how it opens in a browser."""

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.export.conftest import HOSTILE
from tests.pages.fixtures import (
    add_experiment,
    fail_run,
    finish_all,
    finish_run,
    runs_of,
    store_sample_dataset,
)
from tests.pages.texts import TEXTS
from tl_core.errors import ComparisonError
from tl_core.export.comparison_json import comparison_json
from tl_core.export.report import report_html, report_of
from tl_core.intake.bundled import SAMPLES, read_sample
from tl_core.intake.intake import store_intake
from tl_core.results.comparable import gather_pooled
from tl_core.results.comparison import gather
from tl_core.schema import ExperimentConfig
from tl_core.store.workspace import Workspace

HEIGHTS = "[...document.querySelectorAll('.plot')].map(plot => plot.layout.height)"
MADE_AT = "2026-11-24T12:00:00.000+00:00"
TAGS = {
    "dt",
    "tr",
    "tbody",
    "section",
    "p",
    "div",
    "h2",
    "ol",
    "strong",
    "script",
    "td",
    "meta",
    "figure",
    "th",
    "title",
    "thead",
    "style",
    "details",
    "header",
    "dd",
    "h1",
    "html",
    "ul",
    "summary",
    "table",
    "footer",
    "head",
    "span",
    "dl",
    "main",
    "figcaption",
    "body",
    "li",
}
ATTRIBUTES = {
    "class",
    "type",
    "tabindex",
    "role",
    "name",
    "style",
    "http-equiv",
    "aria-label",
    "charset",
    "lang",
    "scope",
    "content",
}


class Reading(HTMLParser):
    """What a browser would make of a page: its tags, attributes and the text a person reads."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[tuple[str, str]] = set()
        self.scripts = 0
        self.texts: list[str] = []
        self._within: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {(name, value or "") for name, value in attrs}
        self.scripts += tag == "script" and not attrs
        self._within.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._within:
            while self._within.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if self._within and self._within[-1] not in ("script", "style"):
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


def report(workspace: Workspace, experiment: ExperimentConfig) -> str:
    return report_of(workspace, gather(workspace, experiment.experiment_id))


def test_it_says_the_verdict_with_its_interval_seeds_and_n(workspace, experiment):
    results = gather(workspace, experiment.experiment_id)
    text = Reading(report_of(workspace, results)).text
    verdict = results.verdicts[0]
    low, high = (f"{100 * end:.1f}" for end in verdict.ci95)
    assert f"{verdict.claim} 95% interval {low} to {high} points, 3 seeds, 18 test examples" in text
    assert all(one.words in text and one.evidence[1:] in text for one in verdict.reservations)
    assert "From scratch was still improving when it stopped" in text


def test_it_tells_data_fairness_limits_and_method(workspace, experiment):
    text = Reading(report(workspace, experiment)).text
    assert "60 rows read as utf-8, 60 kept, 3 classes. 33 are for training" in text
    assert experiment.split.hash in text
    assert experiment.dataset_fingerprint in text
    assert "Fine-tuned 1e-4, head 5e-3 · From scratch 5e-4" in text
    assert "With 18 test examples the interval is about ±" in text
    assert "5 pairs were compared" in text
    assert "about a billion question, review and inference pairs" in text
    assert "tl-dashboard 0.1.0" in text


def test_it_has_every_metric_that_fits_and_recall_by_class(workspace, experiment):
    html = report(workspace, experiment)
    assert "<h2>Other metrics</h2>" in html
    assert "Balanced accuracy, %" in html
    assert "Recall on test, %" in html
    assert "Decision threshold" not in html, "of two labels only"


def test_every_figure_has_a_text_alternative_and_its_numbers(workspace, experiment):
    page = report(workspace, experiment)
    alternatives = [
        value for name, value in Reading(page).attributes if name == "aria-label" and value.endswith(".")
    ]
    assert len(alternatives) == 12
    assert page.count('<script type="application/json">') == page.count("<summary>The numbers") == 12


def test_it_says_what_a_run_took_and_that_pretraining_is_not_included(workspace, experiment):
    text = Reading(report(workspace, experiment)).text
    assert "30.0 s and 0.075 Wh, median of 3 runs" in text
    assert "Pretraining cost is not included." in text


def test_it_says_how_far_confidence_can_be_trusted(workspace, experiment):
    text = Reading(report(workspace, experiment)).text
    assert "How far can the confidence be trusted? Fine-tuned Fine-tuned is " in text
    assert "A temperature fitted on validation" in text
    assert "There is no interval for it, so it is not a result." in text


def test_nothing_a_person_wrote_is_interpreted(workspace, hostile):
    reading = Reading(report(workspace, hostile))
    assert reading.tags <= TAGS
    assert {name for name, _ in reading.attributes} <= ATTRIBUTES
    assert reading.scripts == 2
    assert HOSTILE in reading.text


def test_nothing_leads_elsewhere_and_the_page_forbids_it_too(workspace, hostile):
    page = report(workspace, hostile)
    assert not {name for name, _ in Reading(page).attributes} & {"src", "href", "srcset", "action", "poster"}
    assert "default-src 'none'" in page
    assert "url(" not in page.split("<style>")[1].split("</style>")[0]
    assert "</script><script>alert" not in page


def test_no_text_of_the_dataset_is_in_it(workspace, experiment):
    page = report(workspace, experiment)
    assert not [text for texts in TEXTS.values() for text in texts if text in page]


def test_one_seed_is_said_to_be_one(workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace))
    finish_all(workspace, experiment, fine_tuned=0.9)
    text = Reading(report(workspace, experiment)).text
    assert "One seed: another training may turn out differently" in text
    assert "1 seed, 18 test examples" in text


def test_runs_that_are_missing_are_named(workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace), ("scratch", "fine_tuned"), 2)
    first, second, third, _fourth = runs_of(workspace, experiment)
    finish_run(workspace, first)
    finish_run(workspace, second)
    fail_run(workspace, third)
    text = Reading(report(workspace, experiment)).text
    assert "Not included. Not finished yet:" in text
    assert "Not included. Failed:" in text


def test_several_train_sizes_stand_below_each_other(workspace):
    experiment = add_experiment(
        workspace, store_sample_dataset(workspace), ("scratch", "fine_tuned"), 2, train_sizes=[15, 33]
    )
    finish_all(workspace, experiment, fine_tuned=0.9)
    text = Reading(report(workspace, experiment)).text
    assert "How many labels does pretraining save?" in text
    assert "33 training, 9 validation and 18 test examples" in text
    assert "accuracy with 33 labels" in text
    assert "Labels saved" in text


def test_train_sizes_of_an_experiment_like_it_count(workspace):
    intake = store_sample_dataset(workspace)
    chosen = add_experiment(workspace, intake, ("scratch", "fine_tuned"), 2)
    added = add_experiment(workspace, intake, ("scratch", "fine_tuned"), 2, train_sizes=[15])
    for experiment in (chosen, added):
        finish_all(workspace, experiment, fine_tuned=0.9)
    text = Reading(report(workspace, chosen)).text
    assert "How many labels does pretraining save?" in text
    assert "accuracy with 33 labels" in text
    told = comparison_json(workspace, gather(workspace, chosen.experiment_id))
    assert told["label_worth"]["train_sizes"] == [15, 33]


def test_one_train_size_asks_nothing_about_labels(workspace, experiment):
    assert "How many labels does pretraining save?" not in report(workspace, experiment)


def test_without_its_dataset_it_says_so(workspace, experiment):
    results = gather(workspace, experiment.experiment_id)
    text = Reading(report_html(results, gather_pooled(workspace, results), None, made_at=MADE_AT)).text
    assert "The dataset is not in this workspace" in text
    assert "Made 2026-11-24 12:00 UTC" in text


def test_a_sample_is_no_evidence_and_a_file_of_its_name_may_be(workspace):
    sample = read_sample(SAMPLES["reviews_sentiment"])
    store_intake(workspace, sample)
    for intake in (sample, store_sample_dataset(workspace, "reviews_sentiment")):
        experiment = add_experiment(workspace, intake)
        finish_all(workspace, experiment)
        assert ("cite these numbers" in report(workspace, experiment)) == (intake is sample)


def test_without_a_verdict_there_is_no_report(workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace))
    with pytest.raises(ComparisonError, match="No two models have finished"):
        report(workspace, experiment)


def test_writing_it_needs_no_torch():
    code = "import sys, tl_core.export.report, tl_core.export.card; sys.exit('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], env=dict(os.environ), timeout=60, check=False)
    assert done.returncode == 0


def open_in(browser: Any, path: Path, **options: Any) -> tuple[Any, list[str]]:
    """Open a file; return the page, and what it said or asked for beyond itself."""
    page, said = browser.new_page(**options), []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.on("request", lambda request: said.append(request.url))
    page.goto(path.as_uri())
    page.locator(".plot .main-svg").last.wait_for(state="attached")
    return page, [one for one in said if one != path.as_uri()]


@pytest.mark.browser
def test_hostile_names_open_in_silence_on_a_telephone(workspace, hostile, browser, tmp_path):
    path = tmp_path / "report.html"
    path.write_text(report(workspace, hostile), encoding="utf-8")
    page, said = open_in(browser, path, viewport={"width": 390, "height": 844})
    assert said == []
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert page.locator("img, iframe, a").count() == 0
    page.close()


@pytest.mark.browser
def test_on_paper_it_has_six_pages_and_figures_fit(workspace, experiment, browser, tmp_path):
    path = tmp_path / "report.html"
    path.write_text(report(workspace, experiment), encoding="utf-8")
    page, _ = open_in(browser, path, viewport={"width": 1280, "height": 900})
    assert page.locator("details[open]").count() == 0
    tall = page.evaluate(HEIGHTS)
    page.emulate_media(media="print")
    page.locator("body.paper").wait_for()
    assert page.locator("details:visible").count() == 0, "folded numbers stay on the screen"
    assert page.get_by_role("heading", name="The numbers").is_visible()
    widest = page.evaluate("Math.max(...[...document.querySelectorAll('.main-svg')].map(s => s.clientWidth))")
    assert widest <= page.evaluate("document.querySelector('main').clientWidth")
    paper = page.pdf(format="A4", prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page[^s]", paper)) <= 6
    page.emulate_media(media="screen")
    page.locator("body:not(.paper)").wait_for()
    assert page.evaluate(HEIGHTS) == tall
    page.close()


def test_its_file_is_named_after_the_experiment_and_the_day(experiment):
    assert re.fullmatch(r"small-reviews-20\d\d-\d\d-\d\d", experiment.file_stem)
    assert experiment.model_copy(update={"name": "…"}).file_stem.startswith("experiment-")
