import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from tests.training.examples import (
    CPU,
    ON_CPU,
    RATES,
    are_equal,
    make_config,
    make_examples,
    make_model,
    run_fit,
    weights_of,
)
from tl_core.catalogue.base_models import Pooling
from tl_core.errors import CancelledError, DivergedError
from tl_core.models.classifiers import Classifier
from tl_core.schema import (
    ArmKind,
    BudgetRule,
    EvalFinished,
    LearningRates,
    PhaseStarted,
    Precision,
    StepLogged,
)
from tl_core.schema import experiment as schema
from tl_core.training import fit as fit_module
from tl_core.training import meters
from tl_core.training.averaging import WeightAverage
from tl_core.training.batching import some_examples
from tl_core.training.change import movement
from tl_core.training.features import compute_features
from tl_core.training.fit import FitEvent, evaluation_steps, predict_logits
from tl_core.training.meters import Clock


def evaluations(events: list[FitEvent]) -> list[EvalFinished]:
    return [event for event in events if isinstance(event, EvalFinished)]


def steps_logged(events: list[FitEvent]) -> list[StepLogged]:
    return [event for event in events if isinstance(event, StepLogged)]


def without_times(events: list[FitEvent]) -> list[dict[str, Any]]:
    return [event.model_dump(exclude={"train_s", "wall_s", "memory_mib"}) for event in events]


# --- learning ---------------------------------------------------------------------------------------------


def test_a_network_learns_what_there_is_to_learn(tmp_path: Path) -> None:
    events = run_fit(make_model(tmp_path), make_config(epochs=12), train=make_examples(100))
    assert evaluations(events)[0].accuracy < 0.8
    assert evaluations(events)[-1].accuracy == 1.0


@pytest.mark.parametrize("num_examples", [48, 43, 17])
def test_accumulated_micro_batches_are_one_batch(tmp_path: Path, num_examples: int) -> None:
    train, config = make_examples(num_examples), make_config(dropout=0.0)
    whole, parts = (make_model(tmp_path, dropout=0.0) for _ in range(2))
    one = steps_logged(run_fit(whole, config, train, micro_batch_size=16))
    other = steps_logged(run_fit(parts, config, train, micro_batch_size=4))
    for a, b in zip(one, other, strict=True):
        assert a.loss == pytest.approx(b.loss, abs=1e-5)
        assert a.grad_norm == pytest.approx(b.grad_norm, rel=1e-3)
    for name, weight in weights_of(whole).items():
        if not name.endswith("key.bias"):  # softmax takes no notice of it, and Adam makes steps of rounding
            torch.testing.assert_close(weight, weights_of(parts)[name], rtol=0, atol=1e-5)


def test_a_frozen_arm_changes_its_head_alone(tmp_path: Path) -> None:
    model, tokens = make_model(tmp_path, ArmKind.FROZEN), make_examples(50)
    features = compute_features(model, tokens, ON_CPU, tmp_path / "features").examples
    before = {id(weight): weight.detach().clone() for weight in model.parameters()}
    run_fit(model, make_config(), features, features, LearningRates(encoder=0, head=1e-2))
    assert all(torch.equal(weight, before[id(weight)]) for weight in model.encoder_parameters())
    assert not any(torch.equal(weight, before[id(weight)]) for weight in model.head_parameters())


def test_encoder_and_head_have_rates_of_their_own(tmp_path: Path) -> None:
    model = make_model(tmp_path, pooling=Pooling.MEAN)
    before = weights_of(model)
    run_fit(model, make_config(), rates=LearningRates(encoder=0, head=1e-3))
    changed = {name for name, weight in weights_of(model).items() if not torch.equal(weight, before[name])}
    assert changed == {"linear.weight", "linear.bias"}


def test_biases_and_norms_do_not_decay(tmp_path: Path) -> None:
    optimizer = fit_module._optimizer(make_model(tmp_path), RATES, 0.01, CPU)
    decays = {
        weight.ndim > 1: group["weight_decay"]
        for group in optimizer.param_groups
        for weight in group["params"]
    }
    assert decays == {True: 0.01, False: 0.0}
    named = sum(len(group["params"]) for group in optimizer.param_groups)
    assert named == len(list(make_model(tmp_path).parameters()))


# --- determinism and fairness -------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_weights_and_events(tmp_path: Path) -> None:
    models = [make_model(tmp_path) for _ in range(2)]
    events = []
    for noise, model in enumerate(models):
        torch.manual_seed(noise)
        events.append(without_times(run_fit(model, make_config())))
    assert events[0] == events[1]
    assert are_equal(weights_of(models[0]), weights_of(models[1]))


def test_another_order_seed_gives_other_weights(tmp_path: Path) -> None:
    models = [make_model(tmp_path) for _ in range(2)]
    for order_seed, model in enumerate(models):
        run_fit(model, make_config(), order_seed=order_seed)
    assert not are_equal(weights_of(models[0]), weights_of(models[1]))


def batches_seen(monkeypatch: pytest.MonkeyPatch, model: Classifier, **how: Any) -> list[list[int]]:
    seen = []
    step = fit_module._step

    def noting(model: Classifier, train: Any, batch: Any, *rest: Any) -> Any:
        seen.append(batch.tolist())
        return step(model, train, batch, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(fit_module, "_step", noting)
        run_fit(model, make_config(), **how)
    return seen


def test_all_arms_of_a_seed_see_the_same_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = make_examples(50)
    seen = [
        batches_seen(monkeypatch, make_model(tmp_path, kind), train=tokens)
        for kind in (ArmKind.FINE_TUNED, ArmKind.SCRATCH)
    ]
    frozen = make_model(tmp_path, ArmKind.FROZEN)
    features = compute_features(frozen, tokens, ON_CPU, tmp_path / "features").examples
    seen.append(batches_seen(monkeypatch, frozen, train=features, validation=features))
    weighted = replace(tokens, weights=np.linspace(0.1, 9, 50))
    seen.append(batches_seen(monkeypatch, make_model(tmp_path), train=weighted))
    assert seen[0] == seen[1] == seen[2] == seen[3], "whatever the arm and the weights"
    other = batches_seen(monkeypatch, make_model(tmp_path), train=tokens, order_seed=12)
    assert other != seen[0]


# --- budgets and evaluations --------------------------------------------------------------------------------


def test_equal_steps_takes_just_the_planned_steps_and_evaluates_at_equal_counts_in_all_arms(
    tmp_path: Path,
) -> None:
    runs, config = [], make_config(epochs=5, min_steps=20)
    count, each = config.evaluations(50, 20)
    for kind, rates in (
        (ArmKind.FINE_TUNED, RATES),
        (ArmKind.SCRATCH, LearningRates(encoder=5e-3, head=5e-3)),
    ):
        clock = Clock()
        events = run_fit(make_model(tmp_path, kind), config, rates=rates, clock=clock)
        assert clock.step == 20
        assert events[0].model_dump()["num_steps"] == 20
        runs.append([(e.step, e.examples_seen, e.tokens_seen, e.num_examples) for e in evaluations(events)])
    assert runs[0] == runs[1]
    assert len(runs[0]) == 1 + count
    assert {num_examples for *_, num_examples in runs[0]} == {each}
    assert runs[0][0][:2] == (0, 0)
    assert runs[0][-1][0] == 20


def test_events_are_numbered_and_count_examples_and_tokens(tmp_path: Path) -> None:
    train = make_examples(50)
    events = run_fit(make_model(tmp_path), make_config(epochs=4, min_steps=15), train=train)
    assert isinstance(events[0], PhaseStarted)
    assert [event.seq for event in events] == list(range(len(events)))
    assert (events[-1].step, events[-1].examples_seen) == (16, 200)
    assert events[-1].tokens_seen == 4 * train.lengths.sum()


@pytest.mark.parametrize(
    ("steps", "last"), [(15, 15), (60, 60), (61, 61), (1000, 1000), (60, 240), (101, 404)]
)
def test_at_least_fifteen_evaluations_lie_at_equal_distances(steps: int, last: int) -> None:
    places = sorted(evaluation_steps(steps, last, 15))
    gaps = np.diff([0, *places])
    assert len(places) == 15 * last // steps
    assert gaps.max() - gaps.min() <= 1
    assert places[-1] == last
    assert set(places) >= set(evaluation_steps(steps, steps, 15))


def plateau(tmp_path: Path, values: Iterator[float], monkeypatch: pytest.MonkeyPatch, **asked: Any) -> Any:
    """Train with evaluations that report these accuracies; also return the weights at each of them."""
    model, snapshots = make_model(tmp_path), []
    monkeypatch.setattr(schema, "EVALUATION_SHARE", 10)  # one look a step, whatever it costs

    def scripted(*args: Any, **kwargs: Any) -> EvalFinished:
        snapshots.append(weights_of(model))
        return real(*args, **kwargs).model_copy(update={"accuracy": next(values), "loss": 1.0})

    real = fit_module.evaluation_event
    monkeypatch.setattr(fit_module, "evaluation_event", scripted)
    clock = Clock()
    config = make_config(budget=BudgetRule.PLATEAU, **asked)
    run_fit(model, config, clock=clock)
    return clock, weights_of(model), snapshots


def test_the_plateau_ends_after_its_patience_and_puts_the_best_average_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = (0.6 if 16 <= place <= 25 else 0.5 for place in itertools.count())
    clock, weights, snapshots = plateau(tmp_path, values, monkeypatch, patience=9)
    # 15 steps and 15 evaluations of equal steps: one each step. What precedes the first step counts nowhere.
    assert (clock.step, clock.kept_step) == (25 + 9, 25)
    assert are_equal(weights, snapshots[25])
    assert not are_equal(weights, snapshots[-1])


def test_the_plateau_has_a_shortest_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, _, _ = plateau(tmp_path, itertools.repeat(0.5), monkeypatch, patience=1)
    assert clock.step == 30, "twice the equal steps"


def test_the_plateau_ends_at_its_cap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rising = (1 - 1 / n for n in itertools.count(1))
    clock, weights, snapshots = plateau(tmp_path, rising, monkeypatch, cap_factor=3)
    assert (clock.step, clock.kept_step) == (45, 45)
    assert are_equal(weights, snapshots[-1])


def test_the_average_is_lent_to_the_network_and_what_trains_on_is_its_own(tmp_path: Path) -> None:
    model = make_model(tmp_path)
    name, start = next((name, weight.detach().clone()) for name, weight in model.named_parameters())
    average = WeightAverage(model)
    for _ in range(3):
        with torch.no_grad():
            for weight in model.parameters():
                weight.add_(1.0)
        average.update()
    own = weights_of(model)
    with average.applied():
        lent = weights_of(model)
    assert are_equal(weights_of(model), own)
    # Of 1, 2 and 3 with shares 8/8, 8/9 and 8/10.
    assert (lent[name] - start).mean().item() == pytest.approx(0.2 * (1 / 9 + 2 * 8 / 9) + 0.8 * 3, abs=1e-5)


def test_of_equal_steps_the_last_weights_are_kept(tmp_path: Path) -> None:
    clock = Clock()
    events = run_fit(make_model(tmp_path), make_config(), clock=clock)
    assert clock.kept_step == clock.step == evaluations(events)[-1].step


def test_the_rate_of_a_plateau_warms_up_and_stays(tmp_path: Path) -> None:
    config = make_config(warmup_fraction=0.2, budget=BudgetRule.PLATEAU, patience=1)
    still = LearningRates(encoder=1e-12, head=1e-12)  # so that every evaluation is alike
    rates = [
        event.learning_rate for event in steps_logged(run_fit(make_model(tmp_path), config, rates=still))
    ]
    # The longest run has 120 steps, a fifth of them to warm up.
    expected = [*(n / 24 for n in range(24)), *[1.0] * 6]
    assert rates == pytest.approx([1e-12 * rate for rate in expected])


def test_the_rate_warms_up_and_decays_(tmp_path: Path) -> None:
    decaying = make_config(min_steps=20, warmup_fraction=0.2)
    rates = [event.learning_rate for event in steps_logged(run_fit(make_model(tmp_path), decaying))]
    expected = [*(n / 4 for n in range(4)), *((20 - n) / 16 for n in range(4, 20))]
    assert rates == pytest.approx([1e-3 * rate for rate in expected])


@pytest.mark.parametrize("num_examples", [1, 20, 512, 513, 5000])
def test_the_examples_of_an_evaluation_are_spread_over_the_split(num_examples: int) -> None:
    class Split:
        targets = np.zeros(num_examples)

    rows = some_examples(Split(), 512)  # type: ignore[arg-type]
    assert len(rows) == min(num_examples, 512)
    assert rows[0] == 0
    assert rows[-1] == num_examples - 1
    assert np.diff(rows).max(initial=1) <= -(-num_examples // 512) + 1


# --- the clock ----------------------------------------------------------------------------------------------


class Seconds:
    """A clock that goes on only when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def perf_counter(self) -> float:
        return self.now

    def spend(self, seconds: float, function: Any) -> Any:
        def slow(*args: Any, **kwargs: Any) -> Any:
            self.now += seconds
            return function(*args, **kwargs)

        return slow


def test_training_time_counts_steps_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = Seconds()
    monkeypatch.setattr(meters, "time", seconds)
    monkeypatch.setattr(fit_module, "_step", seconds.spend(1, fit_module._step))
    monkeypatch.setattr(fit_module, "evaluation_event", seconds.spend(100, fit_module.evaluation_event))
    clock = Clock(train_s=7.0)
    model = make_model(tmp_path)
    for event in fit_module.fit(
        model,
        make_examples(50),
        make_examples(20, seed=1),
        make_config(epochs=8, num_evaluations=5),
        RATES,
        order_seed=1,
        compute=ON_CPU,
        clock=clock,
    ):
        assert event.train_s == 7 + event.step
        seconds.now += 1000  # whoever reads the events takes his time
    assert clock.step == 32


# --- ends before the end ------------------------------------------------------------------------------------


def test_a_rate_that_is_far_too_high_diverges(tmp_path: Path) -> None:
    with pytest.raises(DivergedError, match="finite|became (nan|inf)"):
        run_fit(make_model(tmp_path), make_config(epochs=10), rates=LearningRates(encoder=1e30, head=1e30))


def test_a_poisoned_weight_diverges_at_once(tmp_path: Path) -> None:
    model = make_model(tmp_path)
    next(model.head_parameters()).data[0, 0] = float("nan")
    with pytest.raises(DivergedError):
        run_fit(model, make_config())


def test_scores_that_are_not_finite_diverge_before_they_become_an_event(tmp_path: Path) -> None:
    model = make_model(tmp_path)
    next(model.head_parameters()).data.fill_(float("inf"))
    with pytest.raises(DivergedError, match="no longer finite"):
        predict_logits(model, make_examples(5), np.arange(5), ON_CPU)


def test_a_stop_ends_training_at_the_next_step(tmp_path: Path) -> None:
    clock = Clock()
    with pytest.raises(CancelledError):
        run_fit(make_model(tmp_path), make_config(), clock=clock, should_stop=lambda: clock.step >= 3)
    assert clock.step == 3


def test_a_stop_ends_an_evaluation_at_its_next_batch(tmp_path: Path) -> None:
    model, asked = make_model(tmp_path).train(), itertools.count()
    with pytest.raises(CancelledError):
        predict_logits(
            model,
            make_examples(300),
            np.arange(300),
            replace(ON_CPU, should_stop=lambda: next(asked) == 2),
        )
    assert next(asked) == 3
    assert model.training


# --- scoring ------------------------------------------------------------------------------------------------


def test_scores_come_in_the_order_asked_for_and_without_dropout(tmp_path: Path) -> None:
    model, examples = make_model(tmp_path), make_examples(150)
    rows = np.random.default_rng(0).permutation(150)
    scores = predict_logits(model, examples, rows, ON_CPU)
    model.eval()
    with torch.no_grad():
        expected = torch.cat([model(examples.collate(rows[n : n + 1])) for n in range(0, 150, 10)])
    np.testing.assert_allclose(scores[::10], expected.numpy(), rtol=0, atol=1e-5)


@pytest.mark.parametrize("is_training", [True, False])
def test_scoring_leaves_the_mode_as_it_was(tmp_path: Path, is_training: bool) -> None:
    model = make_model(tmp_path).train(is_training)
    predict_logits(model, make_examples(5), np.arange(5), ON_CPU)
    assert {module.training for module in model.modules()} == {is_training}


def test_dropout_works_while_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    modes = []
    forward = nn.Dropout.forward

    def noting(self: nn.Dropout, value: torch.Tensor) -> torch.Tensor:
        modes.append((self.training, torch.is_grad_enabled()))
        return forward(self, value)

    monkeypatch.setattr(nn.Dropout, "forward", noting)
    run_fit(make_model(tmp_path), make_config())
    assert set(modes) == {(True, True), (False, False)}


def test_low_precision_keeps_weights_in_float32_and_learns(tmp_path: Path) -> None:
    model = make_model(tmp_path)
    events = run_fit(model, make_config(epochs=12), train=make_examples(100), precision=Precision.BFLOAT16)
    assert {weight.dtype for weight in model.parameters()} == {torch.float32}
    assert evaluations(events)[-1].accuracy >= 0.9


def test_weights_drawn_anew_learn_at_a_rate_of_their_own(tmp_path: Path) -> None:
    model, start = (make_model(tmp_path, ArmKind.ENCODER_ONLY) for _ in range(2))
    run_fit(model, make_config(), rates=LearningRates(encoder=0.0, head=1e-3, redrawn=1e-2))
    moved = movement(start, model)
    assert moved["layer 1"] == moved["layer 2"] == 0
    assert moved["embeddings"] > 0
    assert moved["head"] > 0
