"""Count what it costs to find one's way in the code: ``python -m benchmarks.house [--root CHECKOUT]``.

Modules that are entered from an uploaded file to the verdict's sentence, counted while pages and runs do it;
private functions with a single caller; files that name an arm; how deep imports lead. Writes JSON beside
itself, one entry a checkout, by the name given with ``--name``.
"""

import argparse
import ast
import json
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve()
PACKAGES = ("tl_core", "pages")


def sources(root: Path) -> dict[str, Path]:
    """Return the project's own modules by dotted name, without tests and benchmarks."""
    found = {}
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            found[".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")] = path
    return found


def fragments(modules: Mapping[str, Path]) -> dict[str, Any]:
    """Count the private functions of modules that their module names just once besides their definition."""
    num_lines = longest = num_private = num_once = 0
    for path in modules.values():
        text = path.read_text(encoding="utf-8")
        num_lines += text.count("\n")
        tree = ast.parse(text)
        named: Counter[str] = Counter()
        for node in ast.walk(tree):
            if isinstance(node, ast.Name):
                named[node.id] += 1
            elif isinstance(node, ast.Attribute):
                named[node.attr] += 1
            elif isinstance(node, ast.FunctionDef):
                longest = max(longest, (node.end_lineno or 0) - node.lineno + 1)
        for function in tree.body:
            if isinstance(function, ast.FunctionDef) and re.match("_[^_]", function.name):
                own = sum(isinstance(one, ast.Name) and one.id == function.name for one in ast.walk(function))
                num_private += 1
                num_once += named[function.name] - own == 1
    return {
        "num_modules": len(modules),
        "num_lines": num_lines,
        "num_private": num_private,
        "num_called_once": num_once,
        "called_once_per_1000_lines": round(1000 * num_once / num_lines, 1),
        "longest_function": longest,
    }


def arm_files(root: Path, modules: Mapping[str, Path]) -> dict[str, int]:
    """Count, for each arm, the files that name it by its identifier."""
    kinds = re.findall(r"^    ([A-Z_]+) = \"(\w+)\"$", "\n".join(_enum(modules.values())), flags=re.MULTILINE)
    texts = {path: path.read_text(encoding="utf-8") for path in modules.values()}
    return {
        value: sum(1 for text in texts.values() if re.search(rf"\b{name}\b", text)) for name, value in kinds
    }


def _enum(paths: Any) -> Iterator[str]:
    for path in paths:
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ClassDef) and node.name == "ArmKind":
                yield ast.get_source_segment(text, node) or ""


def import_depth(modules: Mapping[str, Path]) -> int:
    """Return the length of the longest chain of imports between the project's own modules."""
    imports: dict[str, set[str]] = defaultdict(set)
    for name, path in modules.items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                wanted = {node.module, *(f"{node.module}.{one.name}" for one in node.names)}
                imports[name] |= (wanted & modules.keys()) - {name}
    sys.setrecursionlimit(10_000)
    on_the_way: set[str] = set()

    @cache
    def depth(name: str) -> int:
        on_the_way.add(name)
        below = max((depth(one) for one in imports[name] if one not in on_the_way), default=0)
        on_the_way.discard(name)
        return 1 + below

    return max(map(depth, modules))


def walk(root: Path) -> dict[str, int]:
    """Let a checkout go the way from an upload to a verdict in a process of its own."""
    command = [sys.executable, str(HERE.with_name("house_walk.py"))]
    done = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True, timeout=600)
    entered: dict[str, int] = json.loads(done.stdout.strip().splitlines()[-1])
    return entered


def main() -> None:
    """Measure one checkout and write it beside what is known of others."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, default=HERE.parents[1])
    parser.add_argument("--name", default="now")
    options = parser.parse_args()
    modules = sources(options.root.resolve())
    found = {
        **fragments(modules),
        "import_depth": import_depth(modules),
        "files_naming_an_arm": arm_files(options.root, modules),
        **walk(options.root.resolve()),
    }
    target = HERE.with_suffix(".json")
    known = json.loads(target.read_text()) if target.exists() else {}
    target.write_text(json.dumps(known | {options.name: found}, indent=2) + "\n")
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
