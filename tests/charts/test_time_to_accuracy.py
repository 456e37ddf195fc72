"""Time to the same value: dots, crosses for those that never got there, an honest median."""

import pandas as pd
import pytest

from tests.charts.examples import HOSTILE
from tests.charts.test_every_figure import drawn
from tl_core.charts import arm_styles
from tl_core.charts.time_to_accuracy import median_reached, time_to_reach
from tl_core.schema import Arm

COLUMNS = ["arm", "seed", "is_reached", "train_s", "step", "energy_wh"]


def rows(**arms):
    """Make rows of arms from lists of ``(is_reached, seconds)``, one a seed; a second is two steps, 9 J."""
    listed = [
        (arm, seed, is_reached, float(seconds), 2 * seconds, seconds / 400)
        for arm, seeds in arms.items()
        for seed, (is_reached, seconds) in enumerate(seeds)
    ]
    return pd.DataFrame(listed, columns=COLUMNS)


def figure_of(table, x="train_s"):
    return time_to_reach(table, arm_styles([Arm.parse(arm) for arm in table["arm"].unique()], {}), x=x)


def traces(figure, name):
    return [trace for trace in figure.data if trace.name == name]


BOTH = rows(scratch=[(True, 40), (True, 30), (True, 50)], fine_tuned=[(True, 4), (False, 60), (True, 6)])


def test_the_fastest_arm_stands_at_the_top():
    assert figure_of(BOTH).layout.yaxis.ticktext == ("Fine-tuned", "From scratch")


def test_a_seed_that_never_got_there_is_a_cross_where_it_ended():
    figure = figure_of(BOTH)

    (cross,) = traces(figure, "not reached")
    assert (cross.x, cross.marker.symbol) == ((60,), "x-thin")
    assert [len(trace.x) for trace in traces(figure, "reached")] == [2, 3]


def test_the_median_counts_a_missing_seed_as_longer_than_any():
    assert median_reached(BOTH.loc[BOTH["arm"] == "fine_tuned"], "train_s") == 6
    assert median_reached(rows(scratch=[(True, 1), (False, 2), (False, 3)]), "train_s") == float("inf")


def test_numbers_at_the_right_name_the_missing_seeds():
    texts = [note.text for note in figure_of(BOTH).layout.annotations]

    assert texts[0].startswith("<b>6.0 s</b>")
    assert "1 of 3 not" in texts[0]
    assert texts[1] == "<b>40.0 s</b>"


def test_an_arm_that_mostly_never_got_there_has_no_time():
    figure = figure_of(rows(scratch=[(False, 60), (False, 60)], fine_tuned=[(True, 5), (True, 5)]))

    assert "<b>not reached</b>" in figure.layout.annotations[1].text
    assert "2 of 2 not" in figure.layout.annotations[1].text
    assert len(traces(figure, "median")) == 1


@pytest.mark.parametrize(
    ("x", "value", "title"), [("train_s", 6.0, "seconds"), ("step", 12, "steps"), ("energy_wh", 0.015, "Wh")]
)
def test_the_axis_is_seconds_steps_or_energy(x, value, title):
    figure = figure_of(BOTH, x)

    assert traces(figure, "median")[0].x == (value,)
    assert title in figure.layout.xaxis.title.text


def test_the_alternative_text_says_medians_and_seeds():
    assert figure_of(BOTH).layout.meta["alt"] == (
        "Median training seconds until each model reaches the same value: Fine-tuned 6.0 s (2 of 3 seeds), "
        "From scratch 40.0 s (3 of 3 seeds)."
    )


def test_without_rows_it_says_so():
    assert "share a seed" in time_to_reach(pd.DataFrame(columns=COLUMNS), {}).layout.meta["alt"]


def test_names_are_never_markup():
    table = rows(scratch=[(True, 4)]).replace("scratch", f"scratch:{HOSTILE}")
    texts = drawn(figure_of(table))

    assert not [text for text in texts if "<a" in text or "<b>bold" in text or "$" in text]
    assert any("&lt;b&gt;bold" in text for text in texts)


def test_energies_are_written_in_watt_hours():
    figure = figure_of(BOTH, "energy_wh")

    assert figure.layout.annotations[0].text.startswith("<b>0.015 Wh</b>")
    assert figure.layout.meta["alt"].startswith(
        "Median energy until each model reaches the same value: Fine-tuned"
    )


@pytest.mark.parametrize("x", ["train_s", "step", "energy_wh"])
def test_one_slow_seed_does_not_set_the_scale(x):
    usual = rows(scratch=[(True, 40), (True, 30), (True, 50)], fine_tuned=[(True, 4), (True, 5), (True, 6)])
    slow = rows(scratch=[(True, 40), (True, 30), (True, 500)], fine_tuned=[(True, 4), (True, 5), (True, 6)])
    (beyond,) = [note.text for note in figure_of(slow, x).layout.annotations if "beyond" in note.text]

    assert figure_of(slow, x).layout.xaxis.range[1] <= figure_of(usual, x).layout.xaxis.range[1]
    assert max(max(trace.x) for trace in figure_of(slow, x).data) <= figure_of(slow, x).layout.xaxis.range[1]
    place = {"train_s": "500.0 s", "step": "1,000", "energy_wh": "1.2 Wh"}[x]
    symbols = [trace.marker.symbol for trace in traces(figure_of(slow, x), "reached")]
    assert symbols == ["circle", ("circle", "circle", "triangle-right")]
    assert beyond == f"beyond the edge: From scratch, seed 2 at {place}"
