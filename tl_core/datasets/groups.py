"""Groups of rows as arrays of numbers: rows with the same number are in the same group."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Groups = npt.NDArray[np.int64]


def join_groups(first: Groups, second: Groups) -> Groups:
    """Return the finest groups in which rows stay together that either grouping holds together.

    Parameters
    ----------
    first, second
        A group of every row, ``(num_rows,)`` each.
    """
    _, one = np.unique(first, return_inverse=True)
    _, other = np.unique(second, return_inverse=True)
    num_ones = int(one.max(initial=-1)) + 1
    label = connect(num_ones + int(other.max(initial=-1)) + 1, one, num_ones + other)
    return number_by_appearance(label[one])


def connect(num_nodes: int, first: Groups, second: Groups) -> Groups:
    """Return the number of each node's connected component, ``(num_nodes,)``.

    Parameters
    ----------
    num_nodes
        Number of nodes.
    first, second
        Both ends of every edge.
    """
    # Slow to import, which only those who group should wait for.
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    edges = coo_array((np.ones(len(first), bool), (first, second)), shape=(num_nodes, num_nodes))
    return np.asarray(connected_components(edges, directed=False)[1], dtype=np.int64)


def number_by_appearance(labels: Groups) -> Groups:
    """Return the same groups, numbered from 0 in the order in which they first appear."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    place = np.empty(len(first), np.int64)
    place[np.argsort(first)] = np.arange(len(first))
    return place[inverse]


def groups_by_name(names: Sequence[str | None]) -> Groups:
    """Group rows of the same name; a row whose name is missing or blank is a group of its own."""
    numbers: dict[str | int, int] = {}
    return np.array(
        [
            numbers.setdefault(name if name and not name.isspace() else row, len(numbers))
            for row, name in enumerate(names)
        ],
        dtype=np.int64,
    )


def group_sizes(groups: Groups) -> Groups:
    """Return the sizes of all groups, in no order that means anything."""
    return np.unique(groups, return_counts=True)[1]
