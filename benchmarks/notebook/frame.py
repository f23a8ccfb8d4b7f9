"""The frame in which a notebook shows the dashboard; the browser finds the way to it."""

from __future__ import annotations

import secrets
from functools import lru_cache
from importlib.resources import files

from jinja2 import Environment, StrictUndefined, Template


def frame(port: int, address: str, *, height_px: int) -> str:
    """HTML that looks for the server's page: through Jupyter's own proxy where there is one, else
    directly. It says so where neither is reached, as in an exported notebook.

    address: of the page, beginning with "?".
    """
    return _template().render(
        name=f"mobilenet-bench-{secrets.token_hex(4)}",
        port=int(port),
        direct=f"http://127.0.0.1:{int(port)}/",
        address=address,
        height_px=int(height_px),
    )


@lru_cache(maxsize=1)
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    text = files("benchmarks.notebook").joinpath("frame.html.jinja").read_text(encoding="utf-8")
    return environment.from_string(text)
