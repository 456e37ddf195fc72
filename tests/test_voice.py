"""How the engine speaks to a person: an error says what is wrong, then what to do."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import tl_core
from tl_core.errors import TlError
from tl_core.words import plural, quoted, quoted_names

ENGINE = Path(tl_core.__file__).parent
NEVER = re.compile(r"\b(its|here|alone|besides|whichever|anew|lest|shall)\b")
VERBS = {
    *("Accept", "Add", "Cancel", "Check", "Choose", "Compare", "Correct", "Decide", "Delete", "Divide"),
    *("Download", "Export", "Fill", "Fix", "Give", "Import", "Install", "Keep", "Leave", "Let", "List"),
    *("Load", "Make", "Mask", "Merge", "Move", "Open", "Pack", "Put", "Reinstall", "Remove", "Run", "Save"),
    *("See", "Shorten", "Sort", "Split", "Start", "Strip", "Test", "Train", "Try", "Unpack", "Upload"),
    *("Use", "Wait", "Write"),
}


def names_of_errors() -> set[str]:
    kinds, found = [TlError], set[str]()
    while kinds:
        kind = kinds.pop()
        found.add(kind.__name__)
        kinds += kind.__subclasses__()
    return found


@dataclass(frozen=True)
class Said:
    """What a call that makes an error or a finding says; a gap stands for what is filled in."""

    place: str
    texts: tuple[str, ...]
    remedy: str


def text_of(node: ast.AST) -> str:
    """Write a literal with a gap for each value; empty for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(text_of(part) or "…" for part in node.values)
    return ""


def literals_in(node: ast.AST) -> Iterator[str]:
    if text := text_of(node):
        yield text
    else:
        for child in ast.iter_child_nodes(node):
            yield from literals_in(child)


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(ENGINE.rglob("*.py")):
        yield str(path.relative_to(ENGINE)), ast.parse(path.read_text(encoding="utf-8"))


def everything_said() -> Iterator[Said]:
    errors = names_of_errors()
    for name, module in modules():
        for node in ast.walk(module):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
                continue
            keywords = {keyword.arg: keyword.value for keyword in node.keywords}
            if node.func.id in errors:
                parts = [*node.args, *keywords.values()]
                remedy = keywords.get("remedy", node.args[1] if len(node.args) > 1 else None)
            elif node.func.id in {"Finding", "found"}:
                parts = [keywords[one] for one in ("message", "remedy") if one in keywords]
                remedy = keywords.get("remedy")
            else:
                continue
            texts = tuple(text for part in parts for text in literals_in(part))
            yield Said(f"{name}:{node.lineno}", texts, text_of(remedy) if remedy else "")


def test_there_is_much_to_look_at() -> None:
    assert len([one for one in everything_said() if one.texts]) > 150


def test_nothing_begins_with_what_was_expected() -> None:
    begun = [
        f"{name}: {node.value}"
        for name, module in modules()
        for node in ast.walk(module)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.match(r"Expected\b.*(;|\{|\.$)", node.value)
    ]
    assert begun == []


def test_errors_and_findings_use_plain_words() -> None:
    assert [(one.place, text) for one in everything_said() for text in one.texts if NEVER.search(text)] == []


def test_a_remedy_begins_with_a_verb() -> None:
    remedies = [(one.place, one.remedy) for one in everything_said() if one.remedy]
    assert [one for one in remedies if one[1][0] != "…" and one[1].split()[0] not in VERBS] == []
    assert len(remedies) > 100


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Spam", "“Spam”"),
        ("two\nlines", r"“two\nlines”"),
        ("\u202eforged", r"“\u202eforged”"),
        ("x" * 61, "“" + "x" * 59 + "…”"),
        ("x" * 60, "“" + "x" * 60 + "”"),
    ],
)
def test_a_name_is_quoted_cut_and_hides_nothing(name: str, shown: str) -> None:
    assert quoted(name) == shown


def test_names_are_listed_up_to_a_number() -> None:
    assert quoted_names(["a", "b"]) == "“a”, “b”"
    assert quoted_names(list("abcdefg")) == "“a”, “b”, “c”, “d”, “e” and 2 more"


def test_a_count_agrees_with_its_noun() -> None:
    assert [plural(count, "class", "classes") for count in (0, 1, 2)] == ["0 classes", "1 class", "2 classes"]
    assert plural(1_200, "row") == "1,200 rows"
