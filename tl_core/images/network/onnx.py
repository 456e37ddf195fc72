"""A finished network for pictures as an ONNX file that runs without torch and transformers."""

import json
import shutil
from pathlib import Path

import torch
from torch import Tensor, nn

from tl_core.images import pictures
from tl_core.images.network.standalone import channel_order, normalisation
from tl_core.models.classifiers import Classifier
from tl_core.models.facts import read_facts
from tl_core.models.graph import ONNX_FILE, write_graph

PICTURES_FILE = "pictures.py"
_README = """\
# Picture classifier in ONNX

`model.onnx` turns squares of pixels, uint8 `(batch, {size}, {size}, 3)`, into logits float32
`(batch, labels)`. `pictures.py` decodes files and cuts them to such squares as the model was trained with.
`labels.json` has the classes in the order of the logits. Run these lines in this folder; they need
`numpy`, `onnxruntime` and `pillow`.

    import json
    import numpy as np
    import onnxruntime
    from pictures import prepared

    labels = json.load(open("labels.json", encoding="utf-8"))
    session = onnxruntime.InferenceSession("model.onnx")

    pixels = np.stack([prepared("photo.jpg", {size})])
    logits = session.run(["logits"], {{"pixels": pixels}})[0]
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities = odds / odds.sum(axis=1, keepdims=True)
    print(labels[probabilities[0].argmax()], probabilities.tolist())
"""


class _OfPixels(nn.Module):
    """A classifier that normalises pixels itself."""

    def __init__(self, classifier: Classifier, folder: Path) -> None:
        super().__init__()
        self.classifier = classifier
        self.mean, self.scale = (torch.tensor(one).view(1, 3, 1, 1) for one in normalisation(folder))
        self.order = list(channel_order(folder))

    def forward(self, pixels: Tensor) -> Tensor:
        normed = (pixels[..., self.order].permute(0, 3, 1, 2).float() - self.mean) / self.scale
        logits: Tensor = self.classifier({"pixel_values": normed})
        return logits


def write_onnx(classifier: Classifier, model: Path, folder: Path) -> None:
    """Write a network with its labels, what prepares pictures, and the lines that run them.

    Parameters
    ----------
    model
        A run's ``model/`` folder, which the classifier was loaded from.
    folder
        Is made, and gets ``model.onnx``, ``pictures.py``, ``labels.json`` and ``README.md``; a batch may have
        any size.
    """
    facts, size = read_facts(model), int(read_facts(model)["max_length"])
    folder.mkdir()
    pixels = torch.zeros((2, size, size, 3), dtype=torch.uint8)
    axes = {0: torch.export.Dim("batch")}
    write_graph(_OfPixels(classifier, model), {"pixels": pixels}, axes, folder / ONNX_FILE)
    shutil.copyfile(pictures.__file__, folder / PICTURES_FILE)
    (folder / "labels.json").write_text(
        json.dumps(facts["labels"], indent=2, ensure_ascii=False), encoding="utf-8"
    )
    (folder / "README.md").write_text(_README.format(size=size), encoding="utf-8")
