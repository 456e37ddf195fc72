from pathlib import Path

import pytest

from tl_core.settings import Settings


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("TL_WORKSPACE", "TL_DATABASE_URL", "TL_SUPERVISOR_IDLE_S"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_the_database_lies_in_the_workspace_unless_another_is_named(folder: Path) -> None:
    settings = Settings.from_environment("here")
    assert settings.workspace == folder / "here"
    assert settings.database_url == f"sqlite:///{folder}/here/workspace.db"


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("sqlite:///data/all.db", "sqlite:///{folder}/data/all.db"),
        ("sqlite+pysqlite:///all.db?timeout=3", "sqlite+pysqlite:///{folder}/all.db?timeout=3"),
        ("sqlite:////srv/all.db", "sqlite:////srv/all.db"),
        ("sqlite://", "sqlite://"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
        ("postgresql+psycopg://me:p%40ss@server/tl", "postgresql+psycopg://me:p%40ss@server/tl"),
    ],
)
def test_a_relative_file_is_the_same_from_every_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch, given: str, used: str
) -> None:
    monkeypatch.setenv("TL_DATABASE_URL", given)
    assert Settings.from_environment().database_url == used.format(folder=folder)


@pytest.mark.parametrize(("given", "used"), [("", None), ("65", 65.0)])
def test_the_watts_of_the_processor_are_known_if_somebody_says_them(
    monkeypatch: pytest.MonkeyPatch, given: str, used: float | None
) -> None:
    monkeypatch.setenv("TL_CPU_WATTS", given)
    assert Settings.from_environment().cpu_watts == used
