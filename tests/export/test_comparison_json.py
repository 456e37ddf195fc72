import json
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from tests.experiments.running import carry_out_all, make_workspace, queue_experiment
from tests.tiny_models import tiny_model_folder
from tl_core.evaluation.verdicts import FALSE_POSITIVE_RATES
from tl_core.export.comparison_json import comparison_json
from tl_core.results.comparison import gather
from tl_core.schema import ExperimentConfig, LearningRates
from tl_core.store.workspace import Workspace

TOP = {"experiment_id", "dataset", "split", "headline_metric", "budget", "arms", "verdicts"} | {
    "metrics",
    "recalls",
    "thresholds",
}
RUN = {"run_id", "status", "seed", "seeds", "train_size", "learning_rate", "train_s", "flags", "test"}
METRICS = {"accuracy", "macro_f1", "balanced_accuracy", "auroc", "matthews", "average_precision"}
"""Those of two labels."""
TEST = METRICS | {"log_loss", "brier", "ece", "temperature"}
VERDICT = {"a", "b", "metric", "train_size", "num_seeds", "num_examples", "method", "scope", "difference"} | {
    "ci95",
    "p_value",
    "flags",
    "sentence",
}


def say(workspace: Workspace, experiment: ExperimentConfig) -> dict[str, Any]:
    said = comparison_json(workspace, gather(workspace, experiment.experiment_id))
    plain: dict[str, Any] = json.loads(json.dumps(said, allow_nan=False))
    return plain


def test_the_json_form_has_what_the_contract_promises(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "workspace")
    rates = {"scratch": LearningRates(encoder=1e-9, head=1e-9)}  # so that it will not learn
    experiment = queue_experiment(
        workspace,
        tiny_model_folder(tmp_path, "bert"),
        ["majority", "scratch", "frozen", "fine_tuned"],
        num_seeds=2,
        learning_rates=rates,
    )
    carry_out_all(workspace)
    said = say(workspace, experiment)
    workspace.close()
    assert said.keys() >= TOP
    assert said["dataset"] == {
        "name": "made",
        "fingerprint": experiment.dataset_fingerprint,
        "num_examples": 60,
        "num_labels": 2,
    }
    parts = {"train": 33, "validation": 9, "test": 18, "sealed": 0}
    assert said["split"] == {"hash": experiment.split.hash, **parts}
    assert (said["headline_metric"], said["budget"]) == ("accuracy", "equal_steps")
    arms = {arm["arm"]: arm for arm in said["arms"]}
    assert list(arms) == ["fine_tuned", "frozen", "scratch", "majority"]
    assert {name: len(arm["runs"]) for name, arm in arms.items()} == {
        "fine_tuned": 2,
        "frozen": 2,
        "scratch": 2,
        "majority": 1,
    }
    for name, arm in arms.items():
        assert arm["base_model"] == (None if name == "majority" else experiment.base_model)
        for run in arm["runs"]:
            assert run.keys() >= RUN
            assert run["status"] == "finished"
            assert run["seeds"].keys() == {"init", "order", "subset"}
            assert run["test"].keys() == TEST
            assert 0 <= run["test"]["brier"] <= 1
            assert run["train_s"] > 0
            assert run["energy_wh"] > 0
            assert run["energy_method"]
    tuned, frozen = arms["fine_tuned"]["runs"][0], arms["frozen"]["runs"][0]
    assert (tuned["kept_share"], arms["scratch"]["runs"][0]["kept_share"]) == (1.0, 0.0)
    assert {part["part"] for part in tuned["layers"]} >= {"embeddings", "layer 1", "head"}
    assert all(part["moved"] > 0 for part in tuned["layers"])
    assert arms["majority"]["runs"][0]["layers"] is None
    assert said["first_tasks"] == []
    assert [run["learning_rate"] for run in arms["scratch"]["runs"]] == [1e-9, 1e-9]
    frozen, majority = arms["frozen"]["runs"][0], arms["majority"]["runs"][0]
    assert frozen["learning_rate"] is majority["learning_rate"] is None
    assert "did_not_learn" in arms["scratch"]["runs"][0]["flags"]
    first = said["verdicts"][0]
    assert (first["a"], first["b"], len(said["verdicts"])) == ("fine_tuned", "scratch", 6)
    assert "scratch: did_not_learn" in first["flags"]
    for verdict in said["verdicts"]:
        assert verdict.keys() >= VERDICT
        assert verdict["ci95"][0] < verdict["ci95"][1]
        assert -1 <= verdict["difference"] <= 1
        assert (verdict["margin"], verdict["num_pairs"]) == (experiment.margin, 1 if verdict is first else 5)
        assert verdict["p_corrected"] is None or verdict["p_value"] <= verdict["p_corrected"] <= 1
        assert (verdict["is_primary"], verdict["is_interim"]) == (verdict is first, False)
        assert verdict["ci95"][0] <= verdict["ci90"][0] < verdict["ci90"][1] <= verdict["ci95"][1]
        assert verdict["false_positive_rate"] == FALSE_POSITIVE_RATES[2]
    assert {row["metric"] for row in said["metrics"]} == METRICS
    assert {(row["arm"], row["label"]) for row in said["recalls"]} == set(product(arms, ("bad", "good")))
    assert [row["arm"] for row in said["thresholds"]] == ["fine_tuned", "frozen", "scratch"]
    for row in (*said["metrics"], *said["recalls"], *said["thresholds"]):
        assert row["low"] <= row["high"]
        assert row["train_size"] == 33
    areas = [run["test"]["auroc"] for run in arms["scratch"]["runs"]]
    (mean,) = [row["mean"] for row in said["metrics"] if (row["arm"], row["metric"]) == ("scratch", "auroc")]
    assert mean == pytest.approx(sum(areas) / len(areas))
    brier = [run["test"]["brier"] for run in arms["fine_tuned"]["runs"]]
    (of_verdict,) = [
        verdict["value_a"]
        for verdict in said["secondary_verdicts"]
        if (verdict["a"], verdict["b"], verdict["metric"]) == ("fine_tuned", "scratch", "brier")
    ]
    assert of_verdict == pytest.approx(sum(brier) / len(brier)), "one definition, wherever it stands"
    pairs = [(verdict["a"], verdict["b"]) for verdict in said["secondary_verdicts"][::2]]
    secondary = [(verdict["a"], verdict["b"], verdict["metric"]) for verdict in said["secondary_verdicts"]]
    assert secondary == [(*pair, rule) for pair in pairs for rule in ("log_loss", "brier")]


def test_runs_that_have_not_finished_have_no_numbers(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "workspace")
    folder = tiny_model_folder(tmp_path, "bert")
    said = say(workspace, queue_experiment(workspace, folder, ["majority", "scratch"]))
    workspace.close()
    runs = [run for arm in said["arms"] for run in arm["runs"]]
    assert {(run["status"], run["test"], run["train_s"]) for run in runs} == {("queued", None, None)}
    assert said["verdicts"] == []
