"""Make the finished comparisons of the bundled samples: ``python -m samples.make WORKSPACE``.

Each is carried out in one fresh workspace by the quick preset and packed by `samples.pack`: the reviews with
few and many labels, then the support messages with networks that keep a part of what was pretrained, and one
that learned the reviews first, and the drawings from few and many of them.
"""

import argparse
import os
import sys
from pathlib import Path

from samples.pack import pack
from tl_core.cli.commands import carry_out_comparison, has_failures, verdict_lines
from tl_core.errors import TlError, UserError
from tl_core.intake.bundled import FOLDER, SAMPLES, Sample, read_sample
from tl_core.intake.intake import store_intake
from tl_core.planning.finetuned_base_models import settle_base_model
from tl_core.planning.plan import parse_arms, plan_sample
from tl_core.schema import ExperimentConfig, State
from tl_core.settings import Settings
from tl_core.store.workspace import Workspace

FIRST, SECOND, PICTURES = "reviews_sentiment", "support_intents", "drawn_things"
TRAIN_SIZES = {FIRST: (50, 100, 330), SECOND: None, PICTURES: (20, 60, 141)}
ARMS = {
    FIRST: ("majority", "tfidf", "scratch", "frozen", "fine_tuned"),
    SECOND: (
        *("majority", "tfidf", "scratch", "frozen_random", "frozen", "fine_tuned"),
        *("shuffled", "embeddings_only", "reinit_top_3"),
    ),
    PICTURES: ("majority", "histogram", "scratch", "frozen_random", "frozen", "fine_tuned"),
}


NUM_SEEDS = {PICTURES: 3}
"""Fewer than the preset's where a training takes minutes."""


def plan(workspace: Workspace, sample: Sample, num_seeds: int | None = None) -> ExperimentConfig:
    """Plan a sample's comparison; where a fine-tuned network of the reviews is there, one starts from it."""
    arms = list(ARMS[sample.name])
    finished = [
        run
        for run in workspace.database.list_runs()
        if run.config.arm.kind.is_fine_tuned and run.config.seed == 0 and run.state is State.FINISHED
    ]
    if sample.name == SECOND and finished:
        first = max(finished, key=lambda run: run.config.train_size)
        arms.append(f"fine_tuned:{settle_base_model(workspace, f'run:{first.run_id}')}")
    return plan_sample(
        sample,
        read_sample(sample),
        arms=parse_arms(arms),
        train_sizes=TRAIN_SIZES[sample.name],
        num_seeds=num_seeds or NUM_SEEDS.get(sample.name),
    )


def make(workspace: Workspace, sample: Sample, folder: Path, num_seeds: int | None = None) -> Path:
    """Carry a sample's comparison out and pack it below ``folder``.

    Raises
    ------
    UserError
        If a run does not finish.
    """
    store_intake(workspace, read_sample(sample))
    experiment = plan(workspace, sample, num_seeds)
    report = carry_out_comparison(workspace, experiment, lambda line: print(line, file=sys.stderr))
    if has_failures(report):
        raise UserError(f"Some runs of {sample.name} are not finished.", "List them with `tl_core runs`.")
    print("\n".join(verdict_lines(report)))
    return pack(workspace, experiment.experiment_id, folder)


def main() -> int:
    """Make what the command line names and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workspace", type=Path, help="a folder that does not exist yet")
    parser.add_argument("--samples", nargs="+", choices=list(SAMPLES), default=list(SAMPLES))
    parser.add_argument("--seeds", type=int, help="fewer, to try it out")
    parser.add_argument("--into", type=Path, default=FOLDER, help="where the bundles go")
    options = parser.parse_args()
    if options.workspace.exists():
        print(f"{options.workspace} exists already. Choose a new folder.", file=sys.stderr)
        return 2
    os.environ["TL_WORKSPACE"] = str(options.workspace)  # where the base models of runs are looked up
    workspace = Workspace.open(Settings.from_environment())
    try:
        for name in options.samples:
            print(make(workspace, SAMPLES[name], options.into, options.seeds))
    except TlError as error:
        print(error, file=sys.stderr)
        return 2
    finally:
        workspace.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
