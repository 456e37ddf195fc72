"""Confusion matrices from 2 to 77 classes."""

import numpy as np
import pytest

from tl_core.charts import arm_styles, confusion_matrix
from tl_core.charts.colors import contrast, mix
from tl_core.schema import Arm

A = arm_styles([Arm.parse("fine_tuned")], {})["fine_tuned"]


def shown(figure) -> np.ndarray:
    """The shares of all cells; NaN where no trace draws one."""
    layers = np.array([trace.z for trace in figure.data], dtype=float)
    return np.where(np.isnan(layers).all(axis=0), np.nan, np.nansum(layers, axis=0))


def test_matrix_rows_are_shares_of_the_true_class():
    figure = confusion_matrix([[3, 1], [1, 1]], ["no", "yes"], A)

    assert shown(figure).tolist() == [[0.75, 0.25], [0.5, 0.5]]
    assert figure.layout.yaxis.title.text == "true class"
    assert figure.layout.xaxis.title.text == "predicted"
    assert figure.data[0].colorscale[-1][1] == A.color


def test_matrix_hover_has_share_and_count():
    hover = confusion_matrix([[3, 1.5], [1, 1]], ["no", "yes"], A).data[0].customdata[0][1]

    assert hover == "<b>no</b> answered as <b>yes</b><br>33.3 % of the class, 1.5 examples"


def test_class_without_examples_stays_empty():
    figure = confusion_matrix([[2, 0], [0, 0]], ["no", "yes"], A)

    assert np.isnan(shown(figure)).tolist() == [[False, False], [True, True]]


@pytest.mark.parametrize(
    ("num_labels", "has_text", "has_names"), [(2, 1, 1), (12, 1, 1), (13, 0, 1), (77, 0, 0)]
)
def test_matrix_says_less_in_its_cells_the_more_classes_there_are(num_labels, has_text, has_names):
    figure = confusion_matrix(np.eye(num_labels), [str(i) for i in range(num_labels)], A)

    assert (figure.data[0].texttemplate is not None) == has_text
    assert figure.layout.xaxis.showticklabels == has_names
    assert len(figure.layout.yaxis.ticktext) == num_labels
    assert figure.layout.height <= 1300


def test_matrix_alternative_text_names_the_worst_confusion():
    alt = confusion_matrix([[3, 1], [2, 2]], ["no", "yes"], A).layout.meta["alt"]

    assert alt.endswith("62.5 % on the diagonal; most often, 50.0 % of yes is answered as no.")


def test_matrix_without_mistakes_says_so_by_the_diagonal():
    alt = confusion_matrix(np.eye(2), ["no", "yes"], A).layout.meta["alt"]

    assert alt == "Confusion matrix of Fine-tuned: 100.0 % on the diagonal."


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["fine_tuned", "frozen", "tfidf", "scratch", "frozen_random", "majority"])
def test_matrix_texts_can_be_read(name, theme):
    style = arm_styles([Arm.parse(name)], {}, theme)[name]
    figure = confusion_matrix(
        [[row, 11 - row] for row in range(11)] @ np.eye(2, 11), list("abcdefghijk"), style, theme=theme
    )

    for trace in figure.data:
        (_, empty), (_, full) = trace.colorscale
        drawn = np.array(trace.z, dtype=float)
        for share in drawn[np.isfinite(drawn)]:
            assert contrast(trace.textfont.color, mix(empty, full, share)) >= 4.5
