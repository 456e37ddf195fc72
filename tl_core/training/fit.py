"""The one training loop, for every neural arm: a generator of events.

>>> events = list(fit(model, train, validation, config, ...))  # doctest: +SKIP

Accumulated micro-batches give the gradient of the whole batch: each example's loss is divided by the size B
of the effective batch. Where examples have weights, the loss of a batch is 1/B Σ w_i loss_i with the weights
scaled to a mean of 1 over all train examples (`relative_weights`): its expectation is the weighted mean over
them. Batches, steps and evaluations do not ask for weights.

With `BudgetRule.EQUAL_STEPS` the rate warms up and decays linearly to zero and the last weights stay; with
`BudgetRule.PLATEAU` it warms up and stays, and what is evaluated and kept is a running average of the weights
(`averaging.WeightAverage`), so that no network is judged by weights that a large rate still throws about. The
run ends once the metric on validation has levelled off (`Plateau` has the rule), at the latest after
``cap_factor`` times the equal steps, and the best average is put into the network.

Evaluations on the way are as many, and of as many examples, as `TrainingConfig.evaluations` plans. What the
weights that were kept come to on the whole of validation, `whole_look` tells.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim.lr_scheduler import LambdaLR
from transformers import get_constant_schedule_with_warmup, get_linear_schedule_with_warmup

from tl_core.errors import DivergedError
from tl_core.models.bert_forward import held
from tl_core.models.classifiers import Classifier
from tl_core.schema import (
    FEWEST_FACTOR,
    BudgetRule,
    EvalFinished,
    LearningRates,
    Metric,
    PhaseStarted,
    SplitName,
    StepLogged,
    TrainingConfig,
)
from tl_core.training.averaging import AVERAGES, WeightAverage, count_statistics
from tl_core.training.batching import Examples, Indices, micro_batches, some_examples
from tl_core.training.compute import Compute
from tl_core.training.devices import memory_mib, synchronize
from tl_core.training.meters import Clock, scored_event
from tl_core.training.objective import Classification, Objective, score
from tl_core.training.plateau import Plateau

FitEvent = PhaseStarted | StepLogged | EvalFinished
LOGS_A_RUN = 100


def fit(
    model: Classifier,
    train: Examples,
    validation: Examples,
    config: TrainingConfig,
    rates: LearningRates,
    *,
    order_seed: int,
    compute: Compute,
    clock: Clock,
    metric: Metric = Metric.ACCURACY,
    objective: Objective | None = None,
    read: Examples | None = None,
) -> Iterator[FitEvent]:
    """Train ``model`` in place and yield what happens.

    Steps read ``read``, the same examples augmented, where it is given. ``objective`` is classification
    unless the arm has another; a head that it makes at the end is on the clock, one that it makes for an
    evaluation is not. The order of the batches depends on ``order_seed`` alone; the dropout masks on it, the
    device and the micro-batch. The first evaluation precedes the first step.

    Raises
    ------
    DivergedError
        If the loss, the gradient or a score is no longer finite.
    CancelledError
        If it is wanted no more.
    """
    device = compute.device
    steps = config.planned_steps(len(train.targets))
    is_plateau = config.budget is BudgetRule.PLATEAU
    last_step = config.step_limit(len(train.targets))
    num_evaluations, num_seen = config.evaluations(len(train.targets), len(validation.targets))
    eval_steps = evaluation_steps(steps, last_step, num_evaluations)
    log_every = max(1, last_step // LOGS_A_RUN)

    torch.manual_seed(order_seed)
    model.to(device).train()
    optimizer = _optimizer(model, rates, config.weight_decay, device)
    schedule = _schedule(optimizer, last_step, config)
    average = WeightAverage(model) if is_plateau else None
    average_every = max(1, steps // AVERAGES)
    objective = objective or Classification.of(train.weights)
    batches = objective.batches(train, config.batch_size, order_seed)
    seen = some_examples(validation, num_seen)
    plateau = Plateau(metric=metric, patience=config.patience, min_step=FEWEST_FACTOR * steps)
    best_weights: dict[str, Tensor] = {}

    def evaluate() -> EvalFinished:
        objective.make_head(model, train, is_end=clock.step == last_step)
        return evaluation_event(model, validation, seen, SplitName.VALIDATION, compute, clock)

    def evaluate_average(average: WeightAverage) -> EvalFinished:
        nonlocal best_weights
        with average.applied():
            count_statistics(model, train, compute)
            finished = evaluate()
            if plateau.is_best(finished):
                best_weights = {k: v.detach().to("cpu", copy=True) for k, v in model.state_dict().items()}
        return finished

    yield PhaseStarted(phase="training", num_steps=last_step, **clock.stamp())
    yield evaluate()
    window: list[Tensor] = []  # losses since the last log, on the device
    clock.resume()
    while clock.step < last_step and not (is_plateau and plateau.is_over(clock.step)):
        compute.require_wanted()
        batch = next(batches)
        rate = schedule.get_last_lr()[0]
        loss, norm = _step(model, read or train, batch, optimizer, config, compute, objective)
        schedule.step()
        clock.step += 1
        clock.examples_seen += batch.size
        clock.tokens_seen += int(train.lengths[batch].sum())
        window.append(loss)
        if average is not None and clock.step % average_every == 0:
            average.update()
        is_eval = clock.step in eval_steps
        if not is_eval and clock.step % log_every and clock.step > 1:
            continue
        mean_loss, grad_norm = torch.stack(window).mean().item(), norm.item()  # waits for the device
        window.clear()
        synchronize(device)
        clock.pause()
        _require_finite(mean_loss, grad_norm, clock.step)
        measured = {"loss": mean_loss, "grad_norm": grad_norm, "memory_mib": memory_mib(device)}
        yield StepLogged(learning_rate=rate, **measured, **clock.stamp())
        if is_eval:
            yield evaluate() if average is None else evaluate_average(average)
        clock.resume()
    clock.kept_step = clock.step
    if plateau.best is not None:
        model.load_state_dict(best_weights)
        clock.kept_step = plateau.best.step
    clock.resume()
    objective.make_head(model, train, is_end=True)
    clock.pause()


def evaluation_steps(steps: int, last_step: int, num_evaluations: int) -> frozenset[int]:
    """Place evaluations at equal distances: ``num_evaluations`` within ``steps``, and on to ``last_step``."""
    count = math.ceil(num_evaluations * last_step / steps)
    places = (round(steps * k / num_evaluations) for k in range(1, count + 1))
    return frozenset(min(last_step, max(1, place)) for place in places)


def _schedule(optimizer: torch.optim.Optimizer, last_step: int, config: TrainingConfig) -> LambdaLR:
    """Warm up linearly from 0, then decay linearly to 0, or stay until the plateau.

    The warm-up is a share of the longest run: a network from scratch that comes to its full rate within few
    steps does not recover from it.
    """
    warmup = math.ceil(last_step * config.warmup_fraction)
    schedule: LambdaLR
    if config.budget is BudgetRule.PLATEAU:
        schedule = get_constant_schedule_with_warmup(optimizer, warmup)
    else:
        schedule = get_linear_schedule_with_warmup(optimizer, warmup, last_step)
    return schedule


def _optimizer(
    model: Classifier, rates: LearningRates, weight_decay: float, device: torch.device
) -> torch.optim.AdamW:
    """AdamW with a rate for the encoder, one for what was drawn anew in it, and one for the head.

    Biases and norms do not decay.
    """
    redrawn = [] if rates.redrawn is None else list(model.reinitialised_parameters())
    apart = {id(weight) for weight in redrawn}
    kept = [weight for weight in model.encoder_parameters() if id(weight) not in apart]
    parts = ((kept, rates.encoder), (redrawn, rates.redrawn), (model.head_parameters(), rates.head))
    groups = []
    for parameters, rate in parts:
        trained = [weight for weight in parameters if weight.requires_grad]
        matrices = [weight for weight in trained if weight.ndim > 1]
        vectors = [weight for weight in trained if weight.ndim <= 1]
        groups += [
            {"params": matrices, "lr": rate, "weight_decay": weight_decay},
            {"params": vectors, "lr": rate, "weight_decay": 0.0},
        ]
    return torch.optim.AdamW(
        [group for group in groups if group["params"]], fused=device.type in ("cpu", "cuda")
    )


def _step(
    model: Classifier,
    train: Examples,
    batch: Indices,
    optimizer: torch.optim.Optimizer,
    config: TrainingConfig,
    compute: Compute,
    objective: Objective,
) -> tuple[Tensor, Tensor]:
    """Do one update. Returns the batch's mean loss and the gradient's norm before clipping, on the device."""
    loss = torch.zeros((), device=compute.device)
    rows_at_once = max(1, compute.micro_batch_size * len(batch) // batch.size)  # a row of pairs is two texts
    for rows in micro_batches(batch, rows_at_once):
        part = objective.loss(model, train, rows, compute) / len(batch)
        part.backward()  # type: ignore[no-untyped-call]
        loss += part.detach()
    norm = nn.utils.clip_grad_norm_(model.parameters(), config.max_grad_norm)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return loss, norm


def predict_logits(
    model: Classifier,
    examples: Examples,
    indices: Indices,
    compute: Compute,
    scored: Callable[[int], None] = lambda num_examples: None,
) -> NDArray[np.float32]:
    """Score some examples in evaluation mode: logits ``(len(indices), num_labels)`` in their order.

    ``scored`` is told of each batch.

    Raises
    ------
    DivergedError
        If a score is not finite.
    CancelledError
        If it is wanted no more.
    """
    parts: list[Tensor] = []
    order = compute.scoring_batches(examples.lengths[indices])
    with _in_evaluation_mode(model), held(model.encoder), torch.inference_mode(), compute.autocast():
        for places in order:
            compute.require_wanted()
            parts.append(score(model, examples, indices[places], compute.device).float())
            scored(len(places))
    in_order = torch.cat(parts).cpu().numpy()
    if not np.isfinite(in_order).all():
        raise DivergedError("Some scores are no longer finite numbers.")
    logits = np.empty_like(in_order)
    logits[np.concatenate(order)] = in_order
    return logits


@contextmanager
def _in_evaluation_mode(model: nn.Module) -> Iterator[None]:
    """Switch dropout off for a while."""
    was_training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(was_training)


def evaluation_event(
    model: Classifier,
    examples: Examples,
    indices: Indices,
    split: SplitName,
    compute: Compute,
    clock: Clock,
) -> EvalFinished:
    """Score some examples of a split and put the metrics into an event. Raises as `predict_logits` does."""
    logits = predict_logits(model, examples, indices, compute)
    return scored_event(split, examples.targets[indices], logits, clock)


def _require_finite(loss: float, grad_norm: float, step: int) -> None:
    if not (math.isfinite(loss) and math.isfinite(grad_norm)):
        raise DivergedError(f"The loss became {loss} at step {step:,} (gradient norm {grad_norm}).")
