"""The contrastive objective: its pairs, its loss, its head, and the loop around them."""

from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.losses import CosineSimilarityLoss
from sentence_transformers.sentence_transformer.modules import Pooling as PoolingModule
from sentence_transformers.sentence_transformer.modules import Transformer
from sklearn.linear_model import LogisticRegression

from tests.tiny_models import CORPUS, tiny_model_folder
from tests.training.examples import (
    ON_CPU,
    are_equal,
    make_config,
    make_examples,
    make_model,
    weights_of,
)
from tl_core.catalogue.base_models import Pooling
from tl_core.errors import CancelledError
from tl_core.experiments.training_context import make_objective
from tl_core.models.classifiers import Classifier, PooledClassifier
from tl_core.schema import ArmKind, EvalFinished, LearningRates, StepLogged, TrainingConfig
from tl_core.text.network import NETWORKS
from tl_core.text.network.examples import TokenExamples
from tl_core.training.batching import Examples, endless_batches
from tl_core.training.contrastive import Contrastive, endless_pairs, set_head
from tl_core.training.features import encode_all
from tl_core.training.fit import FitEvent, fit, predict_logits
from tl_core.training.meters import Clock
from tl_core.training.objective import Classification

RATES = LearningRates(encoder=1e-3, head=0.0)
CLASSES = st.lists(st.integers(0, 3), min_size=2, max_size=40).map(np.array)


def make_contrastive(max_eval_examples: int = 512, stop_after: int | None = None) -> Contrastive:
    asked = iter(range(10**9))
    compute = replace(
        ON_CPU,
        micro_batch_size=4,
        should_stop=lambda: stop_after is not None and next(asked) >= stop_after,
    )
    return Contrastive(compute=compute, max_eval_examples=max_eval_examples)


def run_contrastive(
    model: Classifier,
    config: TrainingConfig,
    train: Examples,
    *,
    order_seed: int = 11,
    micro_batch_size: int = 16,
    objective: Contrastive | None = None,
    clock: Clock | None = None,
) -> list[FitEvent]:
    return list(
        fit(
            model,
            train,
            make_examples(40, seed=1),
            config,
            RATES,
            order_seed=order_seed,
            compute=replace(ON_CPU, micro_batch_size=micro_batch_size),
            clock=clock or Clock(),
            objective=objective or make_contrastive(),
        )
    )


# --- pairs --------------------------------------------------------------------------------------------------


@given(CLASSES, st.integers(0, 2**63 - 1))
def test_pairs_are_alike_in_turn_and_begin_with_every_example_equally_often(
    targets: NDArray[np.int64], seed: int
) -> None:
    pairs = np.stack(list(islice(endless_pairs(targets, seed), 2 * len(targets))))
    counts = np.bincount(targets)
    for place, (first, second) in enumerate(pairs):
        if len(set(targets)) > 1:
            assert (targets[first] == targets[second]) is np.bool(place % 2 == 0)
        assert (first == second) == (place % 2 == 0 and counts[targets[first]] == 1)
    assert np.bincount(pairs[:, 0], minlength=len(targets)).tolist() == [2] * len(targets)


def test_the_seed_decides_the_pairs() -> None:
    targets = np.array([0, 1] * 10)
    drawn = [np.stack(list(islice(endless_pairs(targets, seed), 20))).tolist() for seed in (3, 3, 4)]
    assert drawn[0] == drawn[1] != drawn[2]


@pytest.mark.parametrize("num_examples", [50, 16, 9])
def test_each_step_reads_as_many_texts_as_those_of_the_other_arms(num_examples: int) -> None:
    train = make_examples(num_examples)
    batches = islice(make_contrastive().batches(train, 16, 5), 12)
    others = islice(endless_batches(train.lengths, 16, 5), 12)
    assert [batch.size // 2 for batch in batches] == [max(1, len(other) // 2) for other in others]


# --- loss ---------------------------------------------------------------------------------------------------


def token_examples(folder: Path, texts: list[str], targets: list[int]) -> TokenExamples:
    from tl_core.text.tokens import load_tokenizer

    ids = [encoding.ids for encoding in load_tokenizer(folder).encode_batch(texts)]
    return TokenExamples(
        ids=np.concatenate(ids).astype(np.int32),
        type_ids=np.zeros(sum(map(len, ids)), dtype=np.int8),
        offsets=np.concatenate([[0], np.cumsum(list(map(len, ids)))]),
        targets=np.array(targets),
        pad_id=0,
        uses_type_ids=False,
    )


def test_the_loss_is_that_of_sentence_transformers_on_the_same_texts(tmp_path: Path) -> None:
    folder = tiny_model_folder(tmp_path, "bert")
    texts, targets = list(CORPUS), [1, 0, 0, 0, 1, 0]
    pairs = np.array([[0, 4], [1, 2], [3, 0], [4, 5]])
    model = NETWORKS.build(
        ArmKind.CONTRASTIVE, folder, Pooling.MEAN, ("bad", "good"), init_seed=5, dropout=0.0
    )
    ours = make_contrastive().loss(model, token_examples(folder, texts, targets), pairs, ON_CPU)

    transformer = Transformer(str(folder))
    library = SentenceTransformer(
        modules=[transformer, PoolingModule(transformer.get_embedding_dimension(), "mean")], device="cpu"
    ).eval()
    columns = [library.preprocess([texts[row] for row in column]) for column in pairs.T]
    is_alike = torch.tensor([float(targets[a] == targets[b]) for a, b in pairs])
    theirs = CosineSimilarityLoss(library)(columns, is_alike)
    assert ours.item() == pytest.approx(len(pairs) * theirs.item(), rel=1e-5)


def test_accumulated_micro_batches_are_one_batch_of_pairs(tmp_path: Path) -> None:
    train, config = make_examples(43), make_config(dropout=0.0)
    logged = [
        [
            event
            for event in run_contrastive(
                make_model(tmp_path, ArmKind.CONTRASTIVE, Pooling.MEAN, dropout=0.0),
                config,
                train,
                micro_batch_size=size,
            )
            if isinstance(event, StepLogged)
        ]
        for size in (16, 3, 1)
    ]
    for whole, *parts in zip(*logged, strict=True):
        for part in parts:
            assert part.loss == pytest.approx(whole.loss, abs=1e-5)
            assert part.grad_norm == pytest.approx(whole.grad_norm, rel=1e-3)


# --- head ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("num_labels", [2, 3])
def test_the_head_gives_the_probabilities_of_the_regression(tmp_path: Path, num_labels: int) -> None:
    tokens = make_examples(40, num_labels=num_labels)
    model = make_model(tmp_path, ArmKind.CONTRASTIVE, Pooling.MEAN)
    assert isinstance(model, PooledClassifier)
    model.linear = torch.nn.Linear(model.linear.in_features, num_labels)
    features = encode_all(model, tokens, ON_CPU).numpy()
    set_head(model, features, tokens.targets)
    logits = predict_logits(model, tokens, np.arange(40), ON_CPU)
    expected = LogisticRegression(max_iter=2000).fit(features, tokens.targets).predict_proba(features)
    np.testing.assert_allclose(torch.from_numpy(logits).softmax(1).numpy(), expected, atol=1e-3)


@pytest.mark.parametrize("seen", [[2], [0, 2], [0, 1, 3]])
def test_a_class_without_a_train_example_is_never_answered(tmp_path: Path, seen: list[int]) -> None:
    targets = np.array(seen * 8)
    model = make_model(tmp_path, ArmKind.CONTRASTIVE, Pooling.MEAN)
    assert isinstance(model, PooledClassifier)
    model.linear = torch.nn.Linear(model.linear.in_features, 4)
    features = np.random.default_rng(0).normal(size=(len(targets), 32)).astype(np.float32)
    features[:, 0] += 10 * targets
    set_head(model, features, targets)
    answers = (features @ model.linear.weight.detach().numpy().T + model.linear.bias.detach().numpy()).argmax(
        1
    )
    assert answers.tolist() == targets.tolist()


def test_the_head_at_the_end_knows_every_example_and_those_before_only_some(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tl_core.training import contrastive

    numbers = []
    monkeypatch.setattr(
        contrastive, "set_head", lambda model, features, targets: numbers.append(len(targets))
    )
    model = make_model(tmp_path, ArmKind.CONTRASTIVE, Pooling.MEAN)
    config = make_config(num_evaluations=3)
    run_contrastive(model, config, make_examples(50), objective=make_contrastive(max_eval_examples=20))
    assert numbers == [20, 20, 50, 50], "before training and each look, at the last look and at the end"


def test_an_architecture_s_own_head_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="one linear layer"):
        set_head(make_model(tmp_path), np.zeros((2, 32), dtype=np.float32), np.array([0, 1]))


# --- in the loop --------------------------------------------------------------------------------------------


def test_the_encoder_learns_what_tells_the_classes_apart(tmp_path: Path) -> None:
    model = make_model(tmp_path, ArmKind.CONTRASTIVE, Pooling.MEAN)
    events = run_contrastive(model, make_config(min_steps=60), make_examples(100))
    losses = [event.loss for event in events if isinstance(event, StepLogged)]
    evaluations = [event for event in events if isinstance(event, EvalFinished)]
    assert np.mean(losses[-5:]) < 0.8 * losses[0]
    assert len(evaluations) == 16
    assert evaluations[-1].accuracy > evaluations[0].accuracy
    assert evaluations[-1].loss < 0.7 * evaluations[0].loss


def test_the_same_seed_gives_the_same_weights_and_another_gives_others(tmp_path: Path) -> None:
    models = [make_model(tmp_path, ArmKind.CONTRASTIVE, Pooling.MEAN) for _ in range(3)]
    for model, seed in zip(models, (11, 11, 12), strict=True):
        run_contrastive(model, make_config(), make_examples(30), order_seed=seed)
    first, again, other = (weights_of(model) for model in models)
    assert are_equal(first, again)
    assert not are_equal(first, other)


def test_the_head_at_the_end_is_on_the_clock_and_texts_are_counted(tmp_path: Path) -> None:
    clock = Clock()
    events = run_contrastive(
        make_model(tmp_path, ArmKind.CONTRASTIVE, Pooling.MEAN), make_config(), make_examples(16), clock=clock
    )
    assert clock.examples_seen == 15 * 16
    assert clock.train_s > events[-1].train_s


def test_it_ends_when_asked_to_while_a_head_is_made(tmp_path: Path) -> None:
    model = make_model(tmp_path, ArmKind.CONTRASTIVE, Pooling.MEAN)
    with pytest.raises(CancelledError):
        run_contrastive(model, make_config(), make_examples(50), objective=make_contrastive(stop_after=2))


def test_other_arms_keep_cross_entropy() -> None:
    kinds = {kind: make_objective(kind, ON_CPU, 1) for kind in ArmKind if kind.is_neural}
    assert {kind for kind, objective in kinds.items() if not isinstance(objective, Classification)} == {
        ArmKind.CONTRASTIVE
    }
