"""Which engines really run here, found out by running a tiny network. Imports no runtime."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from benchmarks.api import carry_out
from benchmarks.candidates import Candidate
from benchmarks.engines import ENGINES, Export
from benchmarks.jobs.request import Request
from benchmarks.jobs.updates import Update
from benchmarks.machine import Machine, read_machine
from benchmarks.prepared import form_for
from benchmarks.results import Failure
from benchmarks.scenarios import Precision, Scenario
from mobilenet.config import MobileNetConfig

TINY = MobileNetConfig(0.25, 32, num_classes=10)
# What exporting takes besides the runtime.
EXPORTERS: Mapping[Export | None, tuple[str, ...]] = {
    "onnx": ("torch", "onnx", "onnxscript"),
    "xnnpack": ("torch",),
}


@dataclass(frozen=True)
class EngineStatus:
    """Whether an engine runs on a device here, in a precision. reason: why not; None if it does.

    versions: the distributions it needs, its own first, as far as they are installed.
    """

    engine: str
    device: str
    precision: Precision
    available: bool
    reason: str | None
    versions: tuple[tuple[str, str], ...]


def trials(*, thorough: bool = False) -> tuple[Request, ...]:
    """What to run: the tiny network in every installed engine, one request a device.

    thorough: also in forms that take long to prepare, such as a compiled or a quantised network.
    """
    devices = ("cpu", *accelerators(read_machine()))
    return tuple(
        Request(
            title="Trying the engines" if device == "cpu" else f"Trying {device}",
            candidates=(Candidate(config=TINY),),
            scenarios=tuple(
                Scenario(engine=name, device=device, precision=precision)
                for name in names
                for precision in ENGINES[name].precisions
                if thorough or _is_soon_prepared(name, device, precision)
            ),
            preset="preview",
            quality="preview",
            background=True,
        )
        for device in devices
        if (names := runnable(device))
    )


def statuses(tried: Iterable[Request], failures: Iterable[Failure]) -> tuple[EngineStatus, ...]:
    """What trials that ran to their end have shown; engines that are not installed say so too."""
    reasons = {failure.scenario: failure.reason for failure in failures}
    found = [
        _status(scenario.engine, scenario.device, scenario.precision, reasons.get(scenario))
        for request in tried
        for scenario in request.scenarios
    ]
    found += [
        _status(name, "cpu", "float32", f"not installed; run: pip install {' '.join(missing)}")
        for name in ENGINES
        if (missing := _missing(name))
    ]
    order = list(ENGINES)
    return tuple(sorted(found, key=lambda one: (order.index(one.engine), one.device != "cpu")))


def probe(listen: Callable[[Update], None]) -> tuple[EngineStatus, ...]:
    """Run the trials here and now, or in the machine's queue; a minute or more the first time.

    Raises KeyboardInterrupt after Ctrl-C: half an answer would mislead.
    """
    tried = trials(thorough=True)
    runs = []
    for request in tried:
        runs.append(carry_out(request, listen))
        if runs[-1].cancelled:
            raise KeyboardInterrupt
    return statuses(tried, [failure for run in runs for failure in run.failures])


def runnable(device: str) -> tuple[str, ...]:
    """Engines that are installed and meant for `device`; only trying shows whether they run."""
    return tuple(
        name
        for name, info in ENGINES.items()
        if (device == "cpu" or info.runtime == "torch") and not _missing(name)
    )


def accelerators(machine: Machine) -> tuple[str, ...]:
    """What torch may call the accelerators of `machine`; only trying shows whether it uses them.

    A torch built for AMD or Intel says so in its version, such as "2.15.0+rocm7.0".
    """
    build = machine.version_of("torch") or ""
    found = {
        "cuda": bool(machine.accelerators) or "+rocm" in build,
        "mps": machine.system == "Darwin arm64",
        "xpu": "+xpu" in build,
    }
    return tuple(device for device, is_likely in found.items() if is_likely)


def _is_soon_prepared(name: str, device: str, precision: Precision) -> bool:
    scenario = Scenario(engine=name, device=device, precision=precision)
    form = form_for(Candidate(config=TINY), scenario)
    return form is None or form.is_plain


def _status(name: str, device: str, precision: Precision, reason: str | None) -> EngineStatus:
    versions = tuple(
        (needed, found) for needed in _needs(name) if (found := _version(needed)) is not None
    )
    return EngineStatus(name, device, precision, reason is None, reason, versions)


def _needs(name: str) -> tuple[str, ...]:
    """Distributions; their modules have the same names."""
    info = ENGINES[name]
    return (info.distribution, *EXPORTERS.get(info.export, ()))


def _missing(name: str) -> list[str]:
    return [needed for needed in _needs(name) if find_spec(needed) is None]


def _version(distribution: str) -> str | None:
    """None also where another distribution brings the module, such as onnxruntime-gpu."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None
