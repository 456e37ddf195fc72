"""Make the finished comparisons of the bundled samples: ``python -m samples.make WORKSPACE``.

Each is carried out in a fresh workspace, with one budget for all networks, and packed by `samples.pack`.
"""

import argparse
import sys
from pathlib import Path

from samples.pack import pack
from tl_core.cli.commands import carry_out_comparison, has_failures, verdict_lines
from tl_core.errors import TlError, UserError
from tl_core.intake.bundled import FOLDER, SAMPLES, Sample, read_sample
from tl_core.intake.intake import store_intake
from tl_core.planning.plan import DEFAULT_ARMS, plan_sample
from tl_core.schema import ArmKind, ExperimentConfig
from tl_core.settings import Settings
from tl_core.store.workspace import Workspace

EPOCHS = 24
"""By then from scratch has levelled off on validation, on both samples; `README.md` has the means."""
ARMS = {
    "reviews_sentiment": DEFAULT_ARMS,
    "support_intents": (*DEFAULT_ARMS, ArmKind.FROZEN),
}


def plan(sample: Sample, num_seeds: int | None = None) -> ExperimentConfig:
    """Plan a sample's comparison with the quick preset's seeds and rates, and the longer budget."""
    intake = read_sample(sample)
    return plan_sample(sample, intake, arms=ARMS[sample.name], epochs=EPOCHS, num_seeds=num_seeds)


def make(workspace: Workspace, sample: Sample, folder: Path, num_seeds: int | None = None) -> Path:
    """Carry a sample's comparison out and pack it below ``folder``.

    Raises
    ------
    UserError
        If a run does not finish.
    """
    store_intake(workspace, read_sample(sample))
    experiment = plan(sample, num_seeds)
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
    workspace = Workspace.open(Settings.from_environment(options.workspace))
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
