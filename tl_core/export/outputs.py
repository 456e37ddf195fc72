"""What exports and verifications leave in their output folder, and how it is said. Without torch."""

from enum import StrEnum
from pathlib import Path
from typing import Literal

from tl_core.schema import Frozen

ARCHIVE_NAME, VERIFIED_FILE = "model.zip", "verified.json"

Reference = Literal["test_predictions", "expected_answers"]


class ExportFormat(StrEnum):
    """Forms in which a model leaves the workspace."""

    HF = "hf"
    ONNX = "onnx"


class Verification(Frozen):
    """How far an export's answers are from what is expected of them.

    Attributes
    ----------
    name
        The run or the folder.
    reference
        What was compared with: what the run recorded for its test texts, or the expected answers.
    num_texts, num_available
        Texts compared, and how many there are to compare.
    largest_difference, mean_difference
        Absolute differences of a probability.
    tolerance
        Up to where ``largest_difference`` passes; ``mean_difference`` up to a tenth of it.
    num_other_labels
        Texts whose most probable label is another one.
    precision
        In which the reference was computed.
    """

    name: str
    reference: Reference
    num_texts: int
    num_available: int
    largest_difference: float
    mean_difference: float
    tolerance: float
    num_other_labels: int
    precision: str

    @property
    def is_passed(self) -> bool:
        """Whether no probability differs by more than the tolerance, nor all on average by a tenth of it."""
        return self.largest_difference <= self.tolerance and self.mean_difference <= self.tolerance / 10

    @property
    def sentence(self) -> str:
        """Say it in one sentence."""
        what, told = (
            ("test examples", "the run recorded")
            if self.reference == "test_predictions"
            else ("made-up examples", "is expected")
        )
        of_all = f" of {self.num_available:,}" if self.num_texts < self.num_available else ""
        verb = "answers as" if self.is_passed else "does NOT answer as"
        others = f", {self.num_other_labels:,} with another label" if self.num_other_labels else ""
        return (
            f"{self.name} {verb} {told} on {self.num_texts:,}{of_all} {what}: probabilities differ by "
            f"{self.largest_difference:.2g} at most and {self.mean_difference:.2g} on average (up to "
            f"{self.tolerance:g} and {self.tolerance / 10:g} passes for {self.precision}){others}."
        )


class Verified(Frozen):
    """All that was compared for one model, and what could not be."""

    comparisons: tuple[Verification, ...]
    remark: str = ""

    @property
    def is_passed(self) -> bool:
        """Whether every comparison passed."""
        return all(one.is_passed for one in self.comparisons)

    @property
    def sentences(self) -> list[str]:
        """Say what was compared, and what could not be."""
        return [*(one.sentence for one in self.comparisons), *([self.remark] if self.remark else [])]


def write_verified(folder: Path, verified: Verified) -> None:
    """Keep what was found, so that a page can say it."""
    (folder / VERIFIED_FILE).write_text(verified.model_dump_json(indent=2), encoding="utf-8")


def read_verified(folder: Path) -> Verified | None:
    """Read what `write_verified` kept; None if nothing was."""
    path = folder / VERIFIED_FILE
    return Verified.model_validate_json(path.read_text(encoding="utf-8")) if path.is_file() else None
