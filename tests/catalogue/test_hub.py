import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import constants

from tests.catalogue.hub import Hub
from tests.tiny_models import tiny_model_folder
from tl_core.catalogue import locating
from tl_core.catalogue.locating import describe, hub_is_reachable, obtain
from tl_core.errors import ModelError

MODEL = "someone/tiny"


def test_a_model_is_downloaded_once_with_its_progress(hub: Hub, tmp_path: Path) -> None:
    folder = tiny_model_folder(tmp_path, "bert")
    (folder / "pytorch_model.bin").write_bytes(b"could run code")
    (folder / "modeling_evil.py").write_text("raise SystemExit")
    (folder / "onnx").mkdir()
    (folder / "onnx" / "model.onnx").write_bytes(b"large")
    hub.add(MODEL, folder)
    seen: list[tuple[int, int]] = []
    found = obtain(MODEL, lambda done, total: seen.append((done, total)))
    assert (found / "model.safetensors").read_bytes() == (folder / "model.safetensors").read_bytes()
    assert (found / "tokenizer.json").exists()
    assert not {"pytorch_model.bin", "modeling_evil.py", "onnx"} & {path.name for path in found.iterdir()}
    counts = [done for done, _ in seen]
    assert counts == sorted(set(counts))
    assert seen[-1][0] == seen[-1][1] >= (folder / "model.safetensors").stat().st_size
    num_requests = len(hub.requests)
    assert obtain(MODEL) == found
    assert len(hub.requests) == num_requests
    assert describe(MODEL).title == "tiny"


def test_a_download_that_was_cut_off_goes_on(hub: Hub, tmp_path: Path) -> None:
    folder = tiny_model_folder(tmp_path, "bert")
    hub.add(MODEL, folder)
    (obtain(MODEL) / "tokenizer.json").unlink()
    assert (obtain(MODEL) / "tokenizer.json").exists()


def test_a_hub_that_hangs_up_amid_a_file_is_told(hub: Hub, tmp_path: Path) -> None:
    hub.add(MODEL, tiny_model_folder(tmp_path, "bert"))
    hub.broken = {"model.safetensors"}
    with pytest.raises(ModelError, match="did not give “someone/tiny”"):
        obtain(MODEL)


@pytest.mark.parametrize("status", [401, 403])
def test_a_gated_model_says_what_to_do(hub: Hub, status: int) -> None:
    hub.refused[MODEL] = (status, "GatedRepo", "Access to this model is restricted")
    with pytest.raises(ModelError, match="accepted the terms.*HF_TOKEN"):
        obtain(MODEL)


def test_a_model_that_the_hub_lacks_is_named(hub: Hub) -> None:
    with pytest.raises(
        ModelError, match="no model “someone/tiny”, or keeps it private. Use one that is on disk: builtin"
    ):
        obtain(MODEL)


def test_a_hub_in_trouble_is_quoted(hub: Hub) -> None:
    hub.refused[MODEL] = (400, "", "the hub is being repaired")
    with pytest.raises(ModelError, match="did not give “someone/tiny”: .*the hub is being repaired"):
        obtain(MODEL)


@pytest.mark.parametrize(
    ("missing", "said"), [("model.safetensors", "safetensors weights"), ("tokenizer.json", "tokenizer.json")]
)
def test_a_model_without_weights_or_tokenizer_is_refused(
    hub: Hub, tmp_path: Path, missing: str, said: str
) -> None:
    folder = tiny_model_folder(tmp_path, "bert")
    (folder / missing).unlink()
    (folder / "pytorch_model.bin").write_bytes(b"could run code")
    hub.add(MODEL, folder)
    with pytest.raises(ModelError, match=f"has no {said}"):
        obtain(MODEL)


@pytest.fixture
def silent(cache: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A hub that takes connections and never says a word."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{listening.getsockname()[1]}")
        yield


@pytest.mark.usefixtures("silent")
def test_a_silent_hub_is_given_up_in_three_seconds() -> None:
    started = time.monotonic()
    with pytest.raises(ModelError, match=r"the model hub does not answer\. Use one that is on disk: builtin"):
        obtain(MODEL)
    assert time.monotonic() - started < locating.HUB_PROBE_S + 2  # far from the client's own 46 s


def test_a_hub_whose_name_cannot_be_resolved_in_time_is_given_up(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(locating, "HUB_PROBE_S", 0.05)
    monkeypatch.setattr(locating.httpx, "head", lambda *_, **__: time.sleep(0.3))
    assert not hub_is_reachable()


def test_nobody_at_the_hubs_address(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    assert not hub_is_reachable()
