"""Every finding has a remedy, in the documentation and in the code, and both know the same findings."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import tl_core

ROOMS = ("files", "datasets", "splits", "doctor", "text")
SOURCES = [path for room in ROOMS for path in (Path(tl_core.__path__[0]) / room).rglob("*.py")]
DOCUMENT = Path(__file__).parents[2] / "docs" / "data.md"
MAKERS = {"Finding", "found", "_of_languages", "Problem", "_stop"}
SAVES_A_TEST_FILE = "find_test_problem"
"""Its problems are raised before there is a dataset, and never become findings."""


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Yield every call that makes a finding, with its code where that is written out."""
    for path in SOURCES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        aside = {
            id(node)
            for function in ast.walk(tree)
            if isinstance(function, ast.FunctionDef) and function.name == SAVES_A_TEST_FILE
            for node in ast.walk(function)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and id(node) not in aside and _name(node) in MAKERS:
                yield _code(node), node


def _name(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _code(call: ast.Call) -> str:
    given = [word.value for word in call.keywords if word.arg == "code"] + call.args
    return next((str(one.value) for one in given if isinstance(one, ast.Constant)), "")


def documented() -> dict[str, str]:
    """Return the remedy of each code in the tables of findings."""
    text = DOCUMENT.read_text(encoding="utf-8")
    text = text[text.index("### When a file is read") : text.index("### Fixes")]
    rows = [line.strip("|").split(" | ") for line in text.splitlines() if line.startswith("| `")]
    return {code: row[3].strip(" |") for row in rows for code in re.findall(r"`(\w+)`", row[0])}


def test_every_code_that_is_emitted_is_documented_and_no_other() -> None:
    emitted = {code for code, _ in calls() if code}
    assert len(emitted) > 20
    assert emitted <= set(documented())
    literals = {
        one.value
        for path in SOURCES
        for one in ast.walk(ast.parse(path.read_text()))
        if isinstance(one, ast.Constant)
    }
    assert set(documented()) <= literals


def test_every_documented_finding_has_a_remedy() -> None:
    assert [code for code, remedy in documented().items() if len(remedy) < 5] == []


def test_every_finding_that_is_made_gives_a_remedy() -> None:
    made = [(code, node) for code, node in calls() if _name(node) not in ("Problem", "_stop")]
    assert [code for code, node in made if "remedy" not in {word.arg for word in node.keywords}] == []
