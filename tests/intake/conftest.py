import pytest


@pytest.fixture(autouse=True)
def no_supervisor(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let jobs that are submitted wait: these tests carry them out themselves."""
    monkeypatch.setattr("tl_core.jobs.client.ensure_supervisor", lambda settings: None)
