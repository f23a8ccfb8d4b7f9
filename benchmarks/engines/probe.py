"""Which engines really run here, found out by running a tiny network. Imports no runtime."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from benchmarks.api import measure
from benchmarks.engines import ENGINES
from benchmarks.jobs.runner import Update
from benchmarks.machine import Machine, read_machine
from benchmarks.results import Run
from mobilenet.config import MobileNetConfig

TINY = MobileNetConfig(0.25, 32, num_classes=10)
EXPORTER = ("torch", "onnx", "onnxscript")  # what exporting a network takes


@dataclass(frozen=True)
class EngineStatus:
    """Whether an engine runs on a device here. reason: why not; None if it does.

    versions: the distributions it needs, its own first, as far as they are installed.
    """

    engine: str
    device: str
    available: bool
    reason: str | None
    versions: tuple[tuple[str, str], ...]


def probe(listen: Callable[[Update], None] | None = None) -> tuple[EngineStatus, ...]:
    """Each engine on the CPU, eager PyTorch on accelerators too; some seconds, in the queue.

    listen: as for `measure`. Raises KeyboardInterrupt after Ctrl-C: half an answer would mislead.
    """
    devices = dict.fromkeys(ENGINES, ("cpu",)) | {"eager": ("cpu", *accelerators(read_machine()))}
    installed = [name for name in ENGINES if not _missing(name)]
    runs: dict[str, Run] = {}
    for device in dict.fromkeys(device for name in installed for device in devices[name]):
        engines = [name for name in installed if device in devices[name]]
        runs[device] = measure(
            TINY, engines=engines, device=device, preset="preview", listen=listen
        )
        if runs[device].cancelled:
            raise KeyboardInterrupt
    return tuple(
        _status(name, device, runs.get(device)) for name in ENGINES for device in devices[name]
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


def _status(name: str, device: str, run: Run | None) -> EngineStatus:
    reason = _reason(name, run)
    versions = tuple(
        (needed, found) for needed in _needs(name) if (found := _version(needed)) is not None
    )
    return EngineStatus(name, device, reason is None, reason, versions)


def _reason(name: str, run: Run | None) -> str | None:
    if missing := _missing(name):
        return f"not installed; run: pip install {' '.join(missing)}"
    failures = run.failures if run is not None else ()
    return next((row.reason for row in failures if row.scenario.engine == name), None)


def _needs(name: str) -> tuple[str, ...]:
    """Distributions; their modules have the same names."""
    info = ENGINES[name]
    return (info.distribution, *EXPORTER) if info.needs_export else (info.distribution,)


def _missing(name: str) -> list[str]:
    return [needed for needed in _needs(name) if find_spec(needed) is None]


def _version(distribution: str) -> str | None:
    """None also where another distribution brings the module, such as onnxruntime-gpu."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None
