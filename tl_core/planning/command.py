"""An experiment as the command line that plans it again."""

import shlex

from tl_core.catalogue.base_models import BUILTIN
from tl_core.catalogue.locating import describe
from tl_core.planning.plan import plan_training
from tl_core.planning.presets import PRESETS, default_rates
from tl_core.schema import ExperimentConfig

STORED = "dataset:"
"""Begins what stands for a stored dataset in the place of a file; its split follows an ``@``."""
_DIGITS = 16
_OWN_OPTIONS = ("budget", "epochs", "max_length")
"""Fields of the training with options of their own."""


def command_of(experiment: ExperimentConfig) -> str:
    """Write the command that plans the same experiment on its stored dataset, carries it out and writes JSON.

    Whatever the preset or a recorded value says anyway is left out. That of the first experiment of a series
    plans them all; that of any other plans it alone, on its own split.
    """
    preset, training = experiment.preset, experiment.training
    options = {"arms": ",".join(arm.name for arm in experiment.arms)}
    if experiment.base_model != BUILTIN:
        options["base-model"] = experiment.base_model
    options |= {
        "preset": preset.value,
        "seeds": str(experiment.num_seeds),
        "train-sizes": ",".join(map(str, experiment.train_sizes)),
        "metric": experiment.headline_metric.value,
        "margin": f"{100 * experiment.margin:.10g}",
        "task": experiment.task.value,
    }
    if experiment.series and experiment.series.place == 1:
        options["splits"] = str(experiment.num_splits)
    flags = _search_flags(experiment)
    usual = plan_training(preset)
    changed = {
        name: value
        for name, value in training.model_dump(mode="json").items()
        if value != getattr(usual, name)
    }
    options |= {name.replace("_", "-"): str(changed.pop(name)) for name in _OWN_OPTIONS if name in changed}
    words = ["python", "-m", "tl_core", "compare"]
    words.append(f"{STORED}{experiment.dataset_fingerprint[:_DIGITS]}@{experiment.split.hash[:_DIGITS]}")
    for name, value in options.items():
        words += [f"--{name}", value]
    for name, value in changed.items():
        words += ["--set", f"{name}={value}"]
    for arm in experiment.arms:
        rates = experiment.learning_rates.get(arm.name)
        base = describe(arm.base_model or experiment.base_model)
        if arm.kind.is_whole and rates is not None and rates != default_rates(arm.kind, base):
            written = ",".join(
                repr(rate) for rate in (rates.encoder, rates.head, rates.redrawn) if rate is not None
            )
            words += ["--rates", f"{arm.name}={written}"]
    return shlex.join([*words, *flags, "--json", "result.json"])


def _search_flags(experiment: ExperimentConfig) -> list[str]:
    """Say whether rates are searched, where the preset says otherwise; partial arms' are by every preset."""
    search, is_usual = experiment.rate_search, PRESETS[experiment.preset].searches_rates
    if search is None:
        has_partial = any(arm.kind.is_partial for arm in experiment.arms)
        return ["--no-search-rates"] if is_usual or has_partial else []
    return ["--search-rates"] if search.is_chosen and not is_usual else []
