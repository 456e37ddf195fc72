"""What partial arms keep, draw anew and shuffle, for every architecture's own structure."""

from pathlib import Path
from typing import get_args

import pytest
import torch
from transformers import (
    AlbertConfig,
    AutoModel,
    DebertaV2Config,
    ModernBertConfig,
    MPNetConfig,
    PreTrainedConfig,
)

from tests.tiny_models import Architecture, tiny_model_folder
from tl_core.catalogue.base_models import Pooling
from tl_core.errors import ModelError
from tl_core.models.classifiers import Classifier
from tl_core.models.knowledge import find_layer_map, kept_share
from tl_core.schema import ArmKind
from tl_core.text.network import NETWORKS

SIZES = {
    "vocab_size": 50,
    "hidden_size": 32,
    "intermediate_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
}
BOTH_HEADS = pytest.mark.parametrize("pooling", [Pooling.MEAN, Pooling.OWN])
EVERY_ARCHITECTURE = pytest.mark.parametrize("architecture", get_args(Architecture))


def build(
    kind: ArmKind, folder: Path, pooling: Pooling = Pooling.MEAN, num_layers: int | None = None, seed: int = 3
) -> Classifier:
    return NETWORKS.build(kind, folder, pooling, ("bad", "good"), init_seed=seed, num_layers=num_layers)


def weights(model: Classifier) -> dict[str, torch.Tensor]:
    return {name: weight.detach() for name, weight in model.encoder.named_parameters()}


def equal_to(model: Classifier, other: Classifier) -> set[str]:
    """Names of the encoder's matrices that both share; biases and norms start alike in every network."""
    theirs = weights(other)
    own = {name: one for name, one in weights(model).items() if one.ndim > 1}
    return {name for name, one in own.items() if torch.equal(one, theirs[name])}


@BOTH_HEADS
@EVERY_ARCHITECTURE
def test_every_weight_is_either_pretrained_or_what_scratch_has(
    tmp_path: Path, architecture: Architecture, pooling: Pooling
) -> None:
    folder = tiny_model_folder(tmp_path, architecture)
    tuned, scratch = (build(kind, folder, pooling) for kind in (ArmKind.FINE_TUNED, ArmKind.SCRATCH))
    layer_map = find_layer_map(tuned.encoder)
    bottom, top = ({name for name in layer} for layer in layer_map.layers)
    redrawn = {
        (ArmKind.REINIT_TOP, 1): top | {*layer_map.above},
        (ArmKind.REINIT_TOP, 2): bottom | top | {*layer_map.above},
        (ArmKind.EMBEDDINGS_ONLY, None): bottom | top | {*layer_map.above},
        (ArmKind.ENCODER_ONLY, None): {*layer_map.embeddings},
    }
    matrices = {name for name, weight in weights(tuned).items() if weight.ndim > 1}
    for (kind, num_layers), names in redrawn.items():
        model = build(kind, folder, pooling, num_layers)
        assert model.redrawn == names
        assert equal_to(model, scratch) == names & matrices
        assert equal_to(model, tuned) == matrices - names


@EVERY_ARCHITECTURE
def test_the_parts_hold_every_weight_once(tmp_path: Path, architecture: Architecture) -> None:
    encoder = build(ArmKind.SCRATCH, tiny_model_folder(tmp_path, architecture)).encoder
    found = find_layer_map(encoder)
    parts = [*found.embeddings, *(name for layer in found.layers for name in layer), *found.above]
    assert sorted(parts) == sorted(name for name, _ in encoder.named_parameters())
    assert len(found.layers) == 2
    assert any("word_embeddings" in name for name in found.embeddings)


@pytest.mark.parametrize(
    ("config", "fed", "above"),
    [
        (DebertaV2Config(**SIZES, relative_attention=True), "encoder.rel_embeddings.weight", set()),
        (
            MPNetConfig(**SIZES),
            "encoder.relative_attention_bias.weight",
            {"pooler.dense.weight", "pooler.dense.bias"},
        ),
        (
            ModernBertConfig(**SIZES, pad_token_id=0, cls_token_id=1, sep_token_id=2),
            "embeddings.norm.weight",
            {"final_norm.weight"},
        ),
    ],
    ids=["deberta", "mpnet", "modernbert"],
)
def test_other_families_are_taken_apart_too(config: PreTrainedConfig, fed: str, above: set[str]) -> None:
    found = find_layer_map(AutoModel.from_config(config))
    assert [len(set(layer)) > 0 for layer in found.layers] == [True] * 3
    assert fed in found.embeddings
    assert set(found.above) == above


def test_shared_layers_are_refused() -> None:
    with pytest.raises(ModelError, match="layers of albert share one set"):
        find_layer_map(AutoModel.from_config(AlbertConfig(embedding_size=8, **SIZES)))


def test_a_network_without_a_list_of_layers_is_refused(tmp_path: Path) -> None:
    encoder = build(ArmKind.SCRATCH, tiny_model_folder(tmp_path, "bert")).encoder
    encoder.config.num_hidden_layers = 5
    with pytest.raises(ModelError, match="cannot be told apart"):
        find_layer_map(encoder)


def test_more_layers_than_there_are_cannot_be_drawn_anew(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="has 2 layers"):
        build(ArmKind.REINIT_TOP, tiny_model_folder(tmp_path, "bert"), num_layers=3)


@BOTH_HEADS
def test_shuffling_keeps_every_number_and_hardly_a_place(tmp_path: Path, pooling: Pooling) -> None:
    folder = tiny_model_folder(tmp_path, "bert")
    tuned, shuffled = weights(build(ArmKind.FINE_TUNED, folder)), weights(build(ArmKind.SHUFFLED, folder))
    for name, weight in tuned.items():
        torch.testing.assert_close(shuffled[name].flatten().sort()[0], weight.flatten().sort()[0])
        if weight.ndim > 1:
            assert (shuffled[name] == weight).float().mean() < 0.05, name
        else:
            assert torch.equal(shuffled[name], weight), f"{name}: gains and biases are scale"


def test_the_seed_decides_the_places(tmp_path: Path) -> None:
    folder = tiny_model_folder(tmp_path, "bert")
    one, again, other = (
        weights(build(ArmKind.SHUFFLED, folder, seed=seed))["pooler.dense.weight"] for seed in (3, 3, 4)
    )
    assert torch.equal(one, again)
    assert not torch.equal(one, other)


def test_the_kept_share_counts_weights(tmp_path: Path) -> None:
    folder = tiny_model_folder(tmp_path, "distilbert")

    def share(kind: ArmKind, num_layers: int | None = None) -> float:
        model = build(kind, folder, num_layers=num_layers)
        return kept_share(model.encoder, model.redrawn, kind)

    sizes = {name: weight.numel() for name, weight in weights(build(ArmKind.SCRATCH, folder)).items()}
    layer = sum(size for name, size in sizes.items() if "layer.1." in name) / sum(sizes.values())
    assert share(ArmKind.FINE_TUNED) == share(ArmKind.FROZEN) == 1
    assert share(ArmKind.SCRATCH) == share(ArmKind.FROZEN_RANDOM) == 0
    assert 0 < share(ArmKind.SHUFFLED) < 0.05, "gains and biases"
    assert share(ArmKind.REINIT_TOP, 1) == pytest.approx(1 - layer)
    assert share(ArmKind.EMBEDDINGS_ONLY) == pytest.approx(1 - 2 * layer)
    assert share(ArmKind.ENCODER_ONLY) == pytest.approx(2 * layer)
