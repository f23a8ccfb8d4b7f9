"""Each runtime called through its own API, as its documentation shows; the harness has no part.

An engine that is missing in `OWN` is compared with none; everything else works for it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.candidates import Candidate
from benchmarks.engines import load_engine
from benchmarks.engines.session import Session
from benchmarks.inputs import images
from benchmarks.prepared import Form

CHANNELS_LAST = "channels_last"


@dataclass(frozen=True)
class Own:
    """A network that is loaded without the harness.

    session: what the harness would time it with: the same network, so that only clocks differ.
    benchmark: seconds of each of so many calls, by the runtime's own benchmark and its clock.
    """

    call: Callable[[], object]
    session: Session | None = None
    benchmark: Callable[[int], list[float]] | None = None


def eager(network: Candidate, threads: int) -> Own:
    return _torch(_mobilenet(network), network, threads)


def channels_last(network: Candidate, threads: int) -> Own:
    import torch

    model = _mobilenet(network).to(memory_format=torch.channels_last)
    return _torch(model, network, threads, CHANNELS_LAST)


def compiled(network: Candidate, threads: int) -> Own:
    """The library that torch compiled, by the class that torch's own loader wraps."""
    import torch

    torch.set_num_threads(threads)
    path = _prepared(Form(network, 1, "aot", threads=threads))
    runner = torch._C._aoti.AOTIModelContainerRunnerCpu(str(path), 1)
    image = [torch.from_numpy(images(network, 1))]
    return Own(lambda: runner.run(image))


def timm(network: Candidate, threads: int) -> Own:
    """timm's MobileNet v1, by PyTorch alone."""
    import timm

    assert network.key == "1.0-224"
    model = timm.create_model("mobilenetv1_100", pretrained=False).eval()
    return _torch(model, network, threads)


def onnxruntime(network: Candidate, threads: int) -> Own:
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    from benchmarks.engines.onnxruntime import OnnxRuntimeSession

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(
        str(_exported(network)), options, providers=["CPUExecutionProvider"]
    )
    feed: dict[str, object] = {session.get_inputs()[0].name: images(network, 1)}
    return Own(lambda: session.run(None, feed), OnnxRuntimeSession(session, feed, (RuntimeError,)))


def openvino(network: Candidate, threads: int) -> Own:
    load_engine("openvino")  # blocks its telemetry
    import openvino
    from openvino.tools.benchmark.benchmark import Benchmark

    from benchmarks.engines.openvino import OpenVinoSession

    settings = {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": threads,
        "INFERENCE_PRECISION_HINT": "f32",
    }
    compiled = openvino.Core().compile_model(str(_exported(network)), "CPU", settings)
    request = compiled.create_infer_request()
    request.set_input_tensor(openvino.Tensor(images(network, 1)))

    def benchmark(calls: int) -> list[float]:
        """The loop of benchmark_app, on this request."""
        app = Benchmark("CPU", number_iterations=calls, api_type="sync", inference_only=True)
        times_ms, _, _ = app.sync_inference(request, _OneImage())
        return [one / 1000 for one in times_ms]

    return Own(request.infer, OpenVinoSession(request), benchmark)


def executorch(network: Candidate, threads: int) -> Own:
    """With XNNPACK, its delegate for CPUs."""
    import torch
    from executorch.extension.pybindings import portable_lib
    from executorch.runtime import Runtime

    portable_lib._unsafe_reset_threadpool(threads)  # the only way that it offers
    path = _prepared(Form(network, 1, "xnnpack"))
    method = Runtime.get().load_program(path).load_method("forward")
    image = torch.from_numpy(images(network, 1))
    return Own(lambda: method.execute((image,)))


OWN: Mapping[str, Callable[[Candidate, int], Own]] = {
    kind.__name__: kind
    for kind in (eager, channels_last, compiled, onnxruntime, openvino, executorch, timm)
}


class _OneImage:
    """What benchmark_app asks how many images a call has."""

    def get_next_batch_size(self) -> int:
        return 1


def _exported(network: Candidate) -> Path:
    return _prepared(Form(network, 1))


def _prepared(form: Form) -> Path:
    return form.folder() / form.file


def _mobilenet(network: Candidate) -> Any:
    from mobilenet import MobileNet, initialise

    assert network.config is not None
    model = MobileNet(network.config)
    initialise(model, 0, image_shape=network.image_shape)
    return model


def _torch(model: Any, network: Candidate, threads: int, layout: str = "contiguous_format") -> Own:
    import torch

    from benchmarks.engines.torch_session import TorchSession

    torch.set_num_threads(threads)
    image = torch.from_numpy(images(network, 1)).to(memory_format=getattr(torch, layout))

    def call() -> object:
        with torch.inference_mode():
            return model(image)

    return Own(call, TorchSession(model, image))
