"""New names for labels from a file."""

from pathlib import Path

import pytest

from tl_core.datasets.label_maps import read_label_map
from tl_core.errors import DataError


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_a_file_of_two_columns_is_a_label_map(tmp_path: Path) -> None:
    path = write(tmp_path / "map.csv", "label,name\n3,joy\n4, fear \n5,\n")
    assert read_label_map(path) == {"3": "joy", "4": "fear", "5": ""}


@pytest.mark.parametrize(
    ("text", "said"),
    [("label,name,more\n1,a,x\n2,b,x\n", "has 3 columns"), ("label,name\n1,a\n1,b\n", "“1” stands 2 times")],
)
def test_what_is_no_label_map_says_so(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        read_label_map(write(tmp_path / "map.csv", text))
