"""An arm of every kind, for tests that hold for all of them."""

from tl_core.schema import Arm, ArmKind


def some_arm(kind: ArmKind) -> Arm:
    """Make an arm of a kind; one layer is drawn anew where layers are counted."""
    return Arm(kind=kind, num_layers=1 if kind is ArmKind.REINIT_TOP else None)


EVERY_ARM = tuple(some_arm(kind) for kind in ArmKind)
