"""A network as an ONNX graph: written without what is of this machine, and run without torch."""

import contextlib
import logging
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from tl_core.errors import NotFoundError

ONNX_FILE = "model.onnx"


def write_graph(module: nn.Module, inputs: Mapping[str, Tensor], axes: Mapping[int, Any], path: Path) -> None:
    """Write a module whose forward takes these tensors, in this order, and gives logits.

    Parameters
    ----------
    inputs
        Examples of its tensors by name; sizes of 1 would be taken for constants.
    axes
        Which axes of each of them may have any size, by ``torch.export.Dim``.
    """
    with quiet():
        program = torch.onnx.export(
            module.eval(),
            tuple(inputs.values()),
            input_names=list(inputs),
            output_names=["logits"],
            dynamic_shapes=dict.fromkeys(inputs, dict(axes)),
            dynamo=True,
            verbose=False,
        )
        if program is None:
            raise RuntimeError("the exporter gave no graph")
        for node in program.model.graph.all_nodes():
            node.metadata_props.clear()  # where the code of each step lies on this machine
        program.save(path)


def open_graph(folder: Path) -> Any:
    """Open the graph of a folder: an ``onnxruntime.InferenceSession``.

    Raises
    ------
    NotFoundError
        If onnxruntime is not installed.
    """
    try:
        import onnxruntime
    except ImportError:
        raise NotFoundError(
            "An ONNX graph is verified with onnxruntime, which is not installed.",
            "Run pip install onnxruntime.",
        ) from None
    return onnxruntime.InferenceSession(folder / ONNX_FILE, providers=["CPUExecutionProvider"])


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep the exporter's warnings about its own code, missing packages and names of axes to itself."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
