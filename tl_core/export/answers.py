"""What a model folder answers when it is loaded as its README says, without the engine's own predictor."""

import json
from pathlib import Path

from tl_core.catalogue.inspecting import require_possible_configurations
from tl_core.errors import ModelError
from tl_core.inference.predictor import Answers, load_predictor
from tl_core.modality import networks_of
from tl_core.models.facts import WHY_AGAIN, is_of_former_layout, loading, read_facts, text_source
from tl_core.outside import called, look_through, read_json
from tl_core.words import quoted

EXPECTED_FILE = "expected_answers.json"
ONNX_FILE, LABELS_FILE = "model.onnx", "labels.json"


def answers_of(folder: Path) -> Answers:
    """Load an exported folder in the way that is documented for it.

    A network answers as its modality says, without running code of the folder. A classifier without a network
    answers through the engine, which alone reads it.

    Raises
    ------
    NotFoundError
        If it is no model folder.
    OutsideError
        If it holds a link, a pipe or what else no model has.
    ModelError
        If it has the layout of an earlier version.
    UserError
        If its modality is not known here.
    DamageError
        If a file of it is damaged.
    """
    look_through(folder)
    with loading(folder):
        if (folder / ONNX_FILE).exists():
            return networks_of(_stated_modality(folder)).answers(folder)
        facts = read_facts(folder)
        if facts["kind"] != "neural":
            return load_predictor(folder).predict
        if is_of_former_layout(folder):
            raise ModelError(
                f"The model in {quoted(folder.name)} cannot be verified. {WHY_AGAIN}", "Export it again."
            )
        require_possible_configurations(folder, called(folder))
        return networks_of(text_source(facts).modality).answers(folder)


def _stated_modality(folder: Path) -> str | None:
    """Read the modality of a folder with a graph, which has its expected answers and no facts."""
    path = folder / EXPECTED_FILE
    modality = read_json(path).get("modality") if path.is_file() else None
    return modality if isinstance(modality, str) else None


def labels_in(folder: Path) -> list[str]:
    """Return the class names of an exported folder by id. Raises NotFoundError if it is none."""
    if (folder / LABELS_FILE).exists():
        return list(json.loads((folder / LABELS_FILE).read_text(encoding="utf-8")))
    return list(read_facts(folder)["labels"])
