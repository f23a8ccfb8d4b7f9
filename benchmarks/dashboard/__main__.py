"""A dashboard for a notebook: `python -m benchmarks.dashboard PORT`.

It ends when its standard input does, and so with the kernel that has started it.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

from streamlit.web import cli

from benchmarks.dashboard import steered


def main() -> None:
    port = int(sys.argv[1])
    threading.Thread(target=_end_with_input, daemon=True).start()
    if not steered.listen(port):  # before anybody looks: the notebook has something to say
        sys.exit(1)
    script = Path(__file__).with_name("app.py")
    sys.argv = ["streamlit", "run", str(script), "--server.port", str(port)]
    sys.argv += ["--server.headless", "true"]
    cli.main()


def _end_with_input() -> None:
    while os.read(0, 4096):  # not through sys.stdin, which the end of Python would wait for
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
