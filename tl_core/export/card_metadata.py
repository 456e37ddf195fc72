"""What a model card tells the Hub, as YAML."""

import contextlib
from collections.abc import Mapping
from typing import Any

from huggingface_hub import EvalResult, ModelCardData
from huggingface_hub.errors import HFValidationError
from huggingface_hub.utils import validate_repo_id

from tl_core.catalogue.base_models import BUILTIN, CATALOGUE, Pooling
from tl_core.charts.text import one_line
from tl_core.evaluation.metrics import Evaluation
from tl_core.schema import RunRecord, SplitName

_BUILTIN_ON_HUB = "sentence-transformers/all-MiniLM-L6-v2"
_NAME_LIMIT = 100


def card_metadata(
    record: RunRecord, dataset_name: str, evaluations: Mapping[SplitName, Evaluation], hub_task: str
) -> ModelCardData:
    """Give a run's metadata in the Hub's format.

    A base model and its licence are named only if its weights are in the model, and the model by its id on
    the Hub, never by a path; a dataset of one's own has no id there and stands with the results alone.
    ``pipeline_tag`` invites to load a model with transformers' pipeline, so it is left to networks that have
    a head of transformers'. ``hub_task`` is the Hub's name for the task of the modality.
    """
    config = record.config
    kind, pooling = config.arm.kind, record.base_model_facts.get("pooling")
    has_own_head = pooling == Pooling.OWN.value
    library = "transformers" if has_own_head else "sentence-transformers" if pooling else None
    catalogued = CATALOGUE.get(config.base_model or "")
    known = {
        "license": catalogued.licence.lower() if catalogued and kind.is_pretrained else None,
        "library_name": library,
        "base_model": _hub_id(config.base_model) if kind.is_pretrained else None,
        "pipeline_tag": hub_task if has_own_head else None,
    }

    results = []
    for split, evaluation in evaluations.items():
        values: tuple[tuple[str, str, float, dict[str, Any] | None], ...] = (
            ("accuracy", "Accuracy", evaluation.accuracy, None),
            ("f1", "Macro-F1", evaluation.macro_f1, {"average": "macro"}),
        )
        results += [
            EvalResult(
                task_type=hub_task,
                dataset_type="csv",
                dataset_name=one_line(dataset_name, _NAME_LIMIT),
                dataset_split=split.value,
                dataset_revision=config.dataset_fingerprint,
                metric_type=metric,
                metric_name=name,
                metric_value=round(value, 4),
                metric_args=args,
            )
            for metric, name, value, args in values
        ]
    return ModelCardData(
        **{name: value for name, value in known.items() if value},
        tags=[*([hub_task] if has_own_head else []), kind.value.replace("_", "-")],
        metrics=["accuracy", "f1"],
        model_name=config.run_id,
        eval_results=results,
    )


def _hub_id(base_model: str | None) -> str | None:
    """Return a base model's id on the Hub; a local folder has none."""
    if base_model is None or base_model == BUILTIN:
        return base_model and _BUILTIN_ON_HUB
    with contextlib.suppress(HFValidationError):
        validate_repo_id(base_model)
        return base_model
    return None
