"""Labels and parts out of the folders that pictures lie in."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from tl_core.datasets.roles import part_of
from tl_core.schema import SplitName

Folders = tuple[str, ...]
_WORD = re.compile(r"[^\W\d_]+")
_FILLERS = frozenset(
    (
        *(
            "set",
            "sets",
            "data",
            "dataset",
            "image",
            "images",
            "img",
            "imgs",
            "picture",
            "pictures",
            "photos",
        ),
        *("seg", "split", "files", "folder", "labels", "label", "annotations", "metadata", "list", "df"),
    )
)
_ENDINGS = ("set", "data", "images", "imgs", "labels")
_FLAGS = frozenset(("true", "false", "yes", "no"))


@dataclass(frozen=True, kw_only=True)
class Places:
    """What folders say of pictures, by file name.

    Attributes
    ----------
    labels
        Empty for pictures that lie in no class.
    parts
        None where folders name no parts; pictures that lie in none are missing.
    """

    labels: Mapping[str, str]
    parts: Mapping[str, SplitName] | None

    @property
    def classes(self) -> set[str]:
        """The labels that there are."""
        return {label for label in self.labels.values() if label}


def look_at_folders(pictures: Sequence[str]) -> Places:
    """Take the first folder that differs for the class; folders of parts, above or below it, are told apart.

    Wrappers that all pictures share play no part; pictures beside the folders lie in no class.
    """
    inside = _below_wrappers({one: PurePosixPath(one).parts[:-1] for one in pictures})
    depth = _depth_of_parts(inside)
    if depth is None:
        return Places(labels={one: where[0] if where else "" for one, where in inside.items()}, parts=None)
    parts = {
        one: part
        for one, where in inside.items()
        if len(where) > depth and (part := part_in(where[depth])) is not None
    }
    rest = _below_wrappers({one: _without(inside[one], depth, parts[one]) for one in parts})
    labels = {one: rest[one][0] if one in rest and rest[one] else "" for one in pictures}
    return Places(labels=labels, parts=parts)


def part_in(name: str) -> SplitName | None:
    """Return the part that the name of a folder or a table speaks of, whatever stands around the word.

    >>> part_in("training_set"), part_in("val2017"), part_in("Test Images"), part_in("cats")
    (<SplitName.TRAIN: 'train'>, <SplitName.VALIDATION: 'validation'>, <SplitName.TEST: 'test'>, None)
    """
    words = [word.casefold() for word in _WORD.findall(name)]
    telling = [word for word in words if word not in _FILLERS]
    whole = "".join(telling)
    if not telling or whole in _FLAGS:
        return None
    if (found := part_of(whole)) is not None:  # held-out
        return found
    ending = next((one for one in _ENDINGS if whole.endswith(one)), None)
    return part_of(whole.removesuffix(ending)) if ending and whole != ending else None


def _below_wrappers(inside: Mapping[str, Folders]) -> dict[str, Folders]:
    """Leave out folders that all pictures share, but not one that all of them lie in: that is a class."""
    found = dict(inside)
    while True:
        firsts = {where[0] for where in found.values() if where}
        if len(firsts) != 1 or all(len(where) <= 1 for where in found.values()):
            return found
        found = {one: where[1:] for one, where in found.items()}


def _depth_of_parts(inside: Mapping[str, Folders]) -> int | None:
    """Find the level of folders that names parts: two of them, or one beside nothing that holds classes."""
    for depth in (0, 1):
        below = dict[str, set[str]]()  # what lies in each folder of this level
        for where in inside.values():
            if len(where) > depth:
                below.setdefault(where[depth], set()).update(where[depth + 1 : depth + 2])
        named = {name: part for name in below if (part := part_in(name)) is not None}
        if len(set(named.values())) > 1:
            return depth
        others = [name for name in below if name not in named]
        is_only = named and depth == 0 and others and not any(below[name] for name in others)
        if is_only and any(len(below[name]) > 1 for name in named):
            return depth
    return None


def _without(where: Folders, depth: int, part: SplitName) -> Folders:
    """Leave out the folder of the part, and one of the same part in it: ``test_set/test_set/cats``."""
    above, below = where[:depth], where[depth + 1 :]
    while below and part_in(below[0]) is part:
        below = below[1:]
    return above + below
