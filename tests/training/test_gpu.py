from pathlib import Path

import pytest
import torch

from tests.training.examples import make_config, make_examples, make_model, run_fit, weights_of
from tl_core.errors import is_out_of_memory
from tl_core.schema import EvalFinished, Precision, StepLogged
from tl_core.training.devices import choose_device, choose_precision, device_name, memory_mib

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
]
CUDA = torch.device("cuda")


def test_the_gpu_is_chosen_and_named() -> None:
    assert choose_device() == CUDA
    assert torch.cuda.get_device_name() in device_name(CUDA)


def test_a_run_in_the_gpus_precision_learns_and_reports_its_memory(tmp_path: Path) -> None:
    events = run_fit(
        make_model(tmp_path),
        make_config(epochs=12),
        make_examples(100),
        device=CUDA,
        precision=choose_precision(CUDA),
    )
    evaluations = [event for event in events if isinstance(event, EvalFinished)]
    steps = [event for event in events if isinstance(event, StepLogged)]
    assert evaluations[-1].accuracy >= 0.9
    assert 0 < steps[0].memory_mib <= steps[-1].memory_mib == memory_mib(CUDA)


def test_gpu_and_cpu_agree_in_float32(tmp_path: Path) -> None:
    models = [make_model(tmp_path, dropout=0.0) for _ in range(2)]
    for model, device in zip(models, (CUDA, torch.device("cpu")), strict=True):
        run_fit(model, make_config(dropout=0.0), device=device)
    for name, weight in weights_of(models[0]).items():
        torch.testing.assert_close(weight.cpu(), weights_of(models[1])[name], rtol=1e-2, atol=1e-3)


def test_a_batch_that_is_too_large_is_told_as_out_of_memory(tmp_path: Path) -> None:
    free, total = torch.cuda.mem_get_info()
    model = make_model(tmp_path)
    torch.cuda.set_per_process_memory_fraction(0.001)
    try:
        hog = torch.empty(int(total * 0.0009), dtype=torch.uint8, device=CUDA)
        with pytest.raises(torch.OutOfMemoryError) as caught:
            run_fit(
                model,
                make_config(batch_size=20000),
                make_examples(20000),
                device=CUDA,
                precision=Precision.FLOAT32,
            )
        del hog
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
        torch.cuda.empty_cache()
    assert free > 0
    assert is_out_of_memory(caught.value)
