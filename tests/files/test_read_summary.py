import pytest

from tl_core.files.read_summary import how_read
from tl_core.schema import FileFormat, ReadDecisions

CSV = ReadDecisions(encoding="utf-8", delimiter=";", quote='"', has_header=True)
OTHER = ReadDecisions(encoding="", delimiter="", quote="", has_header=True)


@pytest.mark.parametrize(
    ("decisions", "line"),
    [
        (CSV, "utf-8, fields divided by semicolons, double quotes, first line is the header"),
        (
            CSV.model_copy(update={"delimiter": "~", "quote": "~", "has_header": False}),
            "utf-8, fields divided by “~”, quoted with ~, no header line",
        ),
        (
            CSV.model_copy(update={"compression": "gzip", "format": FileFormat.JSON_LINES}),
            "gzip, JSON, utf-8",
        ),
        (
            OTHER.model_copy(
                update={"compression": "zip", "member": "a.parquet", "format": FileFormat.PARQUET}
            ),
            "“a.parquet” from a zip archive, Parquet",
        ),
        (
            OTHER.model_copy(update={"sheet": "S", "format": FileFormat.EXCEL}),
            "workbook, sheet “S”, first row is the header",
        ),
    ],
)
def test_every_decision_of_a_format_is_told(decisions: ReadDecisions, line: str) -> None:
    assert how_read(decisions) == line
