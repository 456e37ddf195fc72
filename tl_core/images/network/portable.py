"""What lies beside a network for pictures that leaves, and what it answers there."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.special import softmax

from tl_core.images import pictures
from tl_core.images.loading_words import NETWORK_FILE, PICTURES_FILE, PREDICT_FILE, how_to_load
from tl_core.images.network import efficientnet_lite, standalone
from tl_core.images.network.standalone import PREPROCESSOR
from tl_core.images.pictures import prepared
from tl_core.inference.predictor import Answers, Probabilities, Question
from tl_core.models.facts import read_facts
from tl_core.models.graph import ONNX_FILE, open_graph
from tl_core.outside import read_json

NOT_FOR_PIPELINES = "see predict.py"
"""Stands for the name of an image processor. Those of transformers cut and scale pictures otherwise than the
model was trained with; under this name it refuses, where it would give other answers."""
_KEPT = ("do_rescale", "rescale_factor", "do_normalize", "image_mean", "image_std", "do_flip_channel_order")
_BESIDE = {
    "from tl_core.images.network import efficientnet_lite": "import efficientnet_lite",
    "from tl_core.images.pictures import": "from pictures import",
}
_BATCH = 32


def write_portable(base_folder: Path, folder: Path) -> None:
    """Write how numbers are normalised, ``predict.py`` with what it imports, and a README."""
    facts = read_json(base_folder / PREPROCESSOR)
    kept = {name: facts[name] for name in _KEPT if name in facts}
    (folder / PREPROCESSOR).write_text(
        json.dumps({"image_processor_type": NOT_FOR_PIPELINES, **kept}, indent=2), encoding="utf-8"
    )
    code = Path(standalone.__file__).read_text(encoding="utf-8")
    for here, beside in _BESIDE.items():
        code = code.replace(here, beside)
    (folder / PREDICT_FILE).write_text(code, encoding="utf-8")
    shutil.copyfile(pictures.__file__, folder / PICTURES_FILE)
    shutil.copyfile(efficientnet_lite.__file__, folder / NETWORK_FILE)
    readme = f"# Picture classifier\n\n{how_to_load(read_facts(folder))}"
    (folder / "README.md").write_text(readme, encoding="utf-8")


def answers_of(folder: Path) -> Answers:
    """Answer through ``predict.py``: the code of this version and not the folder's file.

    Nothing that comes from elsewhere is run. An ONNX graph answers through onnxruntime.
    """
    if (folder / ONNX_FILE).exists():
        return _graph_answers(folder)
    answer = standalone.load(folder)
    return lambda cells: np.array(
        [list(one.values()) for one in answer([str(cell) for cell in cells])], dtype=np.float64
    )


def _graph_answers(folder: Path) -> Answers:
    session = open_graph(folder)
    (pixels,) = session.get_inputs()
    size = int(pixels.shape[1])

    def answer(cells: Sequence[Question]) -> Probabilities:
        parts = []
        for start in range(0, len(cells), _BATCH):
            squares = np.stack([prepared(str(cell), size) for cell in cells[start : start + _BATCH]])
            parts.append(session.run(["logits"], {pixels.name: squares})[0])
        probabilities: Probabilities = softmax(np.concatenate(parts).astype(np.float64), axis=1)
        return probabilities

    return answer
