import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tl_core.data import rejects
from tl_core.data.rejects import REJECT_SCHEMA, Reject, line_numbers, reject_at, reject_table, rejects_as_csv

TWO = [Reject(line=3, reason="Too short.", text="=a\nb"), Reject(line=9, reason="Too long.", text="c,d,e")]


def test_rejects_come_back_from_their_table() -> None:
    made = reject_table(TWO)
    assert made.schema.equals(REJECT_SCHEMA)
    assert [reject_at(made, position) for position in (0, 1)] == TWO
    assert reject_table().num_rows == 0


def test_csv_runs_nothing_in_a_spreadsheet() -> None:
    assert rejects_as_csv(reject_table(TWO)).decode() == (
        'line,reason,text\r\n3,Too short.,"\'=a\nb"\r\n9,Too long.,"c,d,e"\r\n'
    )


@given(lines=st.lists(st.binary(max_size=5), min_size=1, max_size=8), data=st.data())
def test_lines_are_counted_to_each_position(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], data: st.DataObject
) -> None:
    content = b"\n".join(lines)
    path = tmp_path_factory.mktemp("lines") / "file"
    path.write_bytes(content)
    places = sorted(data.draw(st.lists(st.integers(0, len(content)), max_size=6)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rejects, "_CHUNK_SIZE", 3)
        found = line_numbers(path, np.array(places, dtype=np.int64))
    assert found.tolist() == [content[:place].count(b"\n") + 1 for place in places]
