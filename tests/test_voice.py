"""How engine and pages speak to a person: in plain words; an error says what is wrong, then what to do."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import tl_core
from pages.ui.glossary import ENTRIES
from tl_core.errors import TlError
from tl_core.words import plural, quoted, quoted_names

ENGINE = Path(tl_core.__file__).parent
HOUSE = ENGINE.parent
NEVER = re.compile(r"\b(its|here|alone|besides|whichever|anew|lest|shall)\b")
NEVER_SHOWN = re.compile(rf"\b(arms?|verdicts?|claims?)\b|{NEVER.pattern}", re.IGNORECASE)
"""Words of the code have others on screen: model, result."""
SHOWN = ("arms", "catalogue", "charts", "displays", "evaluation", "export", "intake", "planning", "results")
"""Parts of the engine whose sentences stand on pages and in reports."""
DRAWS = {
    *("button", "caption", "card", "checkbox", "download_button", "draw_header", "empty_figure", "error"),
    *("expander", "header", "info", "invite", "markdown", "metric", "multiselect", "number_input"),
    *("page_link", "popover", "progress", "radio", "segmented_control", "selectbox", "spinner", "subheader"),
    *("success", "text", "text_area", "text_input", "title", "toast", "toggle", "warning", "write"),
    *("CheckboxColumn", "Column", "DatetimeColumn", "LineChartColumn", "NumberColumn", "TextColumn"),
    *("BarChartColumn", "ProgressColumn"),
}
"""Calls whose words a person reads, even if there is only one."""
READ = {"alt", "explains", "help", "label", "placeholder", "text", "title_text"}
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


def pages_and_app() -> Iterator[tuple[str, ast.Module]]:
    for path in [HOUSE / "app.py", *sorted((HOUSE / "pages").rglob("*.py"))]:
        yield str(path.relative_to(HOUSE)), ast.parse(path.read_text(encoding="utf-8"))


def shown_in(module: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield what a person may read of a module, with the line: prose, and the words of what draws them.

    Prose has a space or begins with a capital; names of columns, keys and constants do not.
    """
    docstrings = {id(node.value) for node in ast.walk(module) if isinstance(node, ast.Expr)}
    drawn = set[int]()
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in DRAWS:
            parts = [*node.args[:1], *(one.value for one in node.keywords if one.arg in READ)]
            drawn |= {id(part) for part in parts}
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            is_prose = " " in node.value or (node.value[:1].isupper() and not node.value.isupper())
            if is_prose or id(node) in drawn:
                yield node.lineno, node.value


def in_words_of_the_code(source: str) -> list[str]:
    return [text for _, text in shown_in(ast.parse(source)) if NEVER_SHOWN.search(text)]


def test_there_is_much_to_look_at() -> None:
    assert len([one for one in everything_said() if one.texts]) > 150
    assert len([text for _, module in pages_and_app() for text in shown_in(module)]) > 1_000


def test_pages_and_figures_use_the_words_of_the_screen() -> None:
    engine = [(name, module) for name, module in modules() if name.split("/")[0] in SHOWN]
    assert [
        f"{name}:{line}: {text}"
        for name, module in [*pages_and_app(), *engine]
        for line, text in shown_in(module)
        if NEVER_SHOWN.search(text)
    ] == []


def test_the_glossary_uses_the_words_of_the_screen() -> None:
    assert [one.title for one in ENTRIES.values() if NEVER_SHOWN.search(f"{one.title} {one.text}")] == []


@pytest.mark.parametrize(
    "source",
    [
        'empty_figure("No arm has finished yet.", theme=theme)',
        'st.markdown(f"{wait} yet. This page shows the first verdict by itself.")',
        'st.info("A claim about it." if is_done else "")',
        'help="Of this run alone."',
        'st.dataframe(column_config={"test": st.column_config.NumberColumn("Test", help="Of all arms.")})',
        'card("Verdict")',
        'st.toggle("arms")',
        'WORDS = {"a": "Its label"}',
        'st.caption(f"{literal(name)} is here")',
    ],
)
def test_a_word_that_comes_back_is_found(source: str) -> None:
    assert in_words_of_the_code(source)


@pytest.mark.parametrize(
    "source", ['"""Compare two arms."""', 'table["arm"]', 'choose("arm", key="verdict")']
)
def test_words_of_the_code_may_stay_in_the_code(source: str) -> None:
    assert not in_words_of_the_code(source)


def test_nothing_begins_with_what_was_expected() -> None:
    begun = [
        f"{name}: {node.value}"
        for name, module in [*modules(), *pages_and_app()]
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
