"""What the code of a page says to people: the texts in its own file and in all that it calls for words.

``python -m tests.pages.said`` prints the technical words of each page, as `pages.ui.glossary_pages` has them.
"""

import ast
import re
import textwrap
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from pages.ui.glossary import words_in

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "pages"
SPEAKING = (
    "pages",
    "tl_core.charts",
    "tl_core.results",
    "tl_core.evaluation.flags",
    "tl_core.evaluation.status",
    "tl_core.evaluation.wording",
)
"""Packages whose texts reach a person."""
GLOSSARY = "pages.ui.glossary"
"""It explains the words, and uses others in doing so."""
NO_PAGES = {"__init__", "router", "understand"}
"""Those without words of their own; *Understand* shows them all."""
# Names of columns, ids, icons and styles, which nobody reads.
_CODE = re.compile(r"[a-z0-9_.%/{}:,]*|:material/\w+:|[\w-]+/[\w-]+")
_Named = ast.FunctionDef | ast.ClassDef


def page_names() -> list[str]:
    """Name every page by its file."""
    return sorted(path.stem for path in PAGES.glob("*.py") if path.stem not in NO_PAGES)


def said_on(page: str) -> set[str]:
    """Collect the texts that a page can show."""
    said: set[str] = set()
    done: set[tuple[str, str]] = set()
    waiting = [(f"pages.{page}", name) for name in _module(f"pages.{page}").definitions]
    while waiting:
        place = waiting.pop()
        if place in done:
            continue
        done.add(place)
        module, name = _module(place[0]), place[1]
        if name in module.definitions:
            said |= set(_texts(module.definitions[name]))
            waiting += _used(place[0], module.definitions[name])
        elif name in module.imports and _is_speaking(module.imports[name][0]):
            waiting.append(module.imports[name])
    return said


def words_on(page: str) -> tuple[str, ...]:
    """Return the slugs of the technical words that a page can show."""
    return words_in(" \n ".join(said_on(page)))


class _Module:
    """A module's top-level definitions by name, and what its imported names stand for."""

    def __init__(self, name: str) -> None:
        tree = ast.parse(_file_of(name).read_text("utf-8"))
        self.definitions: dict[str, ast.AST] = {}
        self.imports: dict[str, tuple[str, str]] = {}
        for position, node in enumerate(tree.body):
            if isinstance(node, ast.ImportFrom):
                self.imports |= {one.asname or one.name: (node.module or "", one.name) for one in node.names}
            elif isinstance(node, _Named):
                self.definitions[node.name] = node
            elif isinstance(node, ast.Assign | ast.AnnAssign):
                self.definitions |= dict.fromkeys(_targets(node) or [f"line {position}"], node)
            elif position:
                self.definitions[f"line {position}"] = node


def _targets(node: ast.Assign | ast.AnnAssign) -> list[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return [name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)]


@cache
def _module(name: str) -> _Module:
    return _Module(name)


def _file_of(module: str) -> Path:
    path = ROOT / module.replace(".", "/")
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _is_speaking(module: str) -> bool:
    return module.startswith(SPEAKING) and module != GLOSSARY and _file_of(module).is_file()


def _used(module: str, definition: ast.AST) -> Iterator[tuple[str, str]]:
    """List the definitions in speaking packages that one definition refers to."""
    imports = _module(module).imports
    for node in ast.walk(definition):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            package, name = imports.get(node.value.id, ("", ""))
            if _is_speaking(f"{package}.{name}"):
                yield f"{package}.{name}", node.attr
        elif isinstance(node, ast.Name):
            package, name = imports.get(node.id, (module, node.id))
            if _is_speaking(package):
                yield package, name


def _texts(definition: ast.AST) -> Iterator[str]:
    for node in _spoken(definition):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and not _CODE.fullmatch(node.value):
            yield node.value


def _spoken(node: ast.AST) -> Iterator[ast.AST]:
    """Walk a definition without docstrings and the arguments that nobody reads."""
    for child in ast.iter_child_nodes(node):
        is_docstring = isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)
        is_silent = isinstance(child, ast.keyword) and child.arg in {"key", "icon", "query_params", "name"}
        if not is_docstring and not is_silent:
            yield child
            yield from _spoken(child)


def as_code(page: str) -> str:
    """Write the words of a page as ``pages/ui/glossary_pages.py`` keeps them."""
    lines = textwrap.wrap(" ".join(words_on(page)), 96, break_on_hyphens=False)
    return f'    "{page}": (\n' + "\n".join(f'        "{line} "' for line in lines) + "\n    ),"


if __name__ == "__main__":
    for one in page_names():
        print(as_code(one))
