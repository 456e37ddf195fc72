"""The command line as others rely on it: exit codes, JSON, and real processes where a process matters."""

import contextlib
import csv
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.pages.texts import TEXTS
from tests.store.opening import open_workspace
from tests.tiny_models import tiny_model_folder
from tl_core.cli.main import app, main
from tl_core.jobs.client import stop_supervisor
from tl_core.planning.command import command_of
from tl_core.settings import Settings

TIMEOUT_S = 240
VARIES = r"(^|_)ids?$|_s$|_wh$|_mib$|energy|time|attempts|created|displays"
OF_FAMILY = (
    r"corrected$|^(num_pairs|looks|is_primary|conclusion|claim|interval|beside|status|reservations|sentence)$"
)
ARMS = "majority,tfidf,scratch,fine_tuned"


@dataclass(frozen=True)
class Shell:
    """A workspace, a data file and a comparison that was made in it."""

    workspace: Path
    data: Path
    report: dict[str, Any]

    def run_id(self, arm: str) -> str:
        return next(one for one in self.report["arms"] if one["arm"] == arm)["runs"][0]["run_id"]

    def __call__(self, *words: str) -> str:
        """Run a command in this process, which has the libraries, and return what it prints."""
        return run_here(*words, "--workspace", str(self.workspace))

    def started(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command in a process of its own."""
        return tl_core(*words, "--workspace", str(self.workspace))


def run_here(*words: str) -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TL_WORKSPACE", "")  # put back afterwards, for the command sets it
        patch.setenv("HF_HUB_OFFLINE", "1")
        ended = CliRunner().invoke(app, list(words), catch_exceptions=False)
    assert ended.exit_code == 0, ended.output
    return ended.stdout


def tl_core(*words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "COLUMNS": "100"}
    return subprocess.run(
        [sys.executable, "-m", "tl_core", *words],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        env=environment,
    )


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    folder = tmp_path_factory.mktemp("shell")
    data = folder / "reviews.csv"
    with data.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["review", "sentiment"])
        writer.writerows((text, label) for label, texts in TEXTS.items() for text in texts)
    model = tiny_model_folder(folder, "bert")
    workspace, out = folder / "workspace", folder / "out.json"
    options = ["--text", "review", "--label", "sentiment", "--base-model", str(model), "--arms", ARMS]
    done = tl_core(
        *("compare", str(data), *options, "--seeds", "2", "--epochs", "1", "--margin", "2.5"),
        *("--json", str(out), "--workspace", str(workspace)),
    )
    assert done.returncode == 0, done.stderr
    yield Shell(workspace, data, json.loads(out.read_text()))
    stop_supervisor(Settings.from_environment(workspace))


def test_compare_writes_the_contract(shell: Shell) -> None:
    report = shell.report
    assert {"experiment_id", "dataset", "split", "headline_metric", "budget", "arms", "verdicts"} <= set(
        report
    )
    assert report["margin"] == 0.025
    assert report["dataset"] | {"num_examples": 60, "num_labels": 3} == report["dataset"]
    assert sum(report["split"][part] for part in ("train", "validation", "test")) == 60
    assert [arm["arm"] for arm in report["arms"]] == ["fine_tuned", "tfidf", "scratch", "majority"]
    run = report["arms"][0]["runs"][1]
    assert run | {"status": "finished", "seed": 1, "train_size": report["split"]["train"]} == run
    assert set(run["seeds"]) == {"init", "order", "subset"}
    assert set(run["test"]) >= {"accuracy", "macro_f1"}
    assert run["learning_rate"] > 0
    assert run["train_s"] > 0


def test_verdicts_come_headline_first_with_an_interval_that_agrees_with_its_p_value(shell: Shell) -> None:
    first = shell.report["verdicts"][0]
    assert (first["a"], first["b"], first["metric"], first["scope"]) == (
        "fine_tuned",
        "scratch",
        "accuracy",
        "expected",
    )
    assert first["num_seeds"] == 2
    for verdict in shell.report["verdicts"]:
        low, high = verdict["ci95"]
        assert low < verdict["difference"] < high
        assert (verdict["p_value"] < 0.05) == (low > 0 or high < 0)
        assert verdict["sentence"].startswith(
            f"{verdict['claim'].removesuffix('.')} ({verdict['interval']})."
        )
        assert all(one["words"] in verdict["sentence"] for one in verdict["reservations"])


def measured_alone(value: Any) -> Any:
    """Leave out of a report what differs between two experiments of the same.

    That is ids, moments, times and energy, and what depends on how much was asked of the test examples.
    """
    if isinstance(value, dict):
        left_out = f"{VARIES}|{OF_FAMILY}"
        return {name: measured_alone(one) for name, one in value.items() if not re.search(left_out, name)}
    return [measured_alone(one) for one in value] if isinstance(value, list) else value


def test_the_command_of_an_experiment_gives_the_same_results(shell: Shell, tmp_path: Path) -> None:
    with contextlib.closing(open_workspace(shell.workspace)) as opened:
        command = command_of(opened.database.get_experiment(shell.report["experiment_id"]))
    words = shlex.split(command)
    assert words[:3] == ["python", "-m", "tl_core"]
    assert words[-2] == "--json"
    done = shell.started(*words[3:-1], str(tmp_path / "again.json"))
    assert done.returncode == 0, done.stderr
    again = json.loads((tmp_path / "again.json").read_text())
    assert again["experiment_id"] != shell.report["experiment_id"]
    assert measured_alone(again) == measured_alone(shell.report)
    assert measured_alone(again)["arms"][0]["runs"][0]["test"] == again["arms"][0]["runs"][0]["test"]


def test_runs_and_show_tell_what_there_is(shell: Shell) -> None:
    listed = shell.started("runs")
    assert shell.run_id("scratch") in listed.stdout
    record = json.loads(shell("show", shell.run_id("fine_tuned")))
    assert record["state"] == "finished"
    shown = json.loads(shell("show", shell.report["experiment_id"]))
    assert measured_alone(shown["verdicts"]) == measured_alone(shell.report["verdicts"])
    primary, before = shown["verdicts"][0], shell.report["verdicts"][0]
    same = ("is_primary", "p_value", "p_corrected", "conclusion", "claim")
    assert [primary[name] for name in same] == [before[name] for name in same], "the primary question"
    assert primary["is_primary"]


def test_a_base_model_from_a_folder_goes_by_its_name_and_no_path_is_stored(shell: Shell) -> None:
    tuned = shell.report["arms"][0]
    assert tuned["base_model"].startswith("local:tiny-bert@")
    files = [path for path in (shell.workspace / "runs").rglob("*") if path.is_file()]
    assert {"run.json", "experiment.json", "config.json"} <= {path.name for path in files}
    place = str(shell.workspace.parent).encode()
    assert [path for path in files if place in path.read_bytes()] == []
    assert place.decode() not in json.dumps(shell.report)


def test_predict_with_a_run_and_with_its_exported_folder_agree(shell: Shell, tmp_path: Path) -> None:
    run_id = shell.run_id("fine_tuned")
    shell("predict", run_id, str(shell.data), str(tmp_path / "a.csv"))
    assert shell.started("export", run_id, str(tmp_path / "model")).returncode == 0
    exported = shell.started("predict", str(tmp_path / "model"), str(shell.data), str(tmp_path / "b.csv"))
    assert exported.returncode == 0
    assert (tmp_path / "a.csv").read_text() == (tmp_path / "b.csv").read_text()
    with (tmp_path / "a.csv").open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 60
    assert {"review", "predicted_label"} <= set(rows[0])


def test_a_report_is_one_file_about_the_experiment(shell: Shell, tmp_path: Path) -> None:
    experiment_id, page = shell.report["experiment_id"], tmp_path / "report.html"
    assert shell.started("report", experiment_id, str(page)).returncode == 0
    assert experiment_id in page.read_text(encoding="utf-8")


def test_a_report_of_what_is_not_there_or_into_no_folder_is_status_2(shell: Shell, tmp_path: Path) -> None:
    nowhere = str(tmp_path / "no folder" / "report.html")
    for words in (("exp_none", str(tmp_path / "a.html")), (shell.report["experiment_id"], nowhere)):
        refused = shell.started("report", *words)
        assert refused.returncode == 2
        assert "Traceback" not in refused.stderr
        assert re.match(r"tl_core: (There is no experiment|“.*” cannot be written)", refused.stderr)


def test_an_exported_folder_carries_its_card(shell: Shell, tmp_path: Path) -> None:
    run_id = shell.run_id("scratch")
    shell("export", run_id, str(tmp_path / "model"))
    card = (tmp_path / "model" / "README.md").read_text(encoding="utf-8")
    assert card.startswith("---\n")
    assert run_id in card
    assert "classify = pipeline(" in card


def test_import_rebuilds_a_run_in_another_workspace(shell: Shell, tmp_path: Path) -> None:
    run_id = shell.run_id("tfidf")
    folder = shell.workspace / "runs" / run_id
    other = str(tmp_path / "other")
    run_here("import", str(folder), "--workspace", other)
    assert run_id in run_here("runs", "--workspace", other)
    run_here("delete", run_id, "--workspace", other)
    assert run_id not in run_here("runs", "--workspace", other)
    assert folder.exists()


def test_profile_writes_the_contract(shell: Shell, tmp_path: Path) -> None:
    out = tmp_path / "profile.json"
    run_here("profile", str(shell.data), "--json", str(out))
    profile = json.loads(out.read_text())
    assert profile | {"num_rows": 60, "delimiter": ",", "has_header": True} == profile
    assert (profile["text"], profile["label"]) == ("review", "sentiment")
    assert profile["label_counts"] == {label: 20 for label in TEXTS}
    assert {"encoding", "columns", "findings"} <= set(profile)


def test_profile_knows_the_base_model_that_shall_read_the_texts(
    shell: Shell, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for base_model, said in (
        ("builtin", "base model: all-MiniLM-L6  languages: English  tokens: half of 60 texts have at most"),
        ("FacebookAI/xlm-roberta-base", "languages: 100 languages  lengths: not counted"),
    ):
        found = CliRunner().invoke(app, ["profile", str(shell.data), "--base-model", base_model])
        assert found.exit_code == 0
        assert said in found.output
    short = CliRunner().invoke(app, ["profile", str(shell.data), "--max-length", "8"])
    assert "8 are kept, which cuts" in short.output
    assert "longer than 8 tokens" in short.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("compare", "missing.csv"), "There is no file"),
        (("compare", "{data}", "--arms", "magic"), "magic"),
        (("compare", "{data}", "--base-model", "no/such-model"), "builtin"),
        (("compare", "{data}", "--train-sizes", "2"), "training examples"),
        (("compare", "{data}", "--train-sizes", "many"), "many"),
        (("compare", "{data}", "--label", "mood"), "mood"),
        (("predict", "run_none", "{data}", "out.csv"), "run_none"),
        (("show", "exp_none"), "exp_none"),
        (("cancel", "run_none"), "run_none"),
    ],
)
def test_a_users_mistake_is_one_line_and_status_2(
    shell: Shell,
    words: tuple[str, ...],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    typed = [word.format(data=shell.data) for word in words]
    monkeypatch.setenv("TL_WORKSPACE", "")  # put back afterwards, for the command sets it
    monkeypatch.setattr(sys, "argv", ["tl_core", *typed, "--workspace", str(shell.workspace)])
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    assert said in lines[0]


def test_a_mistake_in_a_real_process_leaves_no_traceback(shell: Shell) -> None:
    done = shell.started("predict", "run_none", str(shell.data), "out.csv")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


def test_a_fault_of_the_program_is_status_1(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("tl_core.cli.commands.run_lines", lambda workspace: 1 / 0)
    monkeypatch.setenv("TL_WORKSPACE", "")  # put back afterwards, for the command sets it
    monkeypatch.setattr(sys, "argv", ["tl_core", "runs", "--workspace", str(shell.workspace)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize(
    "command",
    [
        "compare",
        "predict",
        "profile",
        "export",
        "report",
        "runs",
        "show",
        "cancel",
        "delete",
        "import",
        "worker",
    ],
)
def test_every_command_has_help(command: str) -> None:
    helped = CliRunner().invoke(app, [command, "--help"])
    assert helped.exit_code == 0
    assert "Usage" in helped.output


def test_a_sealed_test_is_opened_once(shell: Shell, tmp_path: Path) -> None:
    out = tmp_path / "sealed.json"
    options = ["--text", "review", "--label", "sentiment", "--arms", "majority,tfidf", "--sealed", "0.5"]
    done = shell.started("compare", str(shell.data), *options, "--json", str(out))
    assert done.returncode == 0, done.stderr
    report = json.loads(out.read_text())
    split, sealed = report["split"], report["sealed"]
    assert split["sealed"] == sealed["num_examples"] > 0
    assert sum(split[part] for part in ("train", "validation", "test", "sealed")) == 60
    assert (sealed["opened"], sealed["verdict"]) == (None, None)
    assert sealed["sentence"] in done.stdout
    asked = CliRunner().invoke(
        app, ["unseal", report["experiment_id"], "--workspace", str(shell.workspace)], input="n\n"
    )
    assert asked.exit_code != 0
    told = shell("unseal", report["experiment_id"], "--yes")
    assert "Opened on " in told
    shown = json.loads(shell("show", report["experiment_id"]))["sealed"]
    assert shown["verdict"]["num_examples"] == split["sealed"]
    assert shown["sentence"] == told.strip()
    again = shell.started("unseal", report["experiment_id"], "--yes")
    assert again.returncode == 2
    assert "have been opened before" in again.stderr


def test_splits_are_repeated_and_told_together(shell: Shell, tmp_path: Path) -> None:
    options = [
        "--arms",
        "majority,tfidf",
        "--seeds",
        "1",
        "--splits",
        "3",
        "--json",
        str(tmp_path / "out.json"),
    ]
    done = shell.started("compare", str(shell.data), *options)
    assert done.returncode == 0, done.stderr
    assert "6/6 tfidf seed 0 done" in done.stderr
    report = json.loads((tmp_path / "out.json").read_text())
    repeated = report["repeated_splits"]
    assert [one["place"] for one in repeated["splits"]] == [1, 2, 3]
    assert repeated["splits"][0]["experiment_id"] == report["experiment_id"]
    assert len({one["hash"] for one in repeated["splits"]}) == 3
    assert done.stdout.splitlines()[:2] == [repeated["sentence"], report["verdicts"][0]["sentence"]]
    assert "3 splits with 18 test examples each" in repeated["sentence"]


def test_an_own_test_file_cannot_be_repeated(shell: Shell, tmp_path: Path) -> None:
    own = tmp_path / "own.csv"
    rows = (f"{texts[0]} Really.,{label}" for label, texts in TEXTS.items())
    own.write_text("\n".join(["review,sentiment", *rows]))
    options = ["--arms", "majority,tfidf", "--splits", "5", "--test", str(own)]
    done = shell.started("compare", str(shell.data), *options)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == (
        "tl_core: The test file is your own, so there is only one test part. Use one split, or let the app "
        "draw the parts at random."
    )
