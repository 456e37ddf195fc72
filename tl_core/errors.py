"""Every error that a person can cause or must be told about.

TlError                      exit code
├── UserError                2   what was asked for cannot be done; the text says what to do instead
│   ├── DataError                a file, column or label cannot be used
│   ├── SplitError               the examples do not fill train, validation and test
│   ├── PlanError                arms, seeds, sizes or settings that contradict each other
│   ├── ModelError               a base model that cannot be had or may not be loaded
│   ├── ComparisonError          runs that may not be compared
│   ├── NotFoundError            an id, file or folder that is not there
│   └── OutsideError             a folder or file from outside that may not be read
├── DamageError              1   a file of this workspace that is there and cannot be read
└── RunError                 1   a run that could not be carried to its end
    ├── CancelledError           somebody asked for its end
    ├── DivergedError            the loss is no longer a finite number
    └── OutOfMemoryError         the device has too little memory for a batch
"""

from typing import TypeVar


class TlError(Exception):
    """An error that a person can do something about: what is wrong and, where there is one, a remedy.

    Parameters
    ----------
    message
        What is wrong, with the number or the name that matters, as one sentence or two.
    remedy
        What the person can do about it, beginning with a verb. Empty if nothing helps.
    """

    exit_code = 1

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(f"{message} {remedy}".strip())
        self.message = message
        self.remedy = remedy


class UserError(TlError):
    """Something that was asked for cannot be done."""

    exit_code = 2


class DataError(UserError):
    """A file, column or label cannot be used."""


class SplitError(UserError):
    """The examples do not fill train, validation and test."""


class PlanError(UserError):
    """Arms, seeds, sizes or settings contradict each other."""


class ModelError(UserError):
    """A base model cannot be had or may not be loaded."""


class ComparisonError(UserError):
    """Runs may not be compared."""


class NotFoundError(UserError):
    """An id, file or folder is not there."""


class OutsideError(UserError):
    """A folder or file from outside may not be read."""


class DamageError(TlError):
    """A file of this workspace is there and cannot be read."""


class RunError(TlError):
    """A run could not be carried to its end."""


class CancelledError(RunError):
    """Somebody asked for the end of a run, or of other work."""

    def __init__(self, what: str = "The run") -> None:
        super().__init__(f"{what} was cancelled.")


class DivergedError(RunError):
    """The loss is no longer a finite number."""

    usual_remedy = "Choose a smaller learning rate."

    def __init__(self, message: str, remedy: str = usual_remedy) -> None:
        super().__init__(message, remedy)


class OutOfMemoryError(RunError):
    """The device has too little memory for a batch."""


_E = TypeVar("_E", bound=TlError)
CUT_OFF = "it is cut off or overwritten"
"""What is wrong with a file that does not end, or go on, as it should."""


def cannot_be_read(error: OSError) -> str:
    """Say what is wrong with a file that the system does not let be read."""
    return f"it cannot be read ({error.strerror or 'it is cut off'})"


def damaged_file(kind: type[_E], file: str, owner: str, what: str, otherwise: str) -> _E:
    """Make the error about a damaged file of a run or a model: what is wrong with it, and what to do."""
    return kind(
        f"The file {file} of {owner} is damaged: {what}.",
        f"Put the file back from a copy, or {otherwise}.",
    )


_OUT_OF_MEMORY_WORDS = ("out of memory", "can't allocate memory", "not enough memory", "ALLOC_FAILED")
"""How the allocators of CUDA, MPS, the CPU and cuBLAS put it where they raise a plain RuntimeError."""


def is_out_of_memory(error: Exception) -> bool:
    """Recognise torch's own error by its name, for torch is not imported for every arm, or by its words."""
    if isinstance(error, OutOfMemoryError | MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in _OUT_OF_MEMORY_WORDS)
