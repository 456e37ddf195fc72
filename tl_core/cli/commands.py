"""What each command does, apart from reading its options."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from tl_core.catalogue.base_models import BUILTIN, builtin_of
from tl_core.catalogue.locating import describe, find_on_disk, is_path, obtain
from tl_core.cli.column_options import ColumnOptions, DatasetOptions
from tl_core.datasets.findings import percent
from tl_core.doctor.profile import ModelFacts, Profile
from tl_core.doctor.profile import profile as profile_table
from tl_core.errors import NotFoundError, PlanError, TlError, UserError
from tl_core.export.comparison_json import comparison_json, run_json
from tl_core.export.outputs import ExportFormat, Verified
from tl_core.files.read_summary import how_read
from tl_core.files.reading import ReadChoices, read_table
from tl_core.intake.bundled import guess_task
from tl_core.intake.intake import (
    USUAL_THRESHOLD,
    choose_columns,
    find_intake,
    make_intake,
    store_intake,
)
from tl_core.intake.rebuilding import rebuild
from tl_core.jobs import client
from tl_core.jobs.client import observe
from tl_core.jobs.queue import Queue
from tl_core.modality import content_of, require_base_model_files
from tl_core.planning.command import STORED
from tl_core.planning.finetuned_base_models import settle_base_model
from tl_core.planning.layer_ablation import spell_out
from tl_core.planning.plan import default_arms, launch, parse_arms, plan_experiment, plan_training
from tl_core.planning.presets import DEFAULT_BUDGET
from tl_core.planning.repeated_splits import MAX_SPLITS
from tl_core.results.comparison import gather
from tl_core.results.runs import DAMAGED, find_damage
from tl_core.results.sealed import unseal_test
from tl_core.schema import (
    Arm,
    BudgetRule,
    ExperimentConfig,
    LearningRates,
    Metric,
    Preset,
    ReadDecisions,
    ScoredIn,
    State,
    Task,
    TrainingConfig,
)
from tl_core.store.identifiers import new_id
from tl_core.store.workspace import Workspace
from tl_core.words import plural, quoted, quoted_names

POLL_S = 0.5
SHOWN_LABELS = 20
SUPERVISOR_CHECK_S = 5.0

Say = Callable[[str], None]


BaseModelOption = Annotated[str, typer.Option(help="Base model: Hub id, folder, 'builtin', or run:RUN_ID.")]
MaxLengthOption = Annotated[int, typer.Option(min=8, max=512, help="Tokens kept of each text.")]


@dataclass(frozen=True, kw_only=True)
class CompareOptions:
    """What is compared and how, as it was typed; None leaves a choice to the guess or the preset."""

    test: Annotated[Path | None, typer.Option(help="Your own test file with the same columns.")] = None
    base_model: BaseModelOption = "builtin"
    arms: Annotated[
        str | None,
        typer.Option(
            help="Models to compare, comma separated; 'ladder' is the knowledge ladder. Default: majority, "
            "tfidf, scratch and fine_tuned."
        ),
    ] = None
    seeds: Annotated[
        int | None, typer.Option(min=1, help="Training runs per model. Default: the preset's.")
    ] = None
    splits: Annotated[
        int, typer.Option(min=1, max=MAX_SPLITS, help="Random splits, each with all seeds.")
    ] = 1
    train_sizes: Annotated[str | None, typer.Option(help="Numbers of training examples, such as 50,100.")] = (
        None
    )
    preset: Annotated[Preset, typer.Option(help="Ready-made seeds, sizes and search.")] = Preset.QUICK
    budget: Annotated[BudgetRule, typer.Option(help="How long every network trains.")] = DEFAULT_BUDGET
    metric: Annotated[
        Metric | None,
        typer.Option(
            help="Main metric. AUROC needs two labels, quadratic kappa three or more that are numbers. "
            "Default: macro-F1 if one label is above 60%, else accuracy."
        ),
    ] = None
    margin: Annotated[
        float | None,
        typer.Option(min=0.01, max=50, help="Smallest difference that matters, in points. Default: 1."),
    ] = None
    task: Annotated[
        Task | None,
        typer.Option(help="What the labels mean, a word for the JSON. Default: guessed from them."),
    ] = None
    max_length: MaxLengthOption = 128
    epochs: Annotated[
        float | None, typer.Option(min=0.01, help="Passes over the training examples that equal steps are.")
    ] = None
    search_rates: Annotated[
        bool | None,
        typer.Option(help="Tune each model's learning rates on validation. Default: the preset's."),
    ] = None
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="Further setting of the training, such as batch_size=16; repeatable."),
    ] = None
    rates: Annotated[
        list[str] | None,
        typer.Option(help="Peak rates of encoder and head, such as fine_tuned=2e-5,1e-3; repeatable."),
    ] = None

    def training_settings(self) -> dict[str, str]:
        """Return what ``--set`` says, by field of `TrainingConfig`. Raises PlanError for other names."""
        given = dict(_pair(one, "--set", "batch_size=16") for one in self.settings or ())
        unknown = next((name for name in given if name not in TrainingConfig.model_fields), None)
        if unknown is not None:
            known = ", ".join(name for name in TrainingConfig.model_fields if name != "schema_version")
            raise PlanError(f"There is no setting “{unknown}”.", f"Choose one of {known}.")
        return given

    def learning_rates(self) -> dict[str, LearningRates]:
        """Return what ``--rates`` says, by arm. Raises PlanError for what are no two or three rates."""
        found = {}
        for one in self.rates or ():
            name, text = _pair(one, "--rates", "fine_tuned=2e-5,1e-3")
            try:
                encoder, head, *redrawn = map(float, text.split(","))
                found[name] = LearningRates(
                    encoder=encoder, head=head, redrawn=redrawn[0] if redrawn else None
                )
            except ValueError as error:
                raise PlanError(
                    f"“{one}” are no learning rates.", "Write them as fine_tuned=2e-5,1e-3."
                ) from error
        return found


def _pair(text: str, option: str, such_as: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise PlanError(f"“{text}” after {option} has no “=”.", f"Write it as {such_as}.")
    return name.strip(), value.strip()


def _models(workspace: Workspace, options: CompareOptions, modality: str | None) -> tuple[str, Sequence[Arm]]:
    """Fetch the base models of a comparison; ``builtin`` is the one for what the examples are."""
    asked = builtin_of(modality) if options.base_model == BUILTIN else options.base_model
    base_model = settle_base_model(workspace, asked)
    arms: Sequence[Arm] = default_arms(modality)
    if options.arms is not None:
        arms = [
            arm.model_copy(update={"base_model": settle_base_model(workspace, arm.base_model)})
            if arm.base_model
            else arm
            for arm in parse_arms(spell_out(options.arms.split(","), base_model))
        ]
    for model in {arm.base_model or base_model for arm in arms if arm.kind.is_neural}:
        require_base_model_files(obtain(model), describe(model).title, modality)
    return base_model, arms


def plan_comparison(
    workspace: Workspace,
    data: Path,
    columns: DatasetOptions,
    reading: ReadChoices,
    options: CompareOptions,
    say: Say,
) -> ExperimentConfig:
    """Read the data, fetch the base models and freeze the experiment; nothing is queued yet."""
    if options.base_model != BUILTIN:  # what no run can start from is told before anything is read
        named = settle_base_model(workspace, options.base_model)
        require_base_model_files(obtain(named), describe(named).title)
    sizes = None
    if options.train_sizes is not None:
        try:
            sizes = [int(size) for size in options.train_sizes.split(",")]
        except ValueError as error:
            raise PlanError(
                f"{quoted(options.train_sizes)} is not a list of whole numbers.",
                "Write the numbers of training examples such as 50,100,200.",
            ) from error
    chosen = None
    if str(data).startswith(STORED):
        if columns != DatasetOptions() or reading != ReadChoices() or options.test:
            raise PlanError(
                f"Columns, split and reading are fixed for {data}, which is stored already.",
                "Leave those options out, or name the file.",
            )
        intake = find_intake(workspace, str(data).removeprefix(STORED))
    else:
        table = read_table(data, **reading.model_dump())
        test = read_table(options.test, **reading.model_dump(exclude={"sheet"})) if options.test else None
        chosen = choose_columns(table, **columns.columns())
        rule = columns.rule(chosen.choice)
        made = make_intake(
            table, name=data.stem, choice=chosen.choice, rule=rule, sealed=columns.sealed, test=test
        )
        intake = store_intake(workspace, made)
    modality = intake.dataset.info.columns.modality
    base_model, arms = _models(workspace, options, modality)
    experiment = plan_experiment(
        experiment_id=new_id("exp"),
        name=intake.dataset.info.name,
        dataset=intake.dataset.info,
        split=intake.split.info,
        task=options.task or guess_task(intake.dataset.info.name, intake.dataset.info.columns.labels),
        base_model=base_model,
        arms=arms,
        preset=options.preset,
        num_seeds=options.seeds,
        train_sizes=sizes,
        training=plan_training(
            options.preset,
            **{"budget": options.budget, "epochs": options.epochs, "max_length": options.max_length}
            | options.training_settings(),
        ),
        headline_metric=options.metric,
        margin=None if options.margin is None else options.margin / 100,
        learning_rates=options.learning_rates(),
        should_search_rates=options.search_rates,
        num_splits=options.splits,
    )
    if chosen is not None:  # told once nothing is wrong with what was typed
        for role, reason in chosen.reasons.items():
            named = quoted_names(getattr(chosen.choice, role)) if role in ("text", "label") else ""
            say(f"{named} {reason[:1].lower()}{reason[1:]}" if named else reason)
    return experiment


def carry_out_comparison(workspace: Workspace, experiment: ExperimentConfig, say: Say) -> dict[str, Any]:
    """Queue the runs, report each as it ends, and return the comparison as JSON values.

    Of a series it is that on the first split, with what all of them have shown. Ctrl-C cancels what is left
    of it.
    """
    launch(workspace, experiment)
    experiment_ids = [one.experiment_id for one in workspace.database.list_series(experiment.experiment_id)]
    try:
        for line in _follow(workspace, experiment_ids):
            say(line)
    except KeyboardInterrupt:
        for experiment_id in experiment_ids:
            cancel(workspace, experiment_id)
        raise
    return comparison_json(workspace, gather(workspace, experiment.experiment_id))


def _follow(workspace: Workspace, experiment_ids: Sequence[str]) -> Iterator[str]:
    """Yield a line whenever a run begins or ends, until all have ended; replace a supervisor that died.

    Runs are counted over all the experiments, in the order of work.
    """
    shown: dict[str, State] = {}
    checked = time.monotonic()
    while True:
        runs = [
            observe(workspace.settings, run)
            for experiment_id in experiment_ids
            for run in workspace.database.list_runs(experiment_id)
        ]
        for number, run in enumerate(runs, 1):
            if run.state is not State.QUEUED and shown.get(run.run_id) is not run.state:
                shown[run.run_id] = run.state
                reason = f": {run.error}" if run.error else ""
                place = f"{number}/{len(runs)}"
                state = "done" if run.state is State.FINISHED else run.state.value
                yield f"{place} {run.config.arm.name} seed {run.config.seed} {state}{reason}"
        if all(run.state.is_final for run in runs):
            return
        if time.monotonic() - checked >= SUPERVISOR_CHECK_S:
            client.ensure_supervisor(workspace.settings)
            checked = time.monotonic()
        time.sleep(POLL_S)


def verdict_lines(report: dict[str, Any]) -> list[str]:
    """Give the verdicts' sentences, the headline first, and what labels were worth, with several sizes.

    Of a series, what all splits have shown stands before those of the first.
    """
    sentences = [verdict["sentence"] for verdict in report["verdicts"]]
    series, worth, sealed = (report[name] for name in ("repeated_splits", "label_worth", "sealed"))
    over_splits = [series["sentence"]] if series else []
    lines = [*over_splits, *sentences, *([worth["sentence"]] if worth else []), *report["refusals"]]
    lines += [sealed["sentence"]] if sealed else []
    return lines or ["No result: too few runs are done."]


def has_failures(report: dict[str, Any]) -> bool:
    """Whether a run did not finish, or its folder is damaged."""
    runs = [run for arm in report["arms"] for run in arm["runs"]]
    return bool(report["damage"]) or any(run["status"] != State.FINISHED.value for run in runs)


def damage_lines(shown: dict[str, Any]) -> list[str]:
    """Give a line for each thing that is damaged in what a run's record or a comparison tells of."""
    return list(dict.fromkeys(one["message"] for one in shown["damage"]))


def predict(
    workspace: Workspace,
    run: str,
    source: Path,
    target: Path,
    texts: Sequence[str],
    reading: ReadChoices,
    say: Say,
    scored_in: ScoredIn | None = None,
) -> int:
    """Predict a file with a run of the workspace or an exported model folder."""
    from tl_core.inference.files import predict_file
    from tl_core.inference.precision import load_for_files

    folder, run_id = Path(run), None
    if not folder.is_dir():
        folder, run_id = workspace.finished_model(run), run
    predictor, sentence = load_for_files(workspace, folder, scored_in, run_id)
    if sentence:
        say(sentence)
    summary = predict_file(
        predictor,
        source,
        target,
        texts,
        reading,
        progress=lambda done, total: say(f"{done:,} of {total:,} rows"),
        tell=lambda found: say(found.reason + (" Choose another with --text." if found.is_guess else "")),
    )
    for remark in summary.remarks:
        say(remark)
    return summary.num_rows


def export(workspace: Workspace, run_id: str, folder: Path, format_: ExportFormat) -> Verified:
    """Write a model folder or its ONNX form, verified."""
    from tl_core.export.folder import export_model

    return export_model(workspace, run_id, folder, format_)


def verify(workspace: Workspace, run: str) -> Verified:
    """Verify a finished run's export, or a folder that was exported before."""
    from tl_core.export.folder import verify_run
    from tl_core.export.verification import verify_folder

    folder = Path(run)
    return verify_folder(folder) if folder.is_dir() else verify_run(workspace, run)


def report(workspace: Workspace, experiment_id: str, target: Path) -> list[str]:
    """Write an experiment's report as one HTML file; return what of its runs is damaged."""
    from tl_core.export.report import report_of

    if target.is_dir() or not target.parent.is_dir():
        raise UserError(
            f"{quoted(str(target), 200)} cannot be written: it is a folder, or in a folder that does not"
            " exist.",
            "Choose another file name.",
        )
    results = gather(workspace, experiment_id)
    target.write_text(report_of(workspace, results), encoding="utf-8")
    return [one.message for one in results.damage]


def profile(
    data: Path, columns: ColumnOptions, reading: ReadChoices, base_model: str, max_length: int
) -> Profile:
    """Profile a file, and let the data doctor examine what it makes for a base model.

    Nothing is downloaded: without the base model's tokenizer, lengths stay unknown.
    """
    table = read_table(data, **reading.model_dump())
    content = content_of(columns.modality or table.modality)
    is_here = not content.is_pictorial and (is_path(base_model) or find_on_disk(base_model) is not None)
    folder, facts = obtain(base_model) if is_here else None, describe(base_model)
    model = ModelFacts(
        title=facts.title,
        languages=facts.languages,
        language_codes=facts.language_codes,
        max_length=content.size_limit(folder, max_length) if folder else max_length,
        count_lengths=(lambda rows: content.sizes(rows, folder)) if folder else None,
    )
    named = columns.columns()
    has_more = any((columns.edges, columns.label_map, columns.weight, columns.modality, table.modality))
    is_plain = len(named["text"]) < 2 and len(named["label"]) < 2 and not has_more
    return profile_table(
        table,
        next(iter(named["text"]), None),
        next(iter(named["label"]), None),
        choice=None if is_plain else choose_columns(table, **named | {"should_guess_roles": False}).choice,
        should_examine=True,
        find_near=lambda dataset: dataset.content.near_groups(dataset, USUAL_THRESHOLD),
        model=None if content.is_pictorial else model,  # pictures are scaled, and have no language
    )


def profile_lines(found: Profile) -> list[str]:
    """Say how a file was read and what was found."""
    decisions = ReadDecisions(**found.model_dump(include=set(ReadDecisions.model_fields)))
    counts = ", ".join(
        f"{label} {count}" for label, count in islice(found.label_counts.items(), SHOWN_LABELS)
    )
    if len(found.label_counts) > SHOWN_LABELS:
        counts += ", …"
    lengths = "lengths: not counted (no dataset, or the tokenizer is not on this machine)"
    if tokens := found.tokens:
        is_whole = tokens.num_texts == tokens.num_examples
        seen = "" if is_whole else f"a random sample of {tokens.num_texts:,} of "
        lengths = (
            f"tokens: half of {seen}{plural(tokens.num_examples, 'text')} have at most {tokens.p50:.0f}, 95%"
            f" at most {tokens.p95:.0f}; {tokens.max_length} are kept, which cuts {tokens.num_cut:,} of these"
            f" {plural(tokens.num_texts, 'text')} ({percent(tokens.cut_texts)}) and"
            f" {percent(tokens.cut_tokens)} of the tokens"
        )
    lines = [
        f"{plural(found.num_rows, 'row')}, {plural(len(found.columns), 'column')}; {how_read(decisions)}",
        f"text: {found.text}  label: {found.label}  ({counts})",
    ]
    if found.base_model is not None:
        lines.append(f"base model: {found.base_model}  languages: {found.model_languages}  {lengths}")
    for finding in found.findings:
        lines.append(f"{finding.severity}: {finding.message} {finding.remedy}".rstrip())
        lines += [f"    {example}" for example in finding.examples]
    return lines


def run_lines(workspace: Workspace) -> tuple[list[str], list[str]]:
    """List every run in one line each; and what is damaged in the folders of those that have finished."""
    lines, damage = [], []
    for run in (observe(workspace.settings, row) for row in workspace.database.list_runs()):
        found = find_damage(workspace.run_folder(run.run_id), run)
        damage += [one.message for one in found]
        state = "done" if run.state is State.FINISHED else run.state.value
        state = state if all(one.counts for one in found) else DAMAGED
        lines.append(
            f"{run.run_id}  {run.config.experiment_id}  {state:9}  "
            f"{run.config.arm.name}  seed {run.config.seed}  {run.config.train_size} examples"
        )
    return lines, damage


def import_runs(workspace: Workspace, folders: Sequence[Path]) -> tuple[tuple[str, ...], tuple[TlError, ...]]:
    """Take in run folders, or without any those of the workspace that its database does not know.

    Returns
    -------
    The ids of the runs that are here now, and why others are not: one that is refused keeps none from coming.
    """
    if not folders:
        rebuilt = rebuild(workspace)
        return rebuilt.run_ids, rebuilt.problems
    run_ids, problems = [], []
    for folder in folders:
        try:
            run_ids.append(workspace.import_run(folder))
        except TlError as error:
            problems.append(error)
    return tuple(run_ids), tuple(problems)


def _is_experiment(identifier: str) -> bool:
    return identifier.startswith("exp_")


def show(workspace: Workspace, identifier: str) -> dict[str, Any]:
    """Give a run's record, or an experiment's comparison."""
    if not _is_experiment(identifier):
        run = workspace.database.get_run(identifier)
        if run.state is not State.FINISHED and not workspace.run_folder(identifier).has_record():
            raise NotFoundError(
                f"{identifier} ({run.state.value}) has no record yet.",
                "Wait until it has started; `tl_core runs` lists every run.",
            )
        return run_json(workspace, run)
    return comparison_json(workspace, gather(workspace, identifier))


def unseal(workspace: Workspace, experiment_id: str) -> str:
    """Open the sealed test of an experiment's split; return what it shows."""
    return unseal_test(workspace, gather(workspace, experiment_id)).sentence


def cancel(workspace: Workspace, identifier: str) -> None:
    """Cancel a run or an experiment; a supervisor is there to end what is running."""
    queue = Queue(workspace.database)
    (queue.cancel_experiment if _is_experiment(identifier) else queue.cancel_run)(identifier)
    if queue.list_running():
        client.ensure_supervisor(workspace.settings)


def delete(workspace: Workspace, identifier: str) -> None:
    """Delete a run or an experiment."""
    (workspace.delete_experiment if _is_experiment(identifier) else workspace.delete_run)(identifier)
