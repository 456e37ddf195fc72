"""The quick forward pass of BERT's encoder is the plain one, worked out in another way."""

import copy
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.training.examples import make_config, make_examples, make_model, run_fit
from tl_core.catalogue.base_models import Pooling
from tl_core.models import bert_forward
from tl_core.models.bert_forward import NUM_BYTES, held
from tl_core.models.classifiers import Classifier
from tl_core.schema import StepLogged

IDS = torch.tensor([[2, 11, 30, 41, 3], [2, 10, 3, 0, 0], [2, 10, 25, 3, 0]])
MASK = (IDS != 0).long()
TYPES = torch.tensor([[0, 0, 1, 1, 1], [0, 0, 1, 0, 0], [0, 1, 1, 1, 0]])
INPUTS: dict[str, dict[str, Tensor]] = {
    "padded": {"input_ids": IDS, "attention_mask": MASK},
    "not padded": {"input_ids": IDS[:1], "attention_mask": MASK[:1]},
    "pairs": {"input_ids": IDS, "attention_mask": MASK, "token_type_ids": TYPES},
}


@pytest.fixture(params=[Pooling.MEAN, Pooling.CLS, Pooling.OWN])
def both(tmp_path: Path, request: pytest.FixtureRequest) -> tuple[Classifier, Classifier]:
    """The same network twice, the second with the plain forward pass."""
    quick, plain = (make_model(tmp_path, pooling=request.param) for _ in range(2))
    assert "forward" in vars(quick.encoder)
    del plain.encoder.forward
    return quick, plain


def logits_and_gradients(model: Classifier, inputs: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
    logits = model(inputs)
    logits.float().square().sum().backward()
    return logits, {n: weight.grad for n, weight in model.named_parameters() if weight.grad is not None}


@pytest.mark.parametrize("most_scores", [bert_forward.MOST_SCORES, 60], ids=["at once", "in parts"])
@pytest.mark.parametrize("kind", INPUTS)
def test_logits_and_gradients_are_the_plain_ones(
    both: tuple[Classifier, Classifier], kind: str, most_scores: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bert_forward, "MOST_SCORES", most_scores)
    (a, of_a), (b, of_b) = (logits_and_gradients(model.eval(), INPUTS[kind]) for model in both)
    torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-5)
    assert of_a.keys() == of_b.keys()
    for name, gradient in of_a.items():
        torch.testing.assert_close(gradient, of_b[name], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", INPUTS)
def test_under_autocast_they_are_near(both: tuple[Classifier, Classifier], kind: str) -> None:
    with torch.autocast("cpu", torch.bfloat16), torch.inference_mode():
        a, b = (model.eval()(INPUTS[kind]).float() for model in both)
    torch.testing.assert_close(a, b, rtol=0.05, atol=0.02)


def test_dropout_follows_the_seed_keeps_the_mean_and_drops_its_share() -> None:
    ones, module = torch.ones(500, 401), torch.nn.Dropout(0.1)

    def dropped() -> Tensor:
        torch.manual_seed(4)
        return bert_forward._Dropout().scaled(ones, module)

    found = dropped()
    assert found.unique().tolist() == pytest.approx([0, NUM_BYTES / (NUM_BYTES - 26)])
    assert (found == 0).float().mean().item() == pytest.approx(26 / NUM_BYTES, abs=0.003)
    assert found.mean().item() == pytest.approx(1, abs=0.003)
    assert torch.equal(found, dropped())
    torch.manual_seed(4)
    torch.testing.assert_close(bert_forward._Dropout().added(2 * ones, ones, module), 2 + found)
    for none in (torch.nn.Dropout(0.0), torch.nn.Dropout(0.1).eval()):
        assert torch.equal(bert_forward._Dropout().scaled(ones, none), ones)
        assert torch.equal(bert_forward._Dropout().added(ones, ones, none), 2 * ones)


def test_every_place_of_the_network_drops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = make_model(tmp_path, pooling=Pooling.MEAN).train()
    shapes: list[torch.Size] = []
    draw = bert_forward._Dropout.mask

    def count(self: bert_forward._Dropout, like: Tensor, limit: int) -> Tensor:
        shapes.append(like.shape)
        return draw(self, like, limit)

    monkeypatch.setattr(bert_forward._Dropout, "mask", count)
    model(INPUTS["padded"])
    assert len(shapes) == 1 + 3 * model.encoder.config.num_hidden_layers


@pytest.mark.parametrize("budget", ["equal_steps", "plateau"])
def test_training_goes_the_plain_way(tmp_path: Path, budget: str) -> None:
    config = make_config(dropout=0.0, budget=budget, patience=1, cap_factor=4)
    quick, plain = (make_model(tmp_path, pooling=Pooling.MEAN, dropout=0.0) for _ in range(2))
    del plain.encoder.forward
    a, b = (
        [
            event.loss
            for event in run_fit(model, config, train=make_examples(80))
            if isinstance(event, StepLogged)
        ]
        for model in (quick, plain)
    )
    assert a == pytest.approx(b, rel=1e-3)


def test_all_hidden_states_are_the_plain_ones(both: tuple[Classifier, Classifier]) -> None:
    found = [
        model.eval().encoder(**INPUTS["padded"], output_hidden_states=True).hidden_states for model in both
    ]
    assert len(found[0]) == 1 + both[0].encoder.config.num_hidden_layers
    is_token = MASK.bool()
    for a, b in zip(*found, strict=True):
        torch.testing.assert_close(a[is_token], b[is_token], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("asked", ["a longer text", "attentions", "no mask"])
def test_what_it_does_not_know_is_left_to_the_plain_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    encoder = make_model(tmp_path, pooling=Pooling.MEAN).encoder
    monkeypatch.setattr(bert_forward, "_layer", lambda *_: pytest.fail("the quick way was taken"))
    inputs: dict[str, Any] = dict(INPUTS["padded"])
    if asked == "a longer text":
        monkeypatch.setattr(bert_forward, "LONGEST_PLAIN", 4)
    elif asked == "attentions":
        inputs["output_attentions"] = True
    else:
        del inputs["attention_mask"]
    encoder(**inputs)


def test_other_architectures_stay_as_they_are(tmp_path: Path) -> None:
    model = make_model(tmp_path, pooling=Pooling.MEAN, architecture="distilbert")
    assert "forward" not in vars(model.encoder)


def test_a_copy_has_its_own_weights(tmp_path: Path) -> None:
    model = make_model(tmp_path, pooling=Pooling.MEAN).eval()
    copied = copy.deepcopy(model)
    with torch.no_grad():
        for weight in copied.encoder.parameters():
            weight.zero_()
    assert model(INPUTS["padded"]).abs().sum() > 0
    torch.testing.assert_close(
        copied.features(INPUTS["padded"]), torch.zeros(3, copied.encoder.config.hidden_size)
    )


# --- weights that are held ----------------------------------------------------------------------------------


def scored(model: Classifier, inputs: dict[str, Tensor], dtype: torch.dtype) -> Tensor:
    with torch.autocast("cpu", dtype, enabled=dtype is not torch.float32), torch.inference_mode():
        logits: Tensor = model.eval()(inputs).float()
    return logits


@pytest.mark.parametrize("can_pack", [True, False])
@pytest.mark.parametrize(("dtype", "near"), [(torch.float32, 1e-5), (torch.bfloat16, 0.02)])
@pytest.mark.parametrize("kind", INPUTS)
def test_held_weights_give_the_same_logits(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    dtype: torch.dtype,
    near: float,
    can_pack: bool,
) -> None:
    model = make_model(tmp_path, pooling=Pooling.MEAN)
    if not can_pack:
        monkeypatch.setattr(bert_forward, "_can_pack", lambda _: False)
    expected = scored(model, INPUTS[kind], dtype)
    with held(model.encoder):
        for _ in range(2):
            torch.testing.assert_close(scored(model, INPUTS[kind], dtype), expected, rtol=near, atol=near)


def test_weights_are_held_for_a_while_and_never_in_training(tmp_path: Path) -> None:
    model = make_model(tmp_path, pooling=Pooling.MEAN)
    before = scored(model, INPUTS["padded"], torch.float32)
    with held(model.encoder):
        scored(model, INPUTS["padded"], torch.float32)
        with torch.no_grad():
            for layer in model.encoder.encoder.layer:
                layer.intermediate.dense.weight.mul_(3)
        with held(model.encoder):
            pass  # whoever holds them inside does not let go of them
        stale = scored(model, INPUTS["padded"], torch.float32)
        trained = model(INPUTS["padded"])
        trained.sum().backward()
        gradient = model.encoder.encoder.layer[0].attention.self.query.weight.grad
    after = scored(model, INPUTS["padded"], torch.float32)
    torch.testing.assert_close(stale, before)
    torch.testing.assert_close(trained.detach(), after, rtol=1e-5, atol=1e-5)
    assert not torch.allclose(after, before, atol=1e-3)
    assert gradient is not None
    assert gradient.abs().sum() > 0


def test_other_architectures_hold_nothing(tmp_path: Path) -> None:
    class Encoder:
        forward = staticmethod(lambda: "plain")

    encoder: Any = Encoder()
    with held(encoder):
        assert encoder.forward() == "plain"
