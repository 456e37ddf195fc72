"""What the data doctor has found in a dataset and its split, kept for whoever shows it."""

from typing import Literal

from tl_core.schema import Finding, Frozen
from tl_core.store.files import replacing
from tl_core.store.workspace import Workspace

Kind = Literal["fast", "slow"]


class Found(Frozen):
    """What some checks have found.

    Attributes
    ----------
    findings
        What is noticed.
    num_seen
        Examples that were looked at: all of a dataset, or a random sample of a large one.
    lengths
        How many of those texts have how many tokens: ``(tokens, texts)``, by rising tokens; None where they
        were not counted.
    """

    findings: tuple[Finding, ...]
    num_seen: int
    lengths: tuple[tuple[int, int], ...] | None = None


def keep_found(workspace: Workspace, fingerprint: str, split_hash: str, kind: Kind, found: Found) -> None:
    """Keep what the fast or the slow checks have found."""
    with replacing(workspace.findings_path(fingerprint, split_hash, kind)) as file:
        file.write(found.model_dump_json().encode())


def read_found(workspace: Workspace, fingerprint: str, split_hash: str, kind: Kind) -> Found | None:
    """Return what was kept; None if these checks have not come to their end."""
    try:
        kept = workspace.findings_path(fingerprint, split_hash, kind).read_bytes()
    except FileNotFoundError:
        return None
    return Found.model_validate_json(kept)
