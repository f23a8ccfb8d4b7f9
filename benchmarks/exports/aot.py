"""A library that torch's compiler makes ahead of time: it starts at once, where `torch.compile`
would compile anew in each fresh process. Needs a C++ compiler."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
import torch._inductor
from torch import nn

from benchmarks.engines.session import EngineError
from benchmarks.engines.torch_session import DTYPES, check_precision
from benchmarks.inputs import images
from benchmarks.prepared import Form


def write(model: nn.Module, form: Form, path: Path, _: object) -> None:
    """Raises Unsupported before it starts if the CPU lacks the precision, EngineError for want of a
    compiler."""
    check_precision("cpu", form.precision)
    assert form.threads is not None
    torch.set_num_threads(form.threads)  # the compiler cuts its loops for so many
    kind = DTYPES[form.precision]
    inputs = (torch.from_numpy(images(form.candidate, form.batch)).to(kind),)
    with TemporaryDirectory(dir=path.parent) as aside, torch.no_grad():
        # Sources and objects go with it; by default all of them are kept for ever.
        os.environ["TORCHINDUCTOR_CACHE_DIR"] = aside
        made = Path(aside) / path.name
        program = torch.export.export(model.to(kind), inputs)
        try:
            torch._inductor.aot_compile(
                program.module(),
                inputs,
                options={"freezing": True, "aot_inductor.output_path": str(made)},
            )
        except RuntimeError as error:
            if "C++ compiler" in str(error):
                raise EngineError("it takes a C++ compiler, such as g++; install one") from error
            raise
        made.rename(path)
