import csv
import io
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tl_core.errors import DataError, NotFoundError
from tl_core.files import delimited
from tl_core.files.encodings import MAX_LINE_BYTES
from tl_core.files.reading import Table, read_table, rejects_csv
from tl_core.schema import ReadDecisions

Read = Callable[..., Table]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def write_and_read(content: str | bytes, **options: object) -> Table:
        path = tmp_path / "file.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_table(path, **options)

    return write_and_read


def rows(table: Table) -> list[tuple[str, ...]]:
    return list(zip(*(column.to_pylist() for column in table.columns.columns), strict=True))


def test_texts_that_look_like_numbers_or_nothing_survive(read: Read) -> None:
    table = read('text,label\nNA,001\nnull,None\n"",007\nNaN,\n')
    assert rows(table) == [("NA", "001"), ("null", "None"), ("", "007"), ("NaN", "")]
    assert table.columns.schema.names == ["text", "label"]
    assert {str(kind) for kind in table.columns.schema.types} == {"string"}


GERMAN = (
    "text,label\nDie Größe stört mich überhaupt nicht,schön\nFür Bärbel geht es natürlich böse aus,übel\n"
)
RUSSIAN = "text,label\nОчень хороший фильм,да\nМне совсем не понравилось,нет\n"
JAPANESE = "text,label\nとても良い映画でした。,良い\nまったく面白くなかったです。,悪い\n"
EXPECTED_ENCODINGS = [
    (GERMAN, "utf-8", "utf-8"),
    (GERMAN, "utf-8-sig", "utf-8-sig"),
    (GERMAN, "utf-16", "utf-16"),
    (GERMAN, "utf-16-le", "utf-16-le"),
    (GERMAN, "utf-16-be", "utf-16-be"),
    (GERMAN, "utf-32", "utf-32"),
    (GERMAN, "windows-1252", "windows-1252"),
    (RUSSIAN, "windows-1251", "windows-1251"),
    (RUSSIAN, "utf-16-le", "utf-16-le"),
    (JAPANESE, "shift_jis", "Shift_JIS"),
]


@pytest.mark.parametrize(("content", "encoding", "expected"), EXPECTED_ENCODINGS)
def test_encoding_is_found(read: Read, content: str, encoding: str, expected: str) -> None:
    table = read(content.encode(encoding))
    assert table.decisions.encoding == expected
    assert rows(table) == [tuple(line.split(",")) for line in content.splitlines()[1:]]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_line_ends_of_every_system_are_read(read: Read, newline: str) -> None:
    table = read(newline.join(["text,label", '"two', 'lines",a', "one,b", ""]))
    assert rows(table) == [("two\nlines", "a"), ("one", "b")]


@pytest.mark.parametrize(
    ("content", "delimiter", "expected"),
    [
        ("text;label\ngood, really;pos\nbad, bad;neg\n", ";", ("good, really", "pos")),
        ("text\tlabel\ngood; really\tpos\nbad\tneg\n", "\t", ("good; really", "pos")),
        ("good, really\tpos\nbad, bad\tneg\n", "\t", ("good, really", "pos")),
        ("text|label\nit's, good|pos\nbad|neg\n", "|", ("it's, good", "pos")),
        ("text,label\n# it's good,pos\n#bad,neg\n", ",", ("# it's good", "pos")),
        ('text,label\n"he said \\"x\\", ok",pos\nbad,neg\n', ",", ('he said "x", ok', "pos")),
        ('text,label\n"he said ""x"", ok",pos\nbad,neg\n', ",", ('he said "x", ok', "pos")),
    ],
)
def test_delimiter_is_found(read: Read, content: str, delimiter: str, expected: tuple[str, str]) -> None:
    options = {} if content.startswith("text") else {"has_header": False}
    table = read(content, **options)
    assert table.decisions.delimiter == delimiter
    assert rows(table)[0] == expected


@pytest.mark.parametrize(
    ("content", "has_header"),
    [
        ("text,label\na,b\n", True),
        ("Kommentar,Stimmung\ngut,pos\nschlecht,neg\n", True),
        ("0,1\nfine,pos\nbad,neg\n", True),
        ("pos,fine\nneg,bad\npos,great\n", False),
        ("3,fine\n1,bad\n", False),
        ("pos," + 30 * "long text " + "\nneg,bad\n", False),
    ],
)
def test_header_is_told_from_a_row(read: Read, content: str, has_header: bool) -> None:
    table = read(content)
    assert table.decisions.has_header is has_header
    assert table.num_rows == content.count("\n") - has_header


def test_every_decision_can_be_overridden(read: Read) -> None:
    content = "text;label\n'grün;blau';x\nrot;y\n".encode("cp437")
    table = read(content, encoding="cp437", delimiter=";", quote="", has_header=False)
    assert rows(table) == [("text", "label"), ("rot", "y")]
    assert table.decisions == ReadDecisions(encoding="cp437", delimiter=";", quote="", has_header=False)
    assert rows(read(content, encoding="cp437", quote="'"))[0] == ("grün;blau", "x")


def test_unnamed_and_repeated_columns_get_names(read: Read) -> None:
    table = read("title,text,,title,label\na,b,c,d,e\n")
    assert table.columns.column_names == ["title", "text", "column_3", "title_2", "label"]
    assert read("1,a\n2,b\n").columns.column_names == ["column_1", "column_2"]


def test_rejected_lines_are_counted_with_their_place_in_the_file(read: Read) -> None:
    content = 'text,label\n"two\nlines",a\n\nonly one\nfine,b\nx,y,z\n' + "more,c\n" * 5
    table = read(content)
    assert table.num_rejects == 2
    assert table.rejects["line"].to_pylist() == [5, 7]
    assert table.rejects["text"].to_pylist() == ["only one", "x,y,z"]
    assert (table.first_reject.line, table.first_reject.text) == (5, "only one")
    assert table.num_rows == 7


def test_all_rejects_are_kept_and_only_long_ones_cut(read: Read) -> None:
    table = read("text,label\n" + "some text,b\n" * 3_000 + "zz\n" * 2_000 + "z" * 11_000 + "\n")
    assert table.rejects["line"].to_pylist() == list(range(3_002, 5_003))
    assert table.rejects["text"].to_pylist()[-2:] == ["zz", "z" * 10_000]


def test_rejects_are_a_csv_that_runs_nothing(read: Read) -> None:
    table = read("text,label\n" + "a,b\n" * 9 + '=1+1\n"x, y",z,\n')
    found = list(csv.reader(rejects_csv(table).decode("utf-8-sig").splitlines()))
    assert found[0] == ["line", "reason", "text"]
    assert [(line, text) for line, _, text in found[1:]] == [("11", "'=1+1"), ("12", '"x, y",z,')]
    assert "1 instead of 2 fields" in found[1][1]


def test_file_without_rejects_has_an_empty_table_of_them(read: Read) -> None:
    table = read("text,label\na,b\n")
    assert (table.num_rejects, rejects_csv(table)) == (0, b"\xef\xbb\xbfline,reason,text\r\n")


def test_stray_quotes_after_the_sample_do_not_swallow_rows(read: Read) -> None:
    plain = "label\ttext\n" + "ham\tsome longer words here\n" * 30_000
    table = read(plain + 'ham\t"what he said\nspam\t"yes" or no\n')
    assert table.num_rejects == 0
    assert rows(table)[-2:] == [("ham", '"what he said'), ("spam", '"yes" or no')]


def test_a_quote_that_never_closes_does_not_swallow_rows(read: Read) -> None:
    table = read('text,label\n"open,a\n' + "x,y\n" * 500)
    assert (table.num_rows, table.num_rejects, table.decisions.quote) == (501, 0, "")


def test_quotes_after_the_sample_still_quote(read: Read) -> None:
    table = read("text,label\n" + "some longer words here,ham\n" * 30_000 + '"commas, too",spam\n')
    assert table.num_rejects == 0
    assert rows(table)[-1] == ("commas, too", "spam")


def test_path_is_no_pattern(tmp_path: Path) -> None:
    (tmp_path / "a[1]*.csv").write_text("text,label\nright,x\nright,y\n")
    (tmp_path / "a1.csv").write_text("text,label\nwrong,x\n")
    assert rows(read_table(tmp_path / "a[1]*.csv"))[0] == ("right", "x")


def test_database_reaches_nothing_but_its_folder(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    (tmp_path / "secret.csv").write_text("a,b\n")
    with (
        delimited.locked_connection(tmp_path / "inside") as connection,
        pytest.raises(duckdb.PermissionException),
    ):
        connection.execute(f"SELECT * FROM read_csv('{tmp_path}/secret.csv')")  # noqa: S608


def test_a_few_zero_bytes_are_left_out_and_counted(read: Read) -> None:
    table = read(b"text,label\na,b\nx\0y,c\0\n")
    assert rows(table) == [("a", "b"), ("xy", "c")]
    assert table.num_nul_bytes == 2
    assert read("text,label\na,b\0\n".encode("utf-16-le")).num_nul_bytes == 1


def test_a_field_of_megabytes_is_read(read: Read) -> None:
    table = read("text,label\na,b\n" + "x" * 5_000_000 + ",c\n")
    assert [len(text) for text, _ in rows(table)] == [1, 5_000_000]


def test_an_unnamed_index_stays_a_column(read: Read) -> None:
    table = read(",text,label\n0,fine,pos\n1,bad,neg\n2,well,pos\n")
    assert table.columns.column_names == ["column_1", "text", "label"]
    assert table.columns["column_1"].to_pylist() == ["0", "1", "2"]


def test_thousands_of_columns_of_one_name_are_named_in_no_time(read: Read) -> None:
    names = read(",".join(["a"] * 2_000) + "\n" + ",".join("xyz"[i % 3] for i in range(2_000))).columns
    assert names.column_names[:3] == ["a", "a_2", "a_3"]


def test_one_column_is_read_where_texts_alone_are_asked_for(read: Read) -> None:
    assert rows(read("text\nhello\nyou\n", min_columns=1)) == [("hello",), ("you",)]


BAD = {
    "empty": (b"", "is empty"),
    "blank": (b"\n \n\n", "only blank lines"),
    "header only": (b"text,label\n", "has no rows"),
    "one column": (b"text\nhello\nyou\n", "a text and a label need two"),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3", "a PDF document"),
    "png": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a PNG image"),
    "web page": (b"\n<!DOCTYPE html><html><body>404", "a web page"),
    "random bytes": (bytes(range(256)) * 8, "control characters"),
    "many NULs": (b"text,label\n" + b"x\0y\0\0z,c\n" * 20, "control characters"),
    "many NULs far down": (b"text,label\n" + b"some words,c\n" * 9_000 + b"\0" * 9_000, "zero bytes"),
    "a long line": (b"text,label\na,b\n" + b"x" * (MAX_LINE_BYTES + 1) + b",c\n", "Line 3 of"),
    "too many columns": (
        b",".join([b"a"] * 3000) + b"\n" + b",".join([b"b"] * 3000),
        "the most is 2,000",
    ),
    "an open quote": (
        b"text,label\n" + b'"a, b",x\n' * 100 + b'"open,a\n' + b"x,y\n" * 2000,
        "rows of 2 fields",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_file_is_refused_with_a_remedy(read: Read, name: str) -> None:
    content, message = BAD[name]
    with pytest.raises(DataError, match=message) as caught:
        read(content)
    assert caught.value.remedy


@pytest.mark.parametrize("tail", [";;", ";"])
def test_rows_packed_into_one_cell_are_refused(read: Read, tail: str) -> None:
    rows = [f'"pos,""text, number\n{i}"""{tail}' for i in range(20)]
    with pytest.raises(DataError, match="packed into one cell"):
        read("\n".join(rows))


def test_unlabelled_rows_with_newlines_are_not_taken_for_packed_ones(read: Read) -> None:
    rows = ["text;label", '"a ""b"", c\nd";', '"e\n\nf, g, h";', '"x";pos']
    assert read("\n".join(rows)).num_rows == 3


def test_missing_file_and_folder_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="There is no file"):
        read_table(tmp_path / "none.csv")
    with pytest.raises(DataError, match="is a folder, not a table"):
        read_table(tmp_path)


@pytest.mark.parametrize(
    "options",
    [{"encoding": "klingon"}, {"encoding": "ascii"}, {"delimiter": ",,"}, {"quote": '""'}, {"quote": "\n"}],
)
def test_impossible_choice_is_refused_with_a_remedy(read: Read, options: dict[str, str]) -> None:
    with pytest.raises(DataError) as caught:
        read("text,label\nä,b\n", **options)
    assert caught.value.remedy


FIELD = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc"], include_characters="\n\t"),
    min_size=1,
    max_size=20,
)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(FIELD, FIELD), min_size=2, max_size=8))
def test_what_a_csv_writer_quotes_is_read_back_exactly(
    tmp_path_factory: pytest.TempPathFactory, written: list[tuple[str, str]]
) -> None:
    path = tmp_path_factory.mktemp("csv") / "file.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([("text", "label"), *written])
    table = read_table(path, delimiter=",", quote='"', has_header=True)
    assert rows(table) == written


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("num_columns", [1, 2])
def test_texts_that_are_quoted_for_what_divides_them_stay_whole(
    read: Read, delimiter: str, num_columns: int
) -> None:
    others = [one for one in (",", ";", "\t", "|") if one != delimiter]
    texts = [f"a{delimiter} b{delimiter} c", f"well{delimiter} no{delimiter} yes", "a plain one", *others]
    table = [["text", "label"], *([text, "x"] for text in texts * 20)]
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter).writerows(row[:num_columns] for row in table)
    assert rows(read(written.getvalue(), min_columns=1)) == [tuple(row[:num_columns]) for row in table[1:]]


def test_a_single_column_without_a_usual_name_loses_no_text(tmp_path: Path) -> None:
    path = tmp_path / "texts.csv"
    path.write_text("nice film\nbad food\nwarm room\n", encoding="utf-8")
    table = read_table(path, min_columns=1)
    assert not table.decisions.has_header
    assert table.num_rows == 3
    path.write_text("review\nnice film\nbad food\n", encoding="utf-8")
    assert read_table(path, min_columns=1).num_rows == 2
