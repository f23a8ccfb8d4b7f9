"""int8 after training, by ONNX Runtime's quantiser; OpenVINO reads the same file.

Weights by channel, activations by layer, in the ranges that a few images span. For timing these are
random, as the weights are: that says what int8 costs in time, and nothing about accuracy. Where
accuracy is measured they are images of those that the network was trained on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import onnx

from benchmarks.engines.onnxruntime import forbid_telemetry
from benchmarks.inputs import SEED, Images, images
from benchmarks.prepared import Form

Calibration = Iterable[Images] | None  # None: random images

CALIBRATION_IMAGES = 16
CALIBRATION_SEED = SEED + 1  # not the image that is timed and compared


def quantise(source: Path, form: Form, path: Path, calibration: Calibration) -> None:
    """Read the float32 network `source`, write `path`."""
    forbid_telemetry()
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    folded = source.with_suffix(".folded.onnx")
    quant_pre_process(str(source), str(folded), skip_symbolic_shape=True)  # shapes are all known
    quantize_static(
        str(folded),
        str(path),
        _Feeds(_random(form) if calibration is None else calibration, _input_name(folded)),
        quant_format=QuantFormat.QDQ,
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
    )
    source.unlink()
    folded.unlink()


def _input_name(path: Path) -> str:
    return str(onnx.load(path).graph.input[0].name)


class _Feeds:
    """What ONNX Runtime calls a CalibrationDataReader."""

    def __init__(self, batches: Iterable[Images], name: str) -> None:
        self._batches, self._name = iter(batches), name

    def get_next(self) -> dict[str, Images] | None:
        batch = next(self._batches, None)
        return None if batch is None else {self._name: batch}


def _random(form: Form) -> Iterator[Images]:
    for number in range(-(-CALIBRATION_IMAGES // form.batch)):
        yield images(form.candidate, form.batch, seed=CALIBRATION_SEED + number)
