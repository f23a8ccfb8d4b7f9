"""The Jupyter face: sliders in a cell, the dashboard below one, and `%bench`.

import benchmarks as bench
bench.explore()
d = bench.open_dashboard()
%load_ext benchmarks.notebook
%bench 0.5-160 resnet18 --engine eager,openvino
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def load_ipython_extension(shell: InteractiveShell) -> None:
    """`%load_ext benchmarks.notebook` adds `%bench`."""
    from benchmarks.notebook.magic import BenchMagics

    shell.register_magics(BenchMagics)
