"""Sliders and live figures inside a notebook: counts at once, times from a worker behind it."""

from __future__ import annotations

import atexit
import threading
import uuid
from functools import cache
from html import escape
from typing import Any

from benchmarks import charts, units
from benchmarks.candidates import Candidate
from benchmarks.charts.notebook import notebook_figure
from benchmarks.collection import Collection
from benchmarks.engines import ENGINES
from benchmarks.insight import LARGEST, compared
from benchmarks.jobs.manager import JobManager, JobView
from benchmarks.jobs.request import Request, check_scenario
from benchmarks.jobs.runner import Runner
from benchmarks.references import references
from benchmarks.scenarios import Scenario
from benchmarks.variants import METRICS, Variant, describe
from mobilenet.config import PAPER_RESOLUTIONS, PAPER_WIDTHS, MobileNetConfig, paper_grid

WIDTH_STEP, RESOLUTION_STEP = 0.05, 32
PREVIEW_DELAY_S = 0.3  # in which the slider may move once more
EXTRA = 'pip install "mobilenet-bench[notebook]"'
_METRICS = {"latency": "Latency here", "mult_adds": "Mult-adds", "parameters": "Parameters"}


def explore(
    width: float = 1.0, resolution: int = 224, *, engine: str = "eager", threads: int = 1
) -> Explorer:
    """Two sliders, what the network costs, and accuracy over that, live below the cell.

    Counts follow at once; a preview of the latency in `engine` comes from a worker process a moment
    later, as soon as nobody else measures on this machine. For a proper measurement use
    `benchmarks.measure`.

    Raises ImportError if ipywidgets is missing, with the command that brings it, and ConfigError or
    ScenarioError for what does not exist.
    """
    config, scenario = MobileNetConfig(width, resolution), Scenario(engine, threads=threads)
    check_scenario(scenario)
    return Explorer(config, scenario)


class Explorer:
    """What `explore` shows. `config` is the network that the sliders stand on."""

    def __init__(self, config: MobileNetConfig, scenario: Scenario) -> None:
        widgets = _widgets()
        self._owner = f"explorer {uuid.uuid4().hex}"  # of previews: each explorer waits for its own
        self._collection = Collection()
        self._drawing = threading.Lock()
        self._width = widgets.FloatSlider(
            value=config.width_multiplier,
            min=min(PAPER_WIDTHS[0], config.width_multiplier),
            max=max(PAPER_WIDTHS[-1], config.width_multiplier),
            step=WIDTH_STEP,
            description="Width α",
            continuous_update=True,
        )
        self._resolution = widgets.IntSlider(
            value=config.resolution,
            min=min(PAPER_RESOLUTIONS[0], config.resolution),
            max=max(PAPER_RESOLUTIONS[-1], config.resolution),
            step=RESOLUTION_STEP,
            description="Resolution",
        )
        self._engine = widgets.Dropdown(
            options=[(info.label, name) for name, info in ENGINES.items()],
            value=scenario.engine,
            description="Engine",
        )
        self._metric = widgets.ToggleButtons(
            options=[(title, name) for name, title in _METRICS.items()], value="mult_adds"
        )
        self._threads = scenario.threads
        self._numbers = widgets.HTML()
        # Not plotly's FigureWidget: it opens without data, and a busy browser may draw it so.
        self._place = widgets.Output(layout={"width": "100%"})
        self._drawn: charts.Figure | None = None
        self._view = widgets.VBox(
            [
                widgets.HBox([self._width, self._resolution, self._engine]),
                self._numbers,
                self._metric,
                self._place,
            ]
        )
        for control in (self._width, self._resolution, self._engine):
            control.observe(self._moved, names="value")
        self._metric.observe(lambda change: self._draw(), names="value")
        self._moved(None)

    @property
    def config(self) -> MobileNetConfig:
        return MobileNetConfig(round(self._width.value, 6), self._resolution.value)

    @property
    def scenario(self) -> Scenario:
        return Scenario(self._engine.value, threads=self._threads)

    def close(self) -> None:
        """Remove it from the notebook."""
        self._view.close()

    def _ipython_display_(self) -> None:
        from IPython.display import display

        display(self._view)

    def _moved(self, change: object) -> None:
        self._draw()
        one, scenario = Candidate(config=self.config), self.scenario
        wanted = [one for one in (LARGEST, one) if self._time_of(one) is None]
        if wanted:
            request = Request(
                title=f"Preview of {one.name}",
                candidates=tuple(dict.fromkeys(wanted)),
                scenarios=(scenario,),
                preset="preview",
                quality="preview",
                owner=self._owner,
                delay_s=PREVIEW_DELAY_S,
            )
            job_id = manager().submit(request)
            threading.Thread(target=self._await, args=(job_id,), daemon=True).start()

    def _await(self, job_id: str) -> None:
        """Draw what has come in, unless the sliders have moved on."""
        job = manager().wait_for(job_id)
        if job.state != "replaced":
            self._draw(job)

    def _draw(self, job: JobView | None = None) -> None:
        with self._drawing:
            self._collection = manager().collection()
            self._numbers.value = self._counts(job)
            chart = self._chart()
            if chart != self._drawn:
                shown = notebook_figure(chart, dark=False).live_bundle()
                output = {"output_type": "display_data", "data": shown, "metadata": {}}
                self._place.outputs = (output,)
                self._drawn = chart

    def _chart(self) -> charts.Figure:
        selected = Candidate(config=self.config)
        every = [Candidate(config=config) for config in paper_grid()]
        every += [Candidate(reference=name) for name in references()]
        variants = [self._variant(one) for one in dict.fromkeys([*every, selected])]
        metric = next(name for name in METRICS if name == self._metric.value)
        return charts.tradeoff(
            variants,
            metric=metric,
            selected=selected.key,
            baseline=LARGEST.key,
            pareto=charts.fronts(variants, metric),
            screen_px=700,
            dark=False,
        )

    def _variant(self, one: Candidate) -> Variant:
        return describe(one, self._collection.best, self.scenario)

    def _time_of(self, one: Candidate) -> float | None:
        found = self._collection.get(one, self.scenario)
        return found.median_s if found is not None else None

    def _counts(self, job: JobView | None) -> str:
        """One line of HTML: what the network costs, each beside 1.0-224."""
        one = Candidate(config=self.config)
        top1 = self._variant(one).top1
        accuracy = (
            f"{units.percent(top1.percent, error_percent=top1.error_percent)} top-1"
            if top1
            else "no accuracy published"
        )
        against = compared(one, LARGEST, self.scenario, self._collection)
        known = self._time_of(one)
        timed = f"{units.milliseconds(known)} here, a preview" if known else "being timed"
        if against and one != LARGEST:
            timed += f" ({against})"
        if known is None and job is not None:
            reasons = [failure.reason for failure in job.failures] or [job.problem or job.state]
            timed = f"not timed: {reasons[0]}"
        facts = [
            f"{units.millions(one.mult_adds)} mult-adds",
            f"{units.millions(one.parameters)} parameters",
            units.megabytes(one.size_bytes),
            accuracy,
            timed,
        ]
        return f"<b>MobileNet {escape(one.label)}</b>: {escape(', '.join(facts))}"


@cache
def manager() -> JobManager:
    """The queue of this kernel's explorers; its worker ends with the kernel."""
    found = JobManager(Runner())
    atexit.register(found.close)
    return found


def _widgets() -> Any:
    """ipywidgets. Raises ImportError with the way out."""
    try:
        import ipywidgets
    except ImportError as error:
        raise ImportError(
            f"explore() needs {error.name}, which is not installed. Run: {EXTRA}"
        ) from error
    return ipywidgets
