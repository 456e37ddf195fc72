from tl_core.files.lines import REJECT_SCHEMA, Reject, reject_at, reject_table, rejects_as_csv

TWO = [Reject(line=3, reason="Too short.", text="=a\nb"), Reject(line=9, reason="Too long.", text="c,d,e")]


def test_rejects_come_back_from_their_table() -> None:
    made = reject_table(TWO)
    assert made.schema.equals(REJECT_SCHEMA)
    assert [reject_at(made, position) for position in (0, 1)] == TWO
    assert reject_table().num_rows == 0


def test_csv_runs_nothing_in_a_spreadsheet() -> None:
    assert rejects_as_csv(reject_table(TWO)).decode("utf-8-sig") == (
        'line,reason,text\r\n3,Too short.,"\'=a\nb"\r\n9,Too long.,"c,d,e"\r\n'
    )
