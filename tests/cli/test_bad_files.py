"""What is no table of texts and labels, under a name that says so: one sentence, a remedy, no traceback."""

import re
import sys
from pathlib import Path

import pytest

from tests.bad_files import BAD
from tl_core.cli.main import main


def exit_code() -> int:
    """Run the command and return what it ends with."""
    try:
        main()
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


@pytest.mark.parametrize("command", ["profile", "compare"])
@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_is_told_in_one_sentence_with_a_remedy(
    kind: str,
    command: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    content, said = BAD[kind]
    path = tmp_path / "bad.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    place = ["--arms", "majority", "--workspace", str(tmp_path / "workspace")]
    monkeypatch.setenv("TL_WORKSPACE", "")  # put back afterwards, for the command sets it
    monkeypatch.setattr(
        sys, "argv", ["tl_core", command, str(path), *(place if command == "compare" else [])]
    )
    assert exit_code() in (0, 2)
    told = capsys.readouterr()
    (line,) = [one for one in (told.err + told.out).splitlines() if one.startswith(("tl_core: ", "error: "))]
    assert re.search(said, line)
    assert line.rstrip(".").count(". ") >= 1, "a remedy follows"
    assert "Traceback" not in told.err
    assert len(line) < 600
