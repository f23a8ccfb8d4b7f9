"""The command choose."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from benchmarks.cli.answer import (
    BAD_INPUT,
    FAILED,
    INTERRUPTED,
    AsJson,
    print_json,
    stop,
    tell,
    terminal_width,
)
from benchmarks.scenarios import Precision

if TYPE_CHECKING:
    from benchmarks.chooser import Chosen
    from benchmarks.choosing import Option
    from benchmarks.results import Run

Preset = Literal["quick", "standard", "certify"]


def choose(
    max_latency: Annotated[
        str, typer.Option(metavar="TIME", help="Of the median inference, such as 10ms.")
    ],
    max_size: Annotated[
        str | None, typer.Option(metavar="SIZE", help="Of the float32 weights, such as 6MB.")
    ] = None,
    engine: Annotated[str, typer.Option(help="One of `engines`.")] = "eager",
    precision: Annotated[Precision, typer.Option(help="Of weights and arithmetic.")] = "float32",
    device: Annotated[str, typer.Option(help="cpu, or an accelerator by torch's name.")] = "cpu",
    threads: Annotated[int, typer.Option(help="CPU threads that an engine may use.")] = 1,
    batch: Annotated[int, typer.Option(help="Images in one inference.")] = 1,
    preset: Annotated[
        Preset, typer.Option(help="Of measuring the proposals: ever more fresh processes.")
    ] = "quick",
    calibration: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Learn from this saved run of 12 networks or more; one is made where none is.",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Save the last run of proposals there.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """The most accurate MobileNet within a budget, among all widths and resolutions.

    Times 14 networks, learns from them how long any width and resolution takes here, proposes,
    and measures what it proposes. Takes a minute or two; the machine should have nothing else to
    do. Ctrl-C answers with what has been measured until then.

    \b
    Examples:
      mobilenet-bench choose --max-latency 10ms --engine onnxruntime
      mobilenet-bench choose --max-latency 4ms --max-size 6MB --engine openvino --threads 2
      mobilenet-bench choose --max-latency 4ms --calibration eager.json     and again at once

    Exit status: 0 one was found and measured, 1 none was or something failed, 2 bad input, 130
    interrupted.
    """
    from benchmarks import chooser
    from benchmarks.choosing import BudgetError
    from benchmarks.cli.given import InputError, latency_of, size_of
    from benchmarks.latency_model import LatencyModelError
    from benchmarks.progress import ProgressBar
    from benchmarks.scenarios import ScenarioError
    from benchmarks.snapshot import SnapshotError, check_target, load

    try:
        max_latency_s = latency_of(max_latency)
        max_size_bytes = None if max_size is None else size_of(max_size)
        is_known = calibration is not None and calibration.exists()
        learned = load(calibration) if calibration is not None and is_known else None
        for target in (out, None if is_known else calibration):
            if target is not None:
                check_target(target)
        with ProgressBar() as bar:
            chosen = chooser.choose(
                max_latency_s,
                max_size_bytes,
                engine=engine,
                precision=precision,
                device=device,
                threads=threads,
                batch=batch,
                preset=preset,
                calibration=learned,
                listen=bar.show,
            )
    except LatencyModelError as error:
        raise stop(str(error), BAD_INPUT if learned is not None else FAILED) from error
    except (BudgetError, InputError, ScenarioError, SnapshotError) as error:
        raise stop(str(error), BAD_INPUT) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise stop(f"The measurement could not be started: {reason}.", FAILED) from error
    new = None if is_known or chosen.model is None else calibration
    _answer(chosen, new, out, as_json=as_json)


def _answer(chosen: Chosen, new: Path | None, out: Path | None, *, as_json: bool) -> None:
    """new: where the calibration is to be kept."""
    from benchmarks.snapshot import SnapshotError, save
    from benchmarks.tables import describe_failure

    if as_json:
        print_json(_as_json(chosen))
    else:
        for sentence in chosen.sentences():
            typer.echo("\n".join(textwrap.wrap(sentence, terminal_width())))
    for failure in (failure for run in _runs(chosen) for failure in run.failures):
        tell(f"Failed: {describe_failure(failure)}")
    last = chosen.verified[-1] if chosen.verified else None
    for run, path in ((chosen.calibration, new), (last, out)):
        if run is None or path is None:
            continue
        try:
            save(run, path)
        except SnapshotError as error:
            raise stop(str(error), FAILED) from error
        tell(f"Saved to {path}.")
    if out is not None and not chosen.verified:
        tell(f"Nothing was measured that could be saved to {out}.")
    raise typer.Exit(INTERRUPTED if chosen.cancelled else 0 if chosen.best else FAILED)


def _runs(chosen: Chosen) -> tuple[Run, ...]:
    return (chosen.calibration, *chosen.verified)


def _as_json(chosen: Chosen) -> dict[str, object]:
    found, model = chosen.outlook, chosen.model
    measured = [] if found is None else [one for one in found.options if one.measurement]
    best = None if found is None or found.best is None else _option(found.best)
    return {
        "max_latency_s": chosen.budget.max_latency_s,
        "max_size_bytes": chosen.budget.max_size_bytes,
        "engine": chosen.scenario.engine,
        "precision": chosen.scenario.precision,
        "accuracy_source": chosen.source,
        "best": best,
        "measured": [_option(one) | {"fit": one.fit(chosen.budget)} for one in measured],
        "left_out_error": None if model is None else model.error,
        "cancelled": chosen.cancelled,
        "sentences": list(chosen.sentences()),
    }


def _option(one: Option) -> dict[str, object]:
    interval = None if one.measurement is None else one.measurement.interval_s
    return {
        "network": one.candidate.key,
        "top1_percent": one.top1_percent,
        "top1_error_percent": one.top1_error,
        "size_bytes": one.size_bytes,
        "predicted_s": one.predicted_s,
        "median_s": None if one.measurement is None else one.measurement.median_s,
        "interval_s": None if interval is None else [interval.low, interval.high],
    }
