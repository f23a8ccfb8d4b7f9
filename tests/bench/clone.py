"""From a clone to one's own first number, in a fresh virtual environment."""

from __future__ import annotations

import subprocess
import tempfile
import time
from pathlib import Path

from tests.bench.figure import Figure
from tests.serving import PROJECT


def figures() -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "clone"
        start = time.monotonic()
        _run("git", "clone", "--quiet", str(PROJECT), str(project), at=Path(folder))
        _run("make", ".venv/installed", at=project)
        installed_s = time.monotonic() - start
        _run(
            ".venv/bin/mobilenet-bench",
            "measure",
            "--width",
            "0.25",
            "--resolution",
            "128",
            at=project,
        )
        number_s = time.monotonic() - start
        size = sum(path.lstat().st_size for path in (project / ".venv").rglob("*"))
    return [
        Figure("clone and install", f"{installed_s / 60:.1f} min"),
        Figure("clone to first own number", f"{number_s / 60:.1f} min"),
        Figure("virtual environment on disk", f"{size / 1e9:.1f} GB"),
    ]


def _run(*command: str, at: Path) -> None:
    subprocess.run(command, cwd=at, check=True, stdout=subprocess.DEVNULL)
