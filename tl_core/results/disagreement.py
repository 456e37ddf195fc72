"""How much the main pair of an earlier experiment on a dataset disagreed, for planning the next."""

from dataclasses import replace

from tl_core.evaluation.metrics import example_values
from tl_core.evaluation.power import Disagreement
from tl_core.evaluation.predictions import pair
from tl_core.results.comparison import gather_alone
from tl_core.results.runs import read_finished_run
from tl_core.schema import ExperimentConfig, Metric, State
from tl_core.store.workspace import Workspace

FEWEST_SEEDS = 3
"""Seeds from which the variance between them is worth planning with."""


def find_measured(workspace: Workspace, fingerprint: str, metric: Metric) -> ExperimentConfig | None:
    """Return the newest experiment on a dataset that is over and says how much its main pair disagreed."""
    for entry in workspace.database.list_entries():
        config = entry.config
        is_whole = set(entry.counts) == {State.FINISHED} and config.num_seeds >= FEWEST_SEEDS
        is_alike = (config.dataset_fingerprint, config.headline_metric) == (fingerprint, metric)
        if is_whole and is_alike and len(config.arms) > 1:
            return config
    return None


def measure(workspace: Workspace, experiment: ExperimentConfig) -> Disagreement | None:
    """Take the disagreement of an experiment's main pair; None without a result on enough seeds.

    Raises as `comparison.gather` does.
    """
    results = gather_alone(workspace, experiment.experiment_id, read_finished_run)
    headline = results.headline
    if headline is None or headline.num_seeds < FEWEST_SEEDS:
        return None
    a, b = (results.predictions[arm, headline.train_size] for arm in (headline.a, headline.b))
    a, b = pair(a, b)
    of_a, of_b = (example_values(arm, experiment.headline_metric) for arm in (a, b))
    # Groups differ from split to split; the plan counts them on its own.
    return Disagreement.measured(replace(of_a.minus(of_b), groups=None))
