"""Measuring from code: one call that waits its turn, measures, and gives everything back."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import replace

from benchmarks.asked import Network, Shape, candidates_of, own_in, several
from benchmarks.candidates import Candidate
from benchmarks.engines import ENGINES
from benchmarks.jobs.environment import Environment, find_environment
from benchmarks.jobs.interruptible import carried_out
from benchmarks.jobs.machine_queue import Ticket, lock_folder
from benchmarks.jobs.request import OF_THIS_PYTHON, Request, scenarios_for
from benchmarks.jobs.runner import Runner
from benchmarks.jobs.updates import Listener
from benchmarks.progress import listening
from benchmarks.results import Run
from benchmarks.scenarios import Scenario, ScenarioError
from benchmarks.timing.protocol import PLANS, Preset


def measure(
    networks: Iterable[Network] | Network,
    *,
    input_shape: Shape | None = None,
    engines: Iterable[str] = ("eager",),
    precisions: Iterable[str] = ("float32",),
    device: str = "cpu",
    threads: int = 1,
    batch: int = 1,
    preset: Preset = "quick",
    memory: bool = False,
    layers: bool = False,
    listen: Listener | None = None,
) -> Run:
    """Time `networks` in each of `engines` on this machine, in worker processes of their own.

    networks: MobileNetConfig, names such as "0.5-160" and "resnet18", and modules of your own, also
        of a class that exists in this notebook only: `my_module`, or `("wide", my_module)` to name
        it. One inference runs here; then the module travels to the workers with its weights, and
        nowhere else: neither a file that is kept nor a snapshot ever holds it.
    input_shape: channels, height and width of one image, for modules of your own.
    precisions: "float32", "float16", "bfloat16", "int8"; each engine in those that it offers.
    threads: CPU threads an engine may use; batch: images in one inference.
    preset: "quick", "standard" or "certify": ever more worker processes.
    memory: after the timing, find out what memory each network takes, and what energy where the
        hardware counts it; on Linux, some seconds a network.
    layers: after the timing, find out what each layer of the MobileNets takes, where the engine
        tells, and what this machine does at best; some seconds a network.
    listen: called with each update while it runs, on the calling thread; by default a bar shows
        how far it is, in a notebook or a terminal.

    Waits until the machine is free of other measurements. An interrupt (Ctrl-C) stops between two
    inferences and gives back what was measured, with `cancelled` set.

    Raises CandidateError, ConfigError or ScenarioError before anything starts.
    """
    scenarios = scenarios_for(
        _several(engines), _several(precisions), device=device, threads=threads, batch=batch
    )
    request = request_for(
        several(networks),
        scenarios,
        preset,
        memory=memory,
        layers=layers,
        input_shape=input_shape,
    )
    with listening(listen) as hear:
        return carry_out(request, hear)


def measure_against(
    python: str,
    networks: Iterable[Network] | Network,
    *,
    engines: Iterable[str] = ("eager",),
    precisions: Iterable[str] = ("float32",),
    device: str = "cpu",
    threads: int = 1,
    batch: int = 1,
    preset: Preset = "quick",
    listen: Listener | None = None,
) -> tuple[Run, Run]:
    """Time `networks` in this environment and in another one, in turns, in one run.

    python: the other environment's interpreter. It runs this program's code with its own runtimes.
    Gives this environment's run and the other's; `benchmarks.compare.compare(other, this)` says
    what follows. The rest is as for `measure`.

    Raises OtherEnvironmentError where `python` cannot be used, and what `measure` raises; modules
    of your own cannot go there.
    """
    asked = several(networks)
    if own := [one for network in asked if (one := own_in(network)) is not None]:
        name, module = own[0]
        raise ScenarioError(f"{name or type(module).__name__} {OF_THIS_PYTHON}")
    scenarios = scenarios_for(
        _several(engines), _several(precisions), device=device, threads=threads, batch=batch
    )
    request = request_for(asked, scenarios, preset)
    other = find_environment(python)
    with listening(listen) as hear:
        return carry_out_against(request, other, hear)


def request_for(
    networks: Iterable[Network],
    scenarios: tuple[Scenario, ...],
    preset: Preset,
    *,
    memory: bool = False,
    layers: bool = False,
    input_shape: Shape | None = None,
) -> Request:
    """What `measure` asks for, checked."""
    if preset not in PLANS:
        raise ScenarioError(f"Preset {preset!r} is not known. Choose one of: {', '.join(PLANS)}.")
    candidates, payloads = candidates_of(list(networks), input_shape)
    dissected = tuple(one for one in candidates if layers and one.config is not None)
    if layers and not dissected:
        raise ScenarioError(
            "Only MobileNets can be timed layer by layer. Add one, such as '0.5-160', or leave "
            "layers out."
        )
    return Request(
        title=_title(candidates),
        candidates=candidates,
        scenarios=scenarios,
        preset=preset,
        quality="preview" if preset == "preview" else "measured",
        fresh=True,
        memory=memory,
        layers=dissected,
        payloads=payloads,
    )


def carry_out(request: Request, listen: Listener) -> Run:
    """Run a request on a thread of its own, so that an interrupt (Ctrl-C) ends it in good order."""
    return _carry_out(request, listen)[0]


def carry_out_against(request: Request, other: Environment, listen: Listener) -> tuple[Run, Run]:
    """The same in two environments, in turns: this one's run, and the other's."""
    bound_to_one = [one.engine for one in request.scenarios if ENGINES[one.engine].export == "aot"]
    if bound_to_one:
        raise ScenarioError(
            f"{ENGINES[bound_to_one[0]].label} cannot be compared between environments: what one "
            "PyTorch has compiled does not run in another. Choose another engine."
        )
    ours, theirs = _carry_out(replace(request, against=other.executable), listen)
    return ours, other.named_in(theirs)


def _carry_out(request: Request, listen: Listener) -> tuple[Run, Run]:
    runner = Runner()

    def work(tell: Listener, stop: threading.Event) -> tuple[Run, Run]:
        try:
            return runner.run_both(request, Ticket(lock_folder(), request.title), tell, stop)
        finally:
            runner.close()

    return carried_out(work, runner.poke, listen)


def _title(candidates: tuple[Candidate, ...]) -> str:
    if len(candidates) == 1:
        return f"Measure {candidates[0].name}"
    return f"Measure {len(candidates)} networks"


def _several(names: Iterable[str]) -> list[str]:
    return [names] if isinstance(names, str) else list(names)
