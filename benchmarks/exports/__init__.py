"""Networks in the form that an engine loads, written once. Runs in a worker; imports torch."""

from __future__ import annotations

import time
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

import numpy as np
from torch import nn

from benchmarks.engines.torch_session import expected_logits, explained
from benchmarks.exports.quantised import Calibration
from benchmarks.inputs import images
from benchmarks.networks import build
from benchmarks.prepared import LOGITS, Form, store


class _Writer(Protocol):
    def write(self, model: nn.Module, form: Form, path: Path, calibration: Calibration) -> None:
        """Write the network to `path`. Raises RuntimeError in the runtime's own words."""


def prepare(form: Form, folder: Path, calibration: Calibration = None) -> float:
    """Write `form` into `folder`, with the logits that eager PyTorch gives; seconds it took.

    calibration: batches of images that show what values int8 must hold; None: random ones.

    Raises EngineError where a runtime refuses or memory runs out, OSError if it cannot be stored.
    """
    writer = cast(_Writer, import_module(f"{__name__}.{form.export}"))
    start = time.perf_counter()
    with store(folder) as unfinished:
        try:
            model = build(form.candidate)
            np.save(unfinished / LOGITS, expected_logits(model, images(form.candidate, form.batch)))
            writer.write(model, form, unfinished / form.file, calibration)
        except OSError:
            raise
        except Exception as error:  # exporters raise many kinds of what they cannot do
            raise explained(error) from error
    return time.perf_counter() - start
