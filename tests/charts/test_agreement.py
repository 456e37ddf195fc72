"""Where two arms are right on the same examples."""

import pytest

from tl_core.charts import arm_styles, who_is_right
from tl_core.charts.colors import contrast
from tl_core.schema import Arm

STYLES = arm_styles([Arm.parse("fine_tuned"), Arm.parse("scratch")], {})
A, B = STYLES["fine_tuned"], STYLES["scratch"]


def test_agreement_cells_add_up_and_are_named():
    texts = [note.text for note in who_is_right([[62, 25], [4, 9]], A, B).layout.annotations]

    assert texts == [
        "<b>62%</b><br>both",
        "<b>25%</b><br>only Fine-tuned",
        "<b>4%</b><br>only From scratch",
        "<b>9%</b><br>neither",
    ]


def test_agreement_names_columns_after_b_and_rows_after_a():
    figure = who_is_right([[62, 25], [4, 9]], A, B)

    assert figure.layout.xaxis.ticktext == ("From scratch<br>right", "From scratch<br>wrong")
    assert figure.layout.yaxis.ticktext == ("Fine-tuned<br>right", "Fine-tuned<br>wrong")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("counts", [[[62, 25], [4, 9]], [[1, 0], [0, 0]], [[0, 50], [50, 0]]])
def test_agreement_texts_can_be_read(counts, theme):
    figure = who_is_right(counts, A, B, theme=theme)
    colors = [color for _, color in figure.data[0].colorscale][::2]

    for note, color in zip(figure.layout.annotations, colors, strict=True):
        assert contrast(note.font.color, color) >= 4.5
