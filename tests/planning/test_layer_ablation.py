"""The knowledge ladder's arms for networks of any depth, and its word on the command line."""

import json
from pathlib import Path

import pytest

from tests.planning.test_plan import plan
from tl_core.errors import PlanError
from tl_core.planning.layer_ablation import ablation_arms, spell_out


def folder_with(tmp_path: Path, **config: object) -> str:
    (tmp_path / "config.json").write_text(json.dumps(config))
    return str(tmp_path)


def names(base_model: str) -> list[str]:
    return [arm.name for arm in ablation_arms(base_model)]


def test_the_built_in_model_has_a_step_for_each_layer() -> None:
    steps = [f"reinit_top_{count}" for count in (5, 4, 3, 2, 1)]
    assert names("builtin") == [
        "scratch",
        "shuffled",
        "encoder_only",
        "embeddings_only",
        *steps,
        "fine_tuned",
    ]


@pytest.mark.parametrize(
    ("config", "steps"),
    [
        ({"num_hidden_layers": 12}, [11, 8, 6, 4, 1]),
        ({"n_layers": 3}, [2, 1]),
        ({"num_hidden_layers": 1}, []),
        ({"num_hidden_layers": "many"}, []),
        ({}, []),
    ],
)
def test_deep_networks_get_a_few_even_steps(
    tmp_path: Path, config: dict[str, object], steps: list[int]
) -> None:
    counts = [arm.num_layers for arm in ablation_arms(folder_with(tmp_path, **config)) if arm.num_layers]
    assert counts == steps


def test_shared_layers_leave_the_ends_alone(tmp_path: Path) -> None:
    shared = folder_with(tmp_path, num_hidden_layers=12, num_hidden_groups=1)
    assert names(shared) == ["scratch", "shuffled", "fine_tuned"]
    with pytest.raises(PlanError, match="All layers of .* share one set of weights"):
        plan("embeddings_only", base_model=shared)
    assert plan("shuffled", base_model=shared).arms


def test_a_model_that_is_not_on_disk_is_not_waited_for() -> None:
    assert names("nobody/has-this") == [
        "scratch",
        "shuffled",
        "encoder_only",
        "embeddings_only",
        "fine_tuned",
    ]


def test_the_word_stands_for_all_of_them_once() -> None:
    spelled = spell_out(["majority", "scratch", " ladder"], "builtin")
    assert spelled[:3] == ["majority", "scratch", "shuffled"]
    assert len(spelled) == len(set(spelled)) == 11
    assert spell_out(["scratch", "scratch"], "builtin") == ["scratch", "scratch"]
