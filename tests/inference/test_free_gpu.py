"""A GPU answers while no training holds it, and the processor otherwise."""

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.store.makers import make_experiment, make_run
from tests.store.marking import mark_run
from tests.store.opening import open_workspace
from tests.text.network.saving_cases import TEXTS, saved_folder
from tl_core import networks
from tl_core.catalogue.base_models import Pooling
from tl_core.inference import free_gpu as module
from tl_core.inference.free_gpu import free_gpu
from tl_core.inference.predictor import PLAIN, load_predictor
from tl_core.jobs.queue import Queue
from tl_core.schema import Precision, State
from tl_core.store.tables import JobKind
from tl_core.training.compute import Compute

GPU = torch.device("cuda")
ELSEWHERE = Compute(device=torch.device("cpu:0"), precision=Precision.BFLOAT16, micro_batch_size=2)
"""A device that torch holds for another one than "cpu"."""


def test_a_gpu_is_free_while_no_run_is_carried_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(open_workspace(tmp_path)) as workspace:
        workspace.database.add_experiment(make_experiment(), [make_run()])
        monkeypatch.setattr(module, "choose_device", lambda: GPU)
        monkeypatch.setattr(module, "choose_precision", lambda device: Precision.BFLOAT16)
        found = free_gpu(workspace, Precision.FLOAT32)
        assert found is not None
        assert (found.device, found.precision) == (GPU, Precision.FLOAT32)
        queue = Queue(workspace.database)
        queue.submit(JobKind.PREDICT_FILE, "run_1", {})
        queue.submit(JobKind.RUN, "run_1", {})
        queue.claim([JobKind.PREDICT_FILE])
        assert free_gpu(workspace, Precision.BFLOAT16) is not None, "a run that waits holds nothing"
        job = queue.claim([JobKind.RUN])
        assert job is not None
        assert free_gpu(workspace, Precision.BFLOAT16) is None
        mark_run(workspace.database, "run_1", State.FINISHED)
        queue.finish(job.id, State.FINISHED)
        assert free_gpu(workspace, Precision.BFLOAT16) is not None
        monkeypatch.setattr(module, "choose_precision", lambda device: Precision.FLOAT32)
        assert free_gpu(workspace, Precision.BFLOAT16) is None, "slow in what is asked for"
        monkeypatch.setattr(module, "choose_device", lambda: PLAIN.device)
        assert free_gpu(workspace, Precision.FLOAT32) is None


def test_each_prediction_asks_where_it_is_to_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    used, real = [], networks.predict_logits

    def noted(model, examples, indices, compute, scored):
        used.append((compute.device, next(model.parameters()).device.type))
        return real(model, examples, indices, compute, scored)

    monkeypatch.setattr(networks, "predict_logits", noted)
    places = iter([None, ELSEWHERE, None, ELSEWHERE])
    folder = saved_folder(tmp_path, "bert", Pooling.MEAN)
    predictor = load_predictor(folder, elsewhere=lambda: next(places))
    answers = [predictor.predict(TEXTS) for _ in range(3)]
    assert [device for device, _ in used] == [PLAIN.device, ELSEWHERE.device, PLAIN.device, ELSEWHERE.device]
    np.testing.assert_allclose(answers[0], answers[1], atol=0.03)
    np.testing.assert_array_equal(answers[0], answers[2])


@pytest.mark.parametrize(
    "error", [torch.OutOfMemoryError("CUDA out of memory"), RuntimeError("a kernel failed")]
)
def test_where_the_memory_is_too_small_the_processor_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: RuntimeError
) -> None:
    real = networks.predict_logits

    def fails(model, examples, indices, compute, scored):
        if compute is ELSEWHERE:
            raise error
        return real(model, examples, indices, compute, scored)

    folder = saved_folder(tmp_path, "bert", Pooling.MEAN)
    expected = load_predictor(folder).predict(TEXTS)
    places = iter([None, ELSEWHERE])
    predictor = load_predictor(folder, elsewhere=lambda: next(places))
    monkeypatch.setattr(networks, "predict_logits", fails)
    if isinstance(error, torch.OutOfMemoryError):
        np.testing.assert_array_equal(predictor.predict(TEXTS), expected)
    else:
        with pytest.raises(RuntimeError, match="a kernel failed"):
            predictor.predict(TEXTS)
