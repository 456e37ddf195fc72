"""Carry independent trainings out beside each other, one thread each: they measure no time."""

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import Any

import torch


def each(work: Callable[..., Any], tasks: Sequence[tuple[Any, ...]]) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Yield each task with what ``work(*task)`` returned, as they end."""
    with ProcessPoolExecutor(
        os.cpu_count(),
        mp_context=multiprocessing.get_context("spawn"),
        initializer=torch.set_num_threads,
        initargs=(1,),
    ) as pool:
        waiting = {pool.submit(work, *task): task for task in tasks}
        for done in as_completed(waiting):
            yield waiting[done], done.result()
