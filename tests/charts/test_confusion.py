"""Confusion matrices from 2 to 77 classes."""

import numpy as np
import pytest

from tl_core.charts import arm_styles, confusion_difference, confusion_matrix
from tl_core.charts.colors import contrast, mix
from tl_core.charts.template import TONES
from tl_core.schema import Arm

STYLES = arm_styles([Arm.parse("fine_tuned"), Arm.parse("scratch")], {})
A, B = STYLES["fine_tuned"], STYLES["scratch"]


def shown(figure) -> np.ndarray:
    """The shares of all cells; NaN where none is drawn."""
    return np.array(figure.data[0].z, dtype=float)


def texts(figure) -> dict[tuple[int, int], str]:
    """What is written into the cells, by row and column."""
    (layer,) = figure.data[2:]
    return {(row, column): text for column, row, text in zip(layer.x, layer.y, layer.text, strict=True)}


def inks(figure) -> dict[tuple[int, int], str]:
    """The colours of what is written into the cells."""
    return dict(zip(texts(figure), figure.data[2].textfont.color, strict=True))


def test_matrix_rows_are_shares_of_the_true_class():
    figure = confusion_matrix([[3, 1], [1, 1]], ["no", "yes"], A)

    assert shown(figure).tolist() == [[0.75, 0.25], [0.5, 0.5]]
    assert figure.layout.yaxis.title.text == "true class"
    assert figure.layout.xaxis.title.text == "predicted"
    assert figure.data[0].colorscale[-1][1] == A.color


def test_matrix_hover_has_share_and_count():
    hover = confusion_matrix([[3, 1.5], [1, 1]], ["no", "yes"], A).data[1].customdata[1]

    assert hover == "<b>no</b> answered as <b>yes</b><br>33.3% of the class, 1.5 examples"


def test_class_without_examples_stays_empty():
    figure = confusion_matrix([[2, 0], [0, 0]], ["no", "yes"], A)

    assert np.isnan(shown(figure)).tolist() == [[False, False], [True, True]]
    assert texts(figure) == {(0, 0): "100%", (0, 1): "0%"}


@pytest.mark.parametrize(
    ("num_labels", "has_text", "has_names"), [(2, 1, 1), (12, 1, 1), (13, 0, 1), (77, 0, 0)]
)
def test_matrix_says_less_in_its_cells_the_more_classes_there_are(num_labels, has_text, has_names):
    figure = confusion_matrix(np.eye(num_labels), [str(i) for i in range(num_labels)], A)

    assert len(figure.data) == 2 + has_text
    assert figure.layout.xaxis.showticklabels == has_names
    assert len(figure.layout.yaxis.ticktext) == num_labels
    assert figure.layout.height <= 1300


def test_matrix_alternative_text_names_the_worst_confusion():
    alt = confusion_matrix([[3, 1], [2, 2]], ["no", "yes"], A).layout.meta["alt"]

    assert alt.endswith("62.5% on the diagonal; most often, 50.0% of yes is answered as no.")


def test_matrix_without_mistakes_says_so_by_the_diagonal():
    alt = confusion_matrix(np.eye(2), ["no", "yes"], A).layout.meta["alt"]

    assert alt == "Confusion matrix of Fine-tuned: 100.0% on the diagonal."


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["fine_tuned", "frozen", "tfidf", "scratch", "frozen_random", "majority"])
def test_matrix_texts_can_be_read(name, theme):
    style = arm_styles([Arm.parse(name)], {}, theme)[name]
    figure = confusion_matrix(
        [[row, 11 - row] for row in range(11)] @ np.eye(2, 11), list("abcdefghijk"), style, theme=theme
    )

    (_, empty), (_, full) = figure.data[0].colorscale
    assert len(inks(figure)) == 21
    for cell, ink in inks(figure).items():
        assert contrast(ink, mix(empty, full, shown(figure)[cell])) >= 4.5


def test_zeros_are_written_among_few_classes_alone():
    few, many = (confusion_matrix(np.eye(size), list("abcdefgh")[:size], A) for size in (2, 8))

    assert texts(few) == {(0, 0): "100%", (0, 1): "0%", (1, 0): "0%", (1, 1): "100%"}
    assert texts(many) == {(place, place): "100" for place in range(8)}


def test_difference_is_in_points_of_the_true_class_with_its_sign():
    figure = confusion_difference([[9, 1], [2, 2]], [[5, 5], [4, 0]], ["no", "yes"], A, B)

    assert list(texts(figure).values()) == ["+40.0", "−40.0", "−50.0", "+50.0"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_more_right_answers_and_fewer_mistakes_have_the_colour_of_a_gain(theme):
    better, worse = [[9, 1], [2, 2]], [[5, 5], [4, 0]]
    gain, loss = (
        confusion_difference(*matrices, ["no", "yes"], A, B, theme=theme)
        for matrices in ((better, worse), (worse, better))
    )

    trace = gain.data[0]
    assert (trace.colorscale[0][1], trace.colorscale[-1][1]) == (TONES[theme].warning, TONES[theme].gain)
    assert (trace.zmin, trace.zmax) == (-0.5, 0.5)
    assert shown(gain) == pytest.approx(np.array([[0.4, 0.4], [0.5, 0.5]]))
    assert shown(loss) == pytest.approx(-shown(gain))
    (key,) = gain.layout.annotations
    assert key.text.index(TONES[theme].gain) < key.text.index("better") < key.text.index(TONES[theme].warning)


def test_every_cell_can_be_selected_by_its_classes():
    cells = confusion_matrix([[2, 1], [0, 0]], ["no", "yes"], A).data[1]

    assert list(zip(cells.y, cells.x, strict=True)) == [(0, 0), (0, 1)], "a class without examples has none"
    assert cells.mode == "markers"


def test_difference_of_many_classes_is_rounded_not_cut():
    first = np.eye(5) * 3
    second = first.copy()
    second[0] = [1, 2, 0, 0, 0]
    cells = texts(confusion_difference(first, second, list("abcde"), A, B))

    assert cells == {(0, 0): "+67", (0, 1): "−67"}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_difference_texts_can_be_read(theme):
    styles = arm_styles([Arm.parse("fine_tuned"), Arm.parse("scratch")], {}, theme)
    rows = np.array([[i, 11 - i, 5] for i in range(11)]) @ np.eye(3, 11)
    figure = confusion_difference(rows, rows[::-1], list("abcdefghijk"), *styles.values(), theme=theme)

    (_, low), (_, middle), (_, high) = figure.data[0].colorscale
    assert len(inks(figure)) == 20
    for cell, ink in inks(figure).items():
        gap = shown(figure)[cell] / figure.data[0].zmax
        assert contrast(ink, mix(middle, high if gap > 0 else low, abs(gap))) >= 4.5


def test_two_alike_matrices_have_no_difference_and_no_fault():
    figure = confusion_difference(np.eye(2), np.eye(2), ["no", "yes"], A, B)

    assert not shown(figure).any()
    assert figure.layout.meta["alt"].endswith("the largest is 0.0 for no answered as no.")
