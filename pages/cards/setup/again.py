"""Setting an experiment up as another one was, to change what should be different."""

from typing import Any

import streamlit as st

from pages.cards.setup.choices import SPLITS
from pages.ui.base_models import CHOSEN
from pages.ui.plan import is_rival
from tl_core.arms import ARMS
from tl_core.catalogue.locating import describe
from tl_core.schema import Arm, ExperimentConfig


def take_over(experiment: ExperimentConfig) -> None:
    """Choose everywhere on *Setup* what an experiment has chosen, before anything of it is drawn."""
    preset, training, split = experiment.preset, experiment.training, experiment.split
    rivals = [arm.base_model for arm in experiment.arms if is_rival(arm)]
    values: dict[str, Any] = {
        CHOSEN: experiment.base_model,
        **{f"arm_{spec.kind.value}": Arm(kind=spec.kind) in experiment.arms for spec in ARMS if spec.choice},
        f"rivals_{experiment.base_model}": rivals,
        "balanced_arms": [
            arm.model_copy(update={"is_balanced": False}).name for arm in experiment.arms if arm.is_balanced
        ],
        "preset": preset,
        f"seeds_{preset}": experiment.num_seeds,
        SPLITS: experiment.num_splits,
        f"sizes_{preset}_{split.hash}": [str(size) for size in experiment.train_sizes],
        f"metric_{experiment.dataset_fingerprint}": experiment.headline_metric,
        f"task_{experiment.dataset_fingerprint}": experiment.task,
        "margin": round(100 * experiment.margin, 4),
        f"searches_{preset}": bool(experiment.rate_search and experiment.rate_search.is_chosen),
        **{f"epochs_{preset}" if name == "epochs" else name: value for name, value in training},
    }
    for name, rates in experiment.learning_rates.items():
        pooling = describe(Arm.parse(name).base_model or experiment.base_model).pooling
        values |= {f"encoder_{name}_{pooling}": rates.encoder, f"head_{name}_{pooling}": rates.head}
    for key, value in values.items():
        st.session_state[key] = value
