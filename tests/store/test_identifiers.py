import string
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tl_core.errors import NotFoundError
from tl_core.store.identifiers import check_id, new_id


@pytest.mark.parametrize("value", ["", "..", "a/b", "a\\b", "a.b", "a b", "x" * 65, "run_1\n", "é", "a\0"])
def test_an_id_that_could_leave_its_folder_is_refused(value: str) -> None:
    with pytest.raises(NotFoundError, match="is not an id"):
        check_id(value)


@settings(deadline=None)
@given(st.text(string.ascii_letters + string.digits + "_-", min_size=1, max_size=64))
def test_a_plain_id_passes_unchanged(value: str) -> None:
    assert check_id(value) == value


def test_new_ids_differ_are_plain_and_sort_by_time() -> None:
    earlier = [new_id("run") for _ in range(200)]
    time.sleep(0.002)
    later = new_id("run")
    assert len(set(earlier)) == 200
    assert max(earlier) < later
    assert check_id(later).startswith("run_")
    assert len(later) == len("run_") + 18
