"""The dashboard below a cell, and the handle by which the notebook drives it."""

from __future__ import annotations

import secrets
import webbrowser
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from benchmarks import units
from benchmarks.asked import own_in
from benchmarks.candidates import Candidate, CandidateError, candidate
from benchmarks.notebook import launch
from benchmarks.notebook.frame import frame
from benchmarks.notebook.selection import Selection, selection_of
from benchmarks.progress import is_notebook
from benchmarks.results import Run
from benchmarks.scenarios import Precision, Scenario, ScenarioError
from benchmarks.snapshot import dumps
from benchmarks.steering.announcement import Announcement
from benchmarks.steering.client import DashboardError, ask, is_there
from benchmarks.steering.endpoint import check_way
from benchmarks.steering.messages import Look, Select, Show, View
from mobilenet.config import MobileNetConfig

Network = Candidate | MobileNetConfig | str
HEIGHT_PX = 900


def open_dashboard(*, height: int = HEIGHT_PX, new: bool = False) -> Dashboard:
    """The dashboard in a frame below the cell, and a handle to drive that page.

    height: of the frame, in pixels. new: start another server even where one runs.

    A dashboard of this user, computer, environment and store that runs already is used, whoever
    has started it; else one is started, which ends with this kernel. It listens on this computer
    only. Behind JupyterHub, or where only Jupyter's own port can be reached, the frame goes through
    jupyter-server-proxy. Outside a notebook the page opens in the browser.

    Raises DashboardError if it does not start.
    """
    found = None if new else launch.running()
    how = "Using the dashboard that runs" if found is not None else "Started a dashboard"
    server = found or launch.start()
    opened = Dashboard(server, secrets.token_urlsafe(16))
    print(f"{how} on port {server.port}{_since(server) if found is not None else ''}.")
    if is_notebook():
        from IPython.display import HTML, display

        display(HTML(frame(server.port, opened.address, height_px=height)))
    else:
        webbrowser.open(opened.url)
    return opened


@dataclass(frozen=True)
class Dashboard:
    """A page of a dashboard, opened from here; other pages of the same server are left alone."""

    server: Announcement
    page: str

    @property
    def address(self) -> str:
        """Of the page, without its server: a browser may reach that by another name."""
        return f"?steered={self.page}"

    @property
    def url(self) -> str:
        """For a browser on this computer. Whoever opens it has a page that is driven from here."""
        return f"http://127.0.0.1:{self.server.port}/{self.address}"

    def select(
        self,
        width: float | Network,
        resolution: int | None = None,
        *,
        engine: str | None = None,
        precision: Precision | None = None,
        device: str | None = None,
        threads: int | None = None,
        batch: int | None = None,
    ) -> None:
        """Move the open page to a network, and with `engine` to a way of running it.

        width, resolution: the two multipliers, such as 0.5 and 160; or one network, such as
            MobileNetConfig(0.5, 160), "0.5-160" or "resnet18".
        A page that is not open yet goes there once it is.

        Raises CandidateError, ConfigError or ScenarioError for what does not exist,
        DashboardError if the dashboard has ended.
        """
        given = {"precision": precision, "device": device, "threads": threads, "batch": batch}
        chosen: dict[str, Any] = {name: one for name, one in given.items() if one is not None}
        scenario = None if engine is None else Scenario(engine, **chosen)
        if scenario is not None:
            check_way(scenario)
        elif chosen:
            raise ScenarioError(
                f"{next(iter(chosen))} belongs to a way of running: give the engine as well, such "
                "as engine='openvino'."
            )
        ask(self.server, self.page, Select(_network(width, resolution).key, scenario))

    def show(self, run: Run) -> None:
        """Open the page on this run, kept or not. Times of this machine join those of the page.

        Raises SnapshotError if it is too large for that, DashboardError if the dashboard has ended.
        """
        ask(self.server, self.page, Show(dumps(run)))

    @property
    def selection(self) -> Selection | None:
        """What was last clicked or pinned on the page; None before it was drawn in a browser.

        Raises DashboardError if the dashboard has ended.
        """
        answer = ask(self.server, self.page, Look())
        assert isinstance(answer, View)
        return selection_of(answer.shown) if answer.shown is not None else None

    def stop(self) -> None:
        """End what was started from here. Raises DashboardError if this server was not."""
        if not is_there(self.server):
            return  # it has ended already
        if not launch.is_own(self.server.pid):
            raise DashboardError(
                f"The dashboard on port {self.server.port} was started elsewhere (process "
                f"{self.server.pid}), and is left running. Stop it there."
            )
        launch.stop()

    def __repr__(self) -> str:
        return f"Dashboard on port {self.server.port}"


def _network(width: float | Network, resolution: int | None) -> Candidate:
    if own_in(width) is not None:
        raise CandidateError(
            "The page's sliders lead to MobileNets and references. Measure your module, and show "
            "the run: show(run)."
        )
    if isinstance(width, (int, float)):
        if resolution is None:
            return candidate(MobileNetConfig(width))
        return candidate(MobileNetConfig(width, resolution))
    if resolution is not None:
        return candidate(f"{width}-{resolution}")
    return candidate(width)


def _since(server: Announcement) -> str:
    age = datetime.now(UTC) - datetime.fromisoformat(server.started_utc)
    return f" (process {server.pid}, for {units.duration(age.total_seconds())})"
