"""Counting energy: counters that wrap, machines that tell nothing, and a clock that stops."""

import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from tl_core.training import meters
from tl_core.training.meters import THREAD_W, Clock, Meter, Package, find_meter


def zone(powercap: Path, name: str, kind: str, energy_uj: int, range_uj: int = 1_000_000) -> Path:
    folder = powercap / name
    folder.mkdir(parents=True)
    (folder / "name").write_text(f"{kind}\n")
    (folder / "energy_uj").write_text(f"{energy_uj}\n")
    (folder / "max_energy_range_uj").write_text(f"{range_uj}\n")
    return folder


def nvml(joules: list[float]) -> SimpleNamespace:
    """Stand in for NVIDIA's library with one GPU that has read these joules so far."""

    def handle_of(uuid: str) -> str:
        if uuid != "GPU-1234":
            raise LookupError("Not Found")
        return uuid

    return SimpleNamespace(
        nvmlInit=lambda: None,
        nvmlDeviceGetHandleByUUID=handle_of,
        nvmlDeviceGetTotalEnergyConsumption=lambda handle: 1000 * joules[-1],
    )


def test_all_packages_are_added_up_and_their_parts_left_out(tmp_path: Path) -> None:
    zone(tmp_path, "intel-rapl:0", "package-0", 500_000)
    zone(tmp_path, "intel-rapl:1", "package-1", 250_000)
    zone(tmp_path, "intel-rapl:0:0", "core", 400_000)
    zone(tmp_path, "intel-rapl:2", "psys", 900_000)
    meter = find_meter(powercap=tmp_path)
    assert meter is not None
    assert meter.method == "measured: RAPL"
    assert meter.joules() == pytest.approx(0.75)


def test_a_counter_that_starts_anew_goes_on(tmp_path: Path) -> None:
    folder = zone(tmp_path, "intel-rapl:0", "package-0", 900_000)
    package = Package(path=folder, range_uj=1_000_000)
    readings = []
    for now in (950_000, 50_000, 700_000, 100_000):
        (folder / "energy_uj").write_text(str(now))
        readings.append(package())
    assert readings == pytest.approx([0.95, 1.05, 1.7, 2.1])


@pytest.mark.parametrize("broken", ["energy_uj", "max_energy_range_uj"])
def test_counters_that_cannot_be_read_leave_the_estimate(tmp_path: Path, broken: str) -> None:
    folder = zone(tmp_path, "intel-rapl:0", "package-0", 1)
    (folder / broken).unlink()
    (folder / broken).mkdir()  # an OSError for root too, who may read every file
    meter = find_meter(powercap=tmp_path)
    assert meter is not None
    assert meter.method == "estimated: 4 W a thread, assumed, × load"


def test_the_estimate_is_watts_times_the_seconds_of_this_process(tmp_path: Path) -> None:
    meter = find_meter(powercap=tmp_path)
    assert meter is not None
    before, began = meter.joules(), time.process_time()
    while time.process_time() < began + 0.02:
        pass
    time.sleep(0.05)  # costs nothing: the process does not work
    spent = time.process_time() - began
    assert meter.joules() - before == pytest.approx(THREAD_W * spent, rel=0.05)


def test_known_watts_are_shared_by_the_threads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meters.os, "cpu_count", lambda: 4)
    monkeypatch.setattr(meters.time, "process_time", lambda: 10.0)
    meter = find_meter(cpu_watts=60, powercap=tmp_path)
    assert meter is not None
    assert (meter.method, meter.joules()) == ("estimated: 60 W × load", 150.0)


def test_a_gpu_is_measured_beside_the_processor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    zone(tmp_path, "intel-rapl:0", "package-0", 500_000)
    monkeypatch.setitem(sys.modules, "pynvml", nvml([42.0]))
    meter = find_meter("cuda", gpu_uuid="1234", powercap=tmp_path)
    assert meter is not None
    assert meter.method == "GPU measured: NVML; CPU measured: RAPL"
    assert meter.joules() == pytest.approx(42.5)


def test_a_device_that_trains_and_cannot_be_read_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", nvml([1.0]))
    assert find_meter("cuda", gpu_uuid="another") is None
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert find_meter("cuda", gpu_uuid="1234") is None
    assert find_meter("mps") is None


class Steady:
    """Gives more joules at every look."""

    def __init__(self, *readings: float) -> None:
        self.readings = iter(readings)

    def __call__(self) -> float:
        return next(self.readings)


def test_the_clock_counts_energy_only_while_it_runs() -> None:
    clock = Clock()
    clock.measure_with(Meter(method="made", counters=[Steady(100, 3700, 50_000, 57_200)]))
    assert clock.stamp()["energy_wh"] == 0
    clock.resume()
    clock.pause()
    assert clock.stamp()["energy_wh"] == 1
    clock.resume()
    clock.pause()
    assert clock.stamp()["energy_wh"] == 3


def test_energy_that_cannot_be_read_any_more_is_unknown_and_time_goes_on() -> None:
    clock = Clock()
    clock.measure_with(Meter(method="made", counters=[Steady(1, 2, 3)]))
    for _ in range(3):
        clock.resume()
        clock.pause()
    assert clock.stamp()["energy_wh"] is None
    assert clock.train_s > 0


def test_without_a_meter_there_is_no_energy() -> None:
    clock = Clock()
    clock.resume()
    clock.pause()
    assert clock.stamp()["energy_wh"] is None


def test_what_was_spent_elsewhere_is_charged_and_the_unknown_stays_unknown() -> None:
    clock = Clock()
    clock.measure_with(Meter(method="made", counters=[Steady(0, 3600)]))
    clock.charge(5.0, 7200.0)
    assert (clock.train_s, clock.stamp()["energy_wh"]) == (5.0, 2.0)
    clock.charge(1.0, None)
    clock.resume()
    clock.pause()
    assert clock.stamp()["energy_wh"] is None
