"""Runs of any experiments pooled into groups that differ in their seed alone, and what tells groups apart."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import ascii_uppercase

from tl_core.charts.colors import arm_label
from tl_core.results.comparison import model_titles, ranked
from tl_core.results.configuration import write_rate
from tl_core.results.runs import FinishedRun
from tl_core.schema import Arm, ArmKind, RunConfig, TrainingConfig

Settings = Mapping[str, str]
"""Words for each setting by its name; empty where an arm has no such thing."""

BASE_MODEL = "base model"
TRAIN_TEXTS = "training texts"

_DIGEST_CHARACTERS = 8


@dataclass(frozen=True, kw_only=True, eq=False)
class Group:
    """Runs that are alike in all but the seed.

    Attributes
    ----------
    key
        Name in the form of an arm's, ``kind:digest``, that stands for these settings in verdicts and URLs.
    label
        Display name; after a middle dot what tells the group from others of its kind. Not escaped.
    spoken
        Its name in a sentence: of several of its kind with the base model, if that tells them apart, else
        with a letter.
    runs
        By seed, each seed once.
    settings
        The same names in every group.
    """

    key: str
    label: str
    spoken: str
    runs: tuple[FinishedRun, ...]
    settings: Settings

    @property
    def name(self) -> str:
        """The label without settings; no two groups of one comparison share it."""
        return self.label.partition(" · ")[0]

    @property
    def kind(self) -> ArmKind:
        """The kind of arm that the group is."""
        return self.runs[0].config.arm.kind


def make_groups(runs: Sequence[FinishedRun]) -> tuple[Group, ...]:
    """Pool runs that are alike in all but the seed, and name what tells the groups apart.

    A run of the same settings and seed as another opens a further group, unless both answered alike: then
    they are one piece of evidence, and count once. Kinds of arms stand in the order of `ranked`, groups of
    one kind in the order of the runs.
    """
    pools = _pools(runs)
    titles = model_titles(sorted({run.config.base_model for run in runs if run.config.base_model}))
    settings = {key: _settings(pool[0].config, titles) for key, pool in pools.items()}
    order = ranked(list(dict.fromkeys(map(_bare, pools))))
    groups = []
    for key in sorted(pools, key=lambda key: order.index(_bare(key))):
        alike = [other for other in pools if _bare(other) == _bare(key)]
        telling = _telling(key, alike, settings)

        label = spoken = arm_label(_bare(key), {})
        if len(alike) > 1:
            # The letter comes first, because no figure cuts that off.
            place = alike.index(key)
            letter = ascii_uppercase[place] if place < len(ascii_uppercase) else str(place + 1)
            label = " · ".join(filter(None, [f"{letter}: {label}", ", ".join(telling)]))
            titles_alike = {settings[other][BASE_MODEL] for other in alike}
            is_by_model = len(titles_alike) == len(alike)
            spoken = f"{spoken} {settings[key][BASE_MODEL] if is_by_model else letter}"

        groups.append(
            Group(
                key=key,
                label=label,
                spoken=spoken,
                runs=tuple(sorted(pools[key], key=lambda run: run.config.seed)),
                settings=settings[key],
            )
        )
    return tuple(groups)


def _pools(runs: Sequence[FinishedRun]) -> dict[str, list[FinishedRun]]:
    pools: dict[str, list[FinishedRun]] = {}
    for run in runs:
        digest = _digest(run.config)
        alike = [pool for pool in pools.values() if _digest(pool[0].config) == digest]
        same_seed = [other for pool in alike for other in pool if run.config.seed == other.config.seed]
        if any(run.answers_hash == other.answers_hash for other in same_seed):
            continue
        free = [pool for pool in alike if all(run.config.seed != other.config.seed for other in pool)]
        if free:
            free[0].append(run)
        else:
            again = f"-{len(alike) + 1}" if alike else ""
            pools[run.config.arm.model_copy(update={"base_model": digest + again}).name] = [run]
    return pools


def _digest(config: RunConfig) -> str:
    """Stand for everything that could make two runs differ, but for the seed."""
    parts = [config.arm.way, str(config.train_size), config.split_hash]
    if config.arm.kind.is_neural:
        rates = config.learning_rates.model_dump_json(exclude_none=True) if config.learning_rates else ""
        parts += [config.base_model or "", config.training.model_dump_json(), rates]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:_DIGEST_CHARACTERS]


def _bare(key: str) -> Arm:
    """Return the arm of a key without its digest."""
    return Arm.parse(key).model_copy(update={"base_model": None})


def _settings(config: RunConfig, titles: Mapping[str, str]) -> Settings:
    training = {name.replace("_", " "): name for name in TrainingConfig.model_fields}
    names = (BASE_MODEL, TRAIN_TEXTS, "encoder rate", "head rate", "redrawn rate", *training)
    settings = dict.fromkeys(names, "") | {TRAIN_TEXTS: f"{config.train_size:,}"}
    if not config.arm.kind.is_neural:
        return settings
    settings[BASE_MODEL] = titles[config.base_model] if config.base_model else ""
    if config.learning_rates:
        settings["encoder rate"] = write_rate(config.learning_rates.encoder)
        settings["head rate"] = write_rate(config.learning_rates.head)
        if config.learning_rates.redrawn is not None:
            settings["redrawn rate"] = write_rate(config.learning_rates.redrawn)
    for words, name in training.items():
        value = getattr(config.training, name)
        if value is None:
            settings[words] = "by default"
        elif isinstance(value, float):
            settings[words] = f"{value:g}"
        else:
            settings[words] = str(value).replace("_", " ")
    return settings


def _telling(key: str, alike: Sequence[str], settings: Mapping[str, Settings]) -> list[str]:
    """Name the settings of a group in which the groups of its kind differ."""
    telling = []
    for name, value in settings[key].items():
        if len({settings[other][name] for other in alike}) == 1:
            continue
        if name == BASE_MODEL:
            telling.append(value)
        elif name == TRAIN_TEXTS:
            telling.append(f"{value} {name}")
        else:
            telling.append(f"{name} {value}")
    again = key.rpartition(":")[2].partition("-")[2]
    return [*telling, f"run again, {again}"] if again else telling
