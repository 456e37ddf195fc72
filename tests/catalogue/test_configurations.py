"""Configurations whose numbers no model has, and those of the models in use."""

from typing import Any

import pytest
from transformers import (
    AlbertConfig,
    BertConfig,
    ConvBertConfig,
    DebertaV2Config,
    DistilBertConfig,
    ElectraConfig,
    FunnelConfig,
    LongformerConfig,
    ModernBertConfig,
    MPNetConfig,
    PreTrainedConfig,
    RobertaConfig,
    XLMRobertaConfig,
    XLNetConfig,
)

from tl_core.catalogue.base_models import CATALOGUE
from tl_core.catalogue.configurations import estimate_weights, require_possible
from tl_core.errors import ModelError

MEMORY = 16 << 30
BERT: dict[str, Any] = {
    "model_type": "bert",
    "hidden_size": 768,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "intermediate_size": 3072,
    "vocab_size": 30522,
    "max_position_embeddings": 512,
    "type_vocab_size": 2,
    "layer_norm_eps": 1e-12,
    "pad_token_id": 0,
}


def check(config: dict[str, Any], num_saved: int | None = None, memory_bytes: int = MEMORY) -> None:
    require_possible(config, "mine", num_saved=num_saved, memory_bytes=memory_bytes)


@pytest.mark.parametrize(
    "name",
    [
        *("hidden_size", "dim", "d_model", "n_embd", "embedding_size", "intermediate_size", "hidden_dim"),
        *("num_hidden_layers", "n_layers", "n_layer", "num_layers", "vocab_size", "type_vocab_size"),
        *("max_position_embeddings", "num_attention_heads", "n_heads", "num_labels", "pad_token_id"),
        *("num_hidden_groups", "num_experts", "a_number_of_another_name"),
    ],
)
@pytest.mark.parametrize("value", [10**9, 10**30, 1e300, float("inf"), float("nan"), -(10**9)])
def test_a_number_that_no_model_has_is_named(name: str, value: float) -> None:
    for config in (
        BERT | {name: value},
        BERT | {"encoder": {name: value}},
        BERT | {"parts": [{name: value}]},
    ):
        with pytest.raises(ModelError, match=f"The configuration of “mine” is refused: {name} is"):
            check(config)


@pytest.mark.parametrize("name", ["hidden_size", "n_layers", "vocab_size", "max_position_embeddings"])
@pytest.mark.parametrize("value", ["768", 12.5, 12.0, True, None, [768.0], 0, -1])
def test_a_size_is_a_whole_number_above_0(name: str, value: object) -> None:
    with pytest.raises(ModelError, match=f"{name} is"):
        check(BERT | {name: value})


def test_a_million_layers_are_refused_however_small_they_are() -> None:
    with pytest.raises(ModelError, match="num_hidden_layers is 1,000,000, which is not from 1 to 1,000"):
        check(BERT | {"num_hidden_layers": 1_000_000, "hidden_size": 32})


def test_a_model_that_this_machine_cannot_hold_is_refused() -> None:
    wide = BERT | {"hidden_size": 16_384, "intermediate_size": 65_536, "num_hidden_layers": 48}
    with pytest.raises(ModelError, match="about 155.4 billion weights, which take 622 GB .*has 17 GB"):
        check(wide)
    check(BERT)
    with pytest.raises(ModelError, match="Choose a smaller model"):
        check(BERT, memory_bytes=100_000_000)


def test_a_configuration_that_its_weights_do_not_fit_is_refused() -> None:
    check(BERT, num_saved=109_482_240)
    with pytest.raises(ModelError, match="about 109 million weights, but the file holds 0.0 million"):
        check(BERT, num_saved=24_832)


def test_the_larger_of_two_names_for_one_thing_counts() -> None:
    assert estimate_weights(BERT | {"d_model": 4096}) > 4 * estimate_weights(BERT)


def test_a_network_within_a_network_counts() -> None:
    nested = {"model_type": "both", "text_config": BERT, "vision_config": BERT}
    assert estimate_weights(nested) == 2 * estimate_weights(BERT)


@pytest.mark.parametrize(
    ("config", "millions"),
    [
        (BertConfig(), 110),
        (RobertaConfig(vocab_size=50265, max_position_embeddings=514), 125),
        (XLMRobertaConfig(vocab_size=250002, max_position_embeddings=514), 278),
        (DistilBertConfig(), 66),
        (ElectraConfig(), 14),
        (AlbertConfig(hidden_size=768, intermediate_size=3072, num_attention_heads=12), 12),
        (
            DebertaV2Config(vocab_size=128100, hidden_size=768, num_hidden_layers=12, intermediate_size=3072),
            184,
        ),
        (MPNetConfig(), 109),
        (ModernBertConfig(), 149),
        (XLNetConfig(d_model=768, n_layer=12, n_head=12, d_inner=3072), 117),
        (LongformerConfig(), 149),
        (ConvBertConfig(), 106),
        (FunnelConfig(), 130),
    ],
    ids=lambda value: type(value).__name__,
)
def test_published_configurations_pass_with_their_numbers_of_weights(
    config: PreTrainedConfig, millions: int
) -> None:
    check(config.to_dict(), num_saved=millions * 1_000_000)


@pytest.mark.parametrize("optional", ["pad_token_id", "embedding_size", "n_inner", "num_labels", "head_dim"])
def test_what_may_be_left_out_may_be_null(optional: str) -> None:
    check(BERT | {optional: None})


def test_the_estimate_of_bert_base_is_near_its_published_number() -> None:
    published = CATALOGUE["google-bert/bert-base-uncased"].num_parameters
    assert published is not None
    assert estimate_weights(BERT) == pytest.approx(published, rel=0.02)


def test_theta_may_be_large() -> None:
    check(BERT | {"rope_theta": 1_000_000_000})
