import json
from pathlib import Path
from typing import get_args

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn
from transformers import AutoModel, AutoModelForSequenceClassification, ModernBertConfig, ModernBertModel

from tests.some_arms import some_arm
from tests.tiny_models import WIDTH, Architecture, tiny_model_folder
from tl_core.catalogue.base_models import Pooling
from tl_core.errors import ModelError
from tl_core.models.classifiers import Classifier
from tl_core.schema import ArmKind
from tl_core.text.network import NETWORKS

ARCHITECTURES = get_args(Architecture)
LABELS = ("bad", "good")
NEURAL = [kind for kind in ArmKind if kind.is_neural]


def build(
    kind: ArmKind, folder: Path, pooling: Pooling = Pooling.OWN, seed: int = 3, dropout: float | None = None
) -> Classifier:
    num_layers = some_arm(kind).num_layers
    return NETWORKS.build(
        kind, folder, pooling, LABELS, init_seed=seed, dropout=dropout, num_layers=num_layers
    )


def flat(weights: object) -> torch.Tensor:
    return torch.cat([weight.detach().flatten() for weight in weights])  # type: ignore[attr-defined]


@pytest.mark.parametrize("pooling", [Pooling.MEAN, Pooling.OWN])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_all_arms_of_a_seed_start_from_the_same_head(
    tmp_path: Path, architecture: Architecture, pooling: Pooling
) -> None:
    folder = tiny_model_folder(tmp_path, architecture)
    heads = [flat(build(kind, folder, pooling).head_parameters()) for kind in NEURAL]
    assert all(torch.equal(head, heads[0]) for head in heads)
    other_seed = flat(build(ArmKind.SCRATCH, folder, pooling, seed=4).head_parameters())
    assert not torch.equal(heads[0], other_seed)


@pytest.mark.parametrize("pooling", [Pooling.MEAN, Pooling.OWN])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_pretrained_arms_have_the_base_models_weights_and_random_ones_do_not(
    tmp_path: Path, architecture: Architecture, pooling: Pooling
) -> None:
    folder = tiny_model_folder(tmp_path, architecture)
    stored = AutoModel.from_pretrained(folder).state_dict()

    def is_stored(kind: ArmKind) -> set[bool]:
        matrices = {
            name: weight
            for name, weight in build(kind, folder, pooling).encoder.state_dict().items()
            if weight.ndim > 1 and weight.is_floating_point()
        }
        return {torch.equal(weight, stored[name]) for name, weight in matrices.items()}

    assert is_stored(ArmKind.FINE_TUNED) == is_stored(ArmKind.FROZEN) == {True}
    assert is_stored(ArmKind.SCRATCH) == is_stored(ArmKind.FROZEN_RANDOM) == {False}


def test_the_init_seed_alone_decides_random_weights(tmp_path: Path) -> None:
    folder = tiny_model_folder(tmp_path, "distilbert")
    torch.manual_seed(1)
    one = flat(build(ArmKind.SCRATCH, folder).parameters())
    torch.manual_seed(2)
    again = flat(build(ArmKind.FROZEN_RANDOM, folder).parameters())
    assert torch.equal(one, again)
    assert not torch.equal(one, flat(build(ArmKind.SCRATCH, folder, seed=4).parameters()))


def test_scratch_has_the_spread_of_the_models_own_initialiser(tmp_path: Path) -> None:
    scratch = build(ArmKind.SCRATCH, tiny_model_folder(tmp_path, "bert"))
    words = scratch.encoder.get_input_embeddings().weight.detach()[1:]  # row 0 is the padding
    assert float(words.std()) == pytest.approx(scratch.encoder.config.initializer_range, rel=0.1)


@pytest.mark.parametrize("kind", NEURAL)
def test_only_frozen_encoders_ask_for_no_gradient(tmp_path: Path, kind: ArmKind) -> None:
    classifier = build(kind, tiny_model_folder(tmp_path, "bert"))
    is_frozen = kind in (ArmKind.FROZEN, ArmKind.FROZEN_RANDOM)
    assert {weight.requires_grad for weight in classifier.encoder_parameters()} == {not is_frozen}
    assert {weight.requires_grad for weight in classifier.head_parameters()} == {True}


@pytest.mark.parametrize("pooling", [Pooling.MEAN, Pooling.OWN])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_dropout_asked_for_is_everywhere(
    tmp_path: Path, architecture: Architecture, pooling: Pooling
) -> None:
    folder = tiny_model_folder(tmp_path, architecture)

    def rates(dropout: float | None) -> set[float]:
        modules = build(ArmKind.FINE_TUNED, folder, pooling, dropout=dropout).modules()
        return {module.p for module in modules if isinstance(module, nn.Dropout)}

    assert rates(None) - {0.0}
    assert rates(0.0) == {0.0}
    assert rates(0.3) == {0.3}


@pytest.mark.parametrize("kind", NEURAL)
def test_weights_are_float32_whatever_the_folder_says(tmp_path: Path, kind: ArmKind) -> None:
    folder = tmp_path / "half"
    AutoModel.from_pretrained(tiny_model_folder(tmp_path, "bert")).half().save_pretrained(folder)
    assert json.loads((folder / "config.json").read_text())["dtype"] == "float16"
    for pooling in (Pooling.MEAN, Pooling.OWN):
        assert {weight.dtype for weight in build(kind, folder, pooling).parameters()} == {torch.float32}


def test_a_classifier_with_other_labels_can_be_a_base_model(tmp_path: Path) -> None:
    folder = tiny_model_folder(tmp_path, "distilbert")
    other = AutoModelForSequenceClassification.from_pretrained(
        folder, num_labels=5, problem_type="multi_label_classification"
    )
    other.save_pretrained(folder)
    classifier = build(ArmKind.FINE_TUNED, folder)
    config = classifier.encoder.config
    assert (config.num_labels, config.problem_type) == (2, "single_label_classification")
    assert config.id2label == {0: "bad", 1: "good"}
    stored = load_file(folder / "model.safetensors")["distilbert.embeddings.word_embeddings.weight"]
    torch.testing.assert_close(classifier.encoder.get_input_embeddings().weight.detach(), stored)


def test_weights_that_leave_the_encoder_untrained_are_refused(tmp_path: Path) -> None:
    folder = tiny_model_folder(tmp_path, "bert")
    weights = load_file(folder / "model.safetensors")
    kept = {name: weight for name, weight in weights.items() if "layer.1." not in name}
    save_file(kept, folder / "model.safetensors", metadata={"format": "pt"})
    for pooling in (Pooling.MEAN, Pooling.OWN):
        with pytest.raises(ModelError, match="weights are missing in the file, such as .*layer.1"):
            build(ArmKind.FINE_TUNED, folder, pooling)


def test_weights_of_another_size_are_refused(tmp_path: Path) -> None:
    folder = tiny_model_folder(tmp_path, "bert")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "intermediate_size": 48}))
    with pytest.raises(ModelError, match="weights are missing in the file"):
        build(ArmKind.FROZEN, folder, Pooling.MEAN)


def test_a_missing_pooler_is_no_fault(tmp_path: Path) -> None:
    folder = tiny_model_folder(tmp_path, "bert")
    weights = load_file(folder / "model.safetensors")
    kept = {name: weight for name, weight in weights.items() if "pooler" not in name}
    assert len(kept) < len(weights)
    save_file(kept, folder / "model.safetensors", metadata={"format": "pt"})
    build(ArmKind.FINE_TUNED, folder, Pooling.MEAN)


@pytest.mark.parametrize("damage", [b"", b"not safetensors at all"])
def test_broken_weights_are_refused(tmp_path: Path, damage: bytes) -> None:
    folder = tiny_model_folder(tmp_path, "bert")
    (folder / "model.safetensors").write_bytes(damage)
    with pytest.raises(ModelError, match="cannot be loaded") as raised:
        build(ArmKind.FINE_TUNED, folder)
    assert str(tmp_path) not in str(raised.value)


def test_truncated_weights_are_refused(tmp_path: Path) -> None:
    folder = tiny_model_folder(tmp_path, "bert")
    weights = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(weights[: len(weights) // 2])
    with pytest.raises(ModelError, match="cannot be loaded"):
        build(ArmKind.FINE_TUNED, folder, Pooling.MEAN)


@pytest.mark.parametrize("model_type", ["bert", "of_my_own"])
@pytest.mark.parametrize("kind", [ArmKind.FINE_TUNED, ArmKind.SCRATCH])
def test_code_in_a_model_folder_never_runs(tmp_path: Path, kind: ArmKind, model_type: str) -> None:
    folder = tiny_model_folder(tmp_path, "bert")
    trace = tmp_path / "ran"
    code = f"from pathlib import Path\nPath({str(trace)!r}).touch()\n"
    (folder / "evil.py").write_text(code + "class Config: pass\nclass Model: pass\n")
    config = json.loads((folder / "config.json").read_text())
    names = ("AutoModel", "AutoModelForSequenceClassification")
    config["auto_map"] = {"AutoConfig": "evil.Config", **dict.fromkeys(names, "evil.Model")}
    (folder / "config.json").write_text(json.dumps({**config, "model_type": model_type}))
    if model_type == "bert":
        build(kind, folder)
    else:
        with pytest.raises(ModelError, match="architecture") as raised:
            build(kind, folder)
        assert str(tmp_path) not in str(raised.value)
    assert not trace.exists()


def test_a_frozen_arm_whose_head_reads_every_token_is_refused(tmp_path: Path) -> None:
    config = ModernBertConfig(
        vocab_size=100,
        hidden_size=WIDTH,
        intermediate_size=WIDTH,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=64,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
        cls_token_id=1,
        sep_token_id=2,
        classifier_pooling="mean",
    )
    ModernBertModel(config).save_pretrained(tmp_path)
    build(ArmKind.FINE_TUNED, tmp_path)
    with pytest.raises(ModelError, match="reads more than the first token"):
        build(ArmKind.FROZEN, tmp_path)
