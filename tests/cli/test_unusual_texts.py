"""Comparisons of texts that words alone do not describe, as the command line makes them."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from tests.experiments.running import carry_out_all
from tests.field import FIELD
from tl_core.cli import commands
from tl_core.cli.main import app
from tl_core.settings import Settings
from tl_core.store.workspace import Workspace

FLAG = "tfidf: hardly_any_known_feature"
TOPICS = {"good": ("fine", "lovely", "warm"), "bad": ("dull", "broken", "cold")}


@pytest.fixture(autouse=True)
def no_supervisor(monkeypatch: pytest.MonkeyPatch) -> None:
    """Carry out in this process what is queued, before the command looks how far it is."""
    monkeypatch.setenv("TL_WORKSPACE", "")  # put back afterwards, for the command sets it

    def carry_out(settings: Settings) -> None:
        workspace = Workspace.open(settings)
        carry_out_all(workspace)
        workspace.close()

    monkeypatch.setattr("tl_core.jobs.client.ensure_supervisor", carry_out)


def compare(folder: Path, data: Path, *words: str) -> dict[str, Any]:
    """Run ``compare`` with the arms that have no network, and return its JSON."""
    out = folder / "out.json"
    done = CliRunner().invoke(
        app,
        [
            *("compare", str(data), "--arms", "majority,tfidf", "--seeds", "1", *words),
            *("--json", str(out), "--workspace", str(folder / "workspace")),
        ],
    )
    assert done.exit_code == 0, done.output
    return json.loads(out.read_text())


def write(path: Path, rows: Sequence[tuple[str, str]]) -> Path:
    path.write_text("text,label\n" + "".join(f'"{text}",{label}\n' for text, label in rows), encoding="utf-8")
    return path


def accuracy(report: dict[str, Any], arm: str) -> float:
    (run,) = next(one for one in report["arms"] if one["arm"] == arm)["runs"]
    return float(run["test"]["accuracy"])


def run_id(report: dict[str, Any]) -> str:
    return str(next(one for one in report["arms"] if one["arm"] == "tfidf")["runs"][0]["run_id"])


def codes(report: dict[str, Any]) -> set[str]:
    return {flag for verdict in report["verdicts"] for flag in verdict["flags"]}


def test_chinese_is_learned_by_its_characters(tmp_path: Path) -> None:
    report = compare(tmp_path, FIELD / "chinese_no_spaces.csv")
    assert accuracy(report, "tfidf") > 0.85
    assert accuracy(report, "majority") < 0.55
    assert codes(report) == set()


NEUTRAL, GOOD, BAD = "neutral", "good", "bad"
PIECES = {
    "Thai": {
        NEUTRAL: ("ร้านนี้", "อาหาร", "กาแฟ", "ที่นี่", "วันนี้", "พนักงาน", "บริการ", "เมื่อวาน"),
        GOOD: ("อร่อยมาก", "ดีจริงๆ", "น่าลอง", "ประทับใจ"),
        BAD: ("แย่", "น่าเบื่อ", "เสียดาย", "ผิดหวัง"),
    },
    "Japanese": {
        NEUTRAL: ("この映画は", "この店は", "景色が", "音楽が", "昨日の", "話が", "駅前の", "料理は"),
        GOOD: ("とても良い", "すばらしい", "大好き", "楽しかった"),
        BAD: ("ひどい", "つまらない", "残念だ", "退屈だ"),
    },
    "emoticons": {
        NEUTRAL: ("🚗", "🍜", "—", "..", "🇩🇪", "☕", "*", "/"),
        GOOD: (":)", ":-)", "👍🏽", "❤️"),
        BAD: (":(", ":-(", "👎🏿", "💔"),
    },
    "punctuation": {
        NEUTRAL: (".", ",", "-", "—", ";", "/", "|", "~"),
        GOOD: ("!", "!!", "!!!", "¡!"),
        BAD: ("?", "??", "???", "¿?"),
    },
}


@pytest.mark.parametrize("kind", PIECES)
def test_texts_without_words_between_spaces_are_learned(tmp_path: Path, kind: str) -> None:
    chance, pieces = np.random.default_rng(0), PIECES[kind]
    texts = {
        label: {
            "".join([*chance.choice(pieces[NEUTRAL], 4), chance.choice(pieces[label])]) for _ in range(60)
        }
        for label in (GOOD, BAD)
    }
    rows = [(text, label) for label in texts for text in sorted(texts[label])]
    report = compare(tmp_path, write(tmp_path / "in.csv", rows))
    assert accuracy(report, "tfidf") > 0.9
    assert accuracy(report, "majority") < 0.6
    assert codes(report) == set()


def test_texts_of_nothing_that_can_be_seen_leave_tfidf_with_the_prior(tmp_path: Path) -> None:
    rows = [("\u200b" * n, "good" if n % 2 else "bad") for n in range(1, 41)]
    report = compare(tmp_path, write(tmp_path / "in.csv", rows))
    assert accuracy(report, "tfidf") == accuracy(report, "majority")
    assert FLAG in codes(report)


def sentences(num: int, template: str, words: dict[str, Sequence[str]]) -> list[tuple[str, str]]:
    chance = np.random.default_rng(num)
    return [
        (template.format(chance.choice(words[label]), chance.choice(words[label]), number), label)
        for number in range(num)
        for label in words
    ]


def test_a_test_file_in_another_language_is_flagged(tmp_path: Path) -> None:
    train = write(tmp_path / "train.csv", sentences(30, "The day was {} and {}, number {}.", TOPICS))
    german = {"good": ("schön", "herrlich"), "bad": ("öde", "kaputt")}
    test = write(tmp_path / "test.csv", sentences(10, "Der Tag war {} und auch {}, Nummer {}.", german))
    report = compare(tmp_path, train, "--test", str(test))
    [verdict] = report["verdicts"]
    assert FLAG in verdict["flags"]
    shown = commands.show(Workspace.open(Settings.from_environment(tmp_path / "workspace")), run_id(report))
    assert shown["hardly_known"]["test"] == 1
    assert "TF-IDF knew hardly a word of most texts that it was judged on" in verdict["sentence"]


def test_a_test_file_of_the_same_kind_is_not(tmp_path: Path) -> None:
    train = write(tmp_path / "train.csv", sentences(30, "The day was {} and {}, number {}.", TOPICS))
    test = write(tmp_path / "test.csv", sentences(10, "A day so {} and {}: number {}!", TOPICS))
    assert codes(compare(tmp_path, train, "--test", str(test))) == set()
