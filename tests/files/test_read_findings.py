from dataclasses import replace

from tests.files.tables import table
from tl_core.files.lines import Reject, reject_table
from tl_core.files.read_summary import reading_findings

TABLE = table(text=["a", "b"], label=["x", "y"])


def test_whole_file_has_no_findings() -> None:
    assert list(reading_findings(TABLE)) == []


def test_what_is_not_in_the_table_is_told_with_its_count() -> None:
    rejects = reject_table(
        [Reject(line=7, reason="Too short.", text="c"), Reject(line=9, reason="Long.", text="d")]
    )
    damaged = replace(TABLE, rejects=rejects, num_nul_bytes=3, num_replaced_bytes=4)
    found = list(reading_findings(damaged))
    assert [(one.code, one.severity, one.count) for one in found] == [
        ("rejected_rows", "warning", 2),
        ("nul_bytes", "info", 3),
        ("broken_bytes", "warning", 4),
    ]
    assert "line 7 (Too short)" in found[0].message
    assert "utf-8" in found[2].message
