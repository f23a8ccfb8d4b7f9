"""`%bench`: the quick question, in one line of a notebook."""

from __future__ import annotations

from typing import Any

from IPython.core.magic import Magics, line_magic, magics_class
from IPython.core.magic_arguments import argument, magic_arguments, parse_argstring

from benchmarks import api
from benchmarks.candidates import CandidateError
from benchmarks.results import Run
from benchmarks.scenarios import ScenarioError
from benchmarks.timing.protocol import PLANS
from mobilenet.config import ConfigError


@magics_class
class BenchMagics(Magics):
    """What `%load_ext benchmarks.notebook` adds."""

    @line_magic
    @magic_arguments()
    @argument("networks", nargs="+", help="Such as 0.5-160, 1.0-224 or resnet18.")
    @argument("--engine", default="eager", help="A list, such as eager,openvino.")
    @argument("--precision", default="float32", help="A list, such as float32,int8.")
    @argument("--device", default="cpu", help="cpu, or an accelerator by torch's name.")
    @argument("--threads", type=int, default=1, help="CPU threads that an engine may use.")
    @argument("--batch", type=int, default=1, help="Images in one inference.")
    @argument("--preset", default="quick", choices=list(PLANS), help="How much it may take.")
    def bench(self, line: str) -> Run | None:
        """Time networks on this machine and give back the run: run = %bench 0.5-160 resnet18"""
        given: Any = parse_argstring(self.bench, line)
        try:
            return api.measure(
                [name for text in given.networks for name in _listed(text)],
                engines=_listed(given.engine),
                precisions=_listed(given.precision),
                device=given.device,
                threads=given.threads,
                batch=given.batch,
                preset=given.preset,
            )
        except (CandidateError, ConfigError, ScenarioError) as error:
            print(error)  # a traceback would say nothing more
            return None


def _listed(text: str) -> list[str]:
    return [part for part in text.split(",") if part]
