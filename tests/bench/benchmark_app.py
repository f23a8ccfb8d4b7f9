"""OpenVINO's own benchmark_app, set to measure what this project measures."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.candidates import candidate
from benchmarks.prepared import Form
from tests.serving import PROJECT

SECONDS = 2
# Without its telemetry, which would look up a host.
_START = (
    "import sys; sys.modules['openvino_telemetry'] = None; "
    "from openvino.tools.benchmark.main import main; main()"
)
_MEDIAN = re.compile(r"Median:\s+([\d.]+) (us|ms)")


def latency_s(network: str, threads: int) -> float:
    """The median that a fresh process of it reports."""
    form = Form(candidate(network), 1)
    with tempfile.TemporaryDirectory() as folder:
        # It refuses -nthreads together with the latency hint; a configuration file may have both.
        config = Path(folder) / "config.json"
        config.write_text(json.dumps({"CPU": {"INFERENCE_NUM_THREADS": threads}}), "utf-8")
        options = {
            "-m": str(form.folder() / form.file),
            "-d": "CPU",
            "-hint": "latency",
            "-api": "sync",
            "-infer_precision": "f32",
            "-ip": "f32",  # else it has images of bytes converted, as part of the network
            "-load_config": str(config),
            "-t": str(SECONDS),
        }
        arguments = [text for pair in options.items() for text in pair]
        answer = subprocess.run(
            [sys.executable, "-c", _START, *arguments],
            cwd=PROJECT,
            check=True,
            capture_output=True,
            text=True,
        )
    return median_s(answer.stdout)


def median_s(report: str) -> float:
    """Read from what it prints. Raises ValueError where no median stands there."""
    found = _MEDIAN.search(report)
    if found is None:
        raise ValueError(f"benchmark_app reported no median:\n{report}")
    return float(found[1]) * {"us": 1e-6, "ms": 1e-3}[found[2]]
