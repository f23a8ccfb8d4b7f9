"""int8 after training, by ONNX Runtime's quantiser; OpenVINO reads the same file.

Weights by channel, activations by layer, in the ranges that a few random images span: the weights
are random too, so this says what int8 costs in time, and nothing about what it costs in accuracy.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import onnx

from benchmarks.engines.onnxruntime import forbid_telemetry
from benchmarks.inputs import SEED, Images, images
from benchmarks.prepared import Form

CALIBRATION_IMAGES = 16
CALIBRATION_SEED = SEED + 1  # not the image that is timed and compared


def quantise(source: Path, form: Form, path: Path) -> None:
    """Read the float32 network `source`, write `path`."""
    forbid_telemetry()
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    folded = source.with_suffix(".folded.onnx")
    quant_pre_process(str(source), str(folded), skip_symbolic_shape=True)  # shapes are all known
    quantize_static(
        str(folded),
        str(path),
        _Calibration(form, onnx.load(folded).graph.input[0].name),
        quant_format=QuantFormat.QDQ,
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
    )
    source.unlink()
    folded.unlink()


class _Calibration:
    """What ONNX Runtime calls a CalibrationDataReader."""

    def __init__(self, form: Form, name: str) -> None:
        self._feeds = self._batches(form, name)

    def get_next(self) -> dict[str, Images] | None:
        return next(self._feeds, None)

    @staticmethod
    def _batches(form: Form, name: str) -> Iterator[dict[str, Images]]:
        count = -(-CALIBRATION_IMAGES // form.batch)
        for number in range(count):
            yield {name: images(form.candidate, form.batch, seed=CALIBRATION_SEED + number)}
