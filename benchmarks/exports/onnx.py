"""ONNX, by torch's own exporter; for ONNX Runtime and OpenVINO."""

from __future__ import annotations

import warnings
from pathlib import Path

import torch
from torch import nn

from benchmarks.exports.quantised import Calibration, quantise
from benchmarks.inputs import images
from benchmarks.prepared import Form

OPSET = 18


def write(model: nn.Module, form: Form, path: Path, calibration: Calibration) -> None:
    if form.precision == "int8":
        whole = path.with_name("float32.onnx")
        _export(model, form, whole)
        quantise(whole, form, path, calibration)
    else:
        _export(model, form, path)


def _export(model: nn.Module, form: Form, path: Path) -> None:
    inputs = torch.from_numpy(images(form.candidate, form.batch))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's own deprecations
        try:
            torch.onnx.export(
                model,
                (inputs,),
                path,
                dynamo=True,
                opset_version=OPSET,
                external_data=False,  # one file; the largest, VGG-16, has 0.55 GB
                verbose=False,
            )
        except RuntimeError as error:
            # The exporter's own first line tells at which of its steps it was, in colours.
            raise error.__cause__ or error  # noqa: B904
