"""The command of a plan leads to the same plan, whatever was chosen on the page."""

import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.pages.fixtures import store_sample_dataset
from tests.store.opening import open_workspace
from tl_core.cli import commands
from tl_core.cli.main import app
from tl_core.intake.intake import Intake
from tl_core.planning.command import command_of
from tl_core.planning.plan import parse_arms, plan_experiment, plan_training
from tl_core.schema import BudgetRule, ExperimentConfig, LearningRates, Metric, Precision, Preset, Task
from tl_core.store.workspace import Workspace

OWN = {"experiment_id", "created_at"}
PLANS = {
    "several splits": {"num_splits": 3},
    "usual": {},
    "standard without a search": {"preset": Preset.STANDARD, "should_search_rates": False},
    "quick with a search": {"should_search_rates": True, "num_seeds": 3},
    "everything": {
        "preset": Preset.THOROUGH,
        "num_seeds": 2,
        "train_sizes": [12, 20],
        "headline_metric": Metric.MACRO_F1,
        "margin": 0.025,
        "task": Task.TOPIC,
        "learning_rates": {
            "fine_tuned": LearningRates(encoder=3.7e-05, head=0.0012),
            "reinit_top_1": LearningRates(encoder=1e-05, head=0.001, redrawn=0.0003),
        },
        "training": plan_training(
            Preset.THOROUGH,
            epochs=2.5,
            max_length=64,
            budget=BudgetRule.PLATEAU,
            batch_size=8,
            dropout=0.2,
            precision=Precision.FLOAT32,
            patience=7,
        ),
    },
}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return open_workspace(tmp_path / "workspace")


def plan(intake: Intake, **choices) -> ExperimentConfig:
    return plan_experiment(
        experiment_id="exp_1",
        name=intake.dataset.info.name,
        dataset=intake.dataset.info,
        split=intake.split.info,
        base_model="builtin",
        **{
            "task": Task.SENTIMENT,
            "arms": parse_arms(["majority", "tfidf", "scratch", "fine_tuned", "reinit_top_1"]),
            **choices,
        },
    )


@pytest.mark.parametrize("name", PLANS)
def test_the_command_of_a_plan_plans_the_same(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    wanted = plan(store_sample_dataset(workspace), **PLANS[name])
    planned = []

    def keep(opened: Workspace, experiment: ExperimentConfig, say: commands.Say) -> dict:
        planned.append(experiment)
        return {"arms": [], "verdicts": [], "damage": [], "refusals": []}

    monkeypatch.setattr(commands, "carry_out_comparison", keep)
    monkeypatch.setattr(commands, "verdict_lines", lambda report: [])
    words = shlex.split(command_of(wanted))
    assert words[:4] == ["python", "-m", "tl_core", "compare"]
    here = ["--workspace", str(workspace.root), "--json", str(workspace.root / "out.json")]
    done = CliRunner().invoke(app, [*words[3:-2], *here], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    (found,) = planned
    assert found.model_dump(exclude=OWN) == wanted.model_dump(exclude=OWN)


@pytest.mark.parametrize(
    ("labels", "task"), [(("positive", "negative"), Task.SENTIMENT), (("spam", "ham"), Task.OTHER)]
)
def test_without_a_word_on_the_labels_they_are_guessed(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, labels: tuple[str, str], task: Task
) -> None:
    planned = []

    def keep(opened: Workspace, experiment: ExperimentConfig, say: commands.Say) -> dict:
        planned.append(experiment.task)
        return {"arms": [], "verdicts": [], "damage": [], "refusals": []}

    monkeypatch.setattr(commands, "carry_out_comparison", keep)
    monkeypatch.setattr(commands, "verdict_lines", lambda report: [])
    data = workspace.root / "mine.csv"
    data.write_text("text,label\n" + "".join(f"text number {row},{labels[row % 2]}\n" for row in range(40)))
    command = ["compare", str(data), "--workspace", str(workspace.root), "--json", str(data) + ".json"]
    assert CliRunner().invoke(app, command, catch_exceptions=False).exit_code == 0
    assert planned == [task]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--set", "batch_sise=3"], "batch_sise"),
        (["--set", "batch_size"], "no “=”"),
        (["--rates", "fine_tuned=fast"], "no learning rates"),
        (["--text", "text"], "stored already"),
    ],
)
def test_what_cannot_be_meant_is_told(workspace: Workspace, words: list[str], said: str) -> None:
    fingerprint = store_sample_dataset(workspace).dataset.info.fingerprint
    command = ["compare", f"dataset:{fingerprint[:8]}", *words, "--workspace", str(workspace.root)]
    done = CliRunner().invoke(app, command)
    assert done.exit_code != 0
    assert said in f"{done.output}{done.exception}"
    assert workspace.database.list_experiments() == []


@pytest.mark.parametrize("name", ["dataset:", "dataset:ffff", "dataset:{known}@ffff"])
def test_a_dataset_or_split_that_is_not_here_is_told(workspace: Workspace, name: str) -> None:
    known = store_sample_dataset(workspace).dataset.info.fingerprint
    command = ["compare", name.format(known=known), "--workspace", str(workspace.root)]
    done = CliRunner().invoke(app, command)
    assert done.exit_code != 0
    assert "begins" in f"{done.output}{done.exception}"
