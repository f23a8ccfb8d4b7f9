"""What the harness costs: 1.0-224 timed by it, and called through each engine's own API."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from statistics import median

import benchmarks as bench
from benchmarks.candidates import Candidate
from benchmarks.engines import ENGINES
from benchmarks.prepared import folder_for
from benchmarks.timing.statistics import median_interval
from mobilenet import MobileNetConfig
from tests.bench.figure import Figure

ALTERNATIONS = 12
CONFIG = MobileNetConfig(1.0, 224)


def figures() -> list[Figure]:
    return [_figure(engine) for engine in ENGINES]


def _figure(engine: str) -> Figure:
    """Harness and direct call by turns, each in a fresh process; the median ratio of the pairs."""
    bench.measure(CONFIG, engines=[engine], preset="preview")  # exports it, if that is needed
    logs = []
    for number in range(ALTERNATIONS):
        times = {}
        for way in ("harness", "direct") if number % 2 else ("direct", "harness"):
            times[way] = _harness_s(engine) if way == "harness" else _direct_s(engine)
        logs.append(math.log(times["harness"] / times["direct"]))
    interval = median_interval(logs)
    assert interval is not None
    low, high = (100 * (math.exp(end) - 1) for end in (interval.low, interval.high))
    return Figure(
        f"{ENGINES[engine].label}: harness over direct call, {ALTERNATIONS} pairs",
        f"{100 * (math.exp(median(logs)) - 1):+.1f} % (95 %: {low:+.1f} to {high:+.1f})",
        "within 3 %",
    )


def _harness_s(engine: str) -> float:
    return bench.measure(CONFIG, engines=[engine]).measurements[0].median_s


def _direct_s(engine: str) -> float:
    """The median of plain calls in a process that knows nothing of this project's timing."""
    folder = folder_for(Candidate(config=CONFIG), 1)
    command = [sys.executable, "-c", DIRECT[engine], str(folder)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(json.loads(answer.stdout.splitlines()[-1]))


_LOOP = """
import json, sys, time
from pathlib import Path
from statistics import median
import numpy as np
x = np.random.default_rng(0).standard_normal((1, 3, 224, 224), dtype=np.float32)
def show(call):
    for _ in range(30): call()
    times = []
    for _ in range(60):
        start = time.perf_counter(); call(); times.append(time.perf_counter() - start)
    print(json.dumps(median(times)))
network = str(Path(sys.argv[1]) / "network.onnx")
"""
DIRECT = {
    "eager": _LOOP
    + """
import torch
from mobilenet import MobileNet, MobileNetConfig, initialise
torch.set_num_threads(1)
model = MobileNet(MobileNetConfig())
initialise(model, 0, image_shape=(3, 224, 224))
image = torch.from_numpy(x)
with torch.inference_mode(): show(lambda: model(image))
""",
    "onnxruntime": _LOOP
    + """
import onnxruntime as ort
options = ort.SessionOptions()
options.intra_op_num_threads = 1
session = ort.InferenceSession(network, options, providers=["CPUExecutionProvider"])
name = session.get_inputs()[0].name
show(lambda: session.run(None, {name: x}))
""",
    "openvino": _LOOP
    + """
sys.modules["openvino_telemetry"] = None
import openvino as ov
settings = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": 1,
            "INFERENCE_PRECISION_HINT": "f32"}
request = ov.Core().compile_model(network, "CPU", settings).create_infer_request()
request.set_input_tensor(ov.Tensor(x))
show(request.infer)
""",
}
