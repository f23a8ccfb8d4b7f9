"""1.0-224 by the harness and by an engine itself, in turns: `python -m tests.bench.direct ENGINE`.

Prints the log-ratio of each round. Each side has a network of its own, loaded its own way.
"""

from __future__ import annotations

import json
import math
import random
import sys
import time
from collections.abc import Callable
from statistics import median

from benchmarks.candidates import Candidate
from benchmarks.engines import load_engine
from benchmarks.inputs import images
from benchmarks.prepared import Form
from benchmarks.results import Scenario
from mobilenet import MobileNetConfig

ROUNDS = 30
CALLS = 8
WARMUP = 20
NETWORK = Candidate(config=MobileNetConfig(1.0, 224))
FORM = Form(NETWORK, 1)


def eager() -> Callable[[], object]:
    import torch

    from mobilenet import MobileNet, initialise

    torch.set_num_threads(1)
    model = MobileNet(NETWORK.config)
    initialise(model, 0, image_shape=(3, 224, 224))
    image = torch.from_numpy(images(NETWORK, 1))

    def call() -> object:
        with torch.inference_mode():
            return model(image)

    return call


def onnxruntime() -> Callable[[], object]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(exported(), options, providers=["CPUExecutionProvider"])
    feed = {session.get_inputs()[0].name: images(NETWORK, 1)}
    return lambda: session.run(None, feed)


def openvino() -> Callable[[], object]:
    import openvino

    settings = {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": 1,
        "INFERENCE_PRECISION_HINT": "f32",
    }
    request = openvino.Core().compile_model(exported(), "CPU", settings).create_infer_request()
    request.set_input_tensor(openvino.Tensor(images(NETWORK, 1)))
    return request.infer


def exported() -> str:
    return str(FORM.folder() / FORM.file)


DIRECT = {"eager": eager, "onnxruntime": onnxruntime, "openvino": openvino}


def main(name: str) -> None:
    prepared = FORM.folder() if FORM.is_prepared() else None
    by_harness = load_engine(name).load(NETWORK, Scenario(engine=name), prepared).time_ns
    call = DIRECT[name]()

    def by_hand() -> int:
        start = time.perf_counter_ns()
        call()
        return time.perf_counter_ns() - start

    sides = [by_harness, by_hand]
    for side in sides * WARMUP:
        side()
    logs = []
    for _ in range(ROUNDS):
        typical = {}
        for side in random.sample(sides, 2):
            side()  # the first call after a switch is slower
            typical[side] = median(side() for _ in range(CALLS))
        logs.append(math.log(typical[by_harness] / typical[by_hand]))
    print(json.dumps(logs))


if __name__ == "__main__":
    main(sys.argv[1])
