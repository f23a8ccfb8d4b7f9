"""A server of files that can break off, change its mind and lie about checksums."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CONTENT = bytes(range(256)) * 2_000  # 512 kB


@dataclass
class Server:
    """What one says, and what it was asked.

    breaks_after: bytes of an answer after which the connection ends; whole pieces are kept.
    length: what an answer says that it is long, if that is not so.
    """

    content: bytes = CONTENT
    version: str = '"one"'
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 200
    breaks_after: int | None = None
    length: int | None = None
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    url: str = ""


@contextmanager
def serving() -> Iterator[Server]:
    found = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            span = self.headers["Range"]
            found.asked.append((self.path, span))
            if found.status != 200:
                self.send_error(found.status)
                return
            start = 0
            if span and self.headers["If-Range"] == found.version:
                start = int(re.fullmatch(r"bytes=(\d+)-", span)[1])
            rest = found.content[start:]
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(found.length or len(rest)))
            self.send_header("ETag", found.version)
            for name, value in found.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(rest[: found.breaks_after])

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        found.url = f"http://127.0.0.1:{http.server_address[1]}"
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        yield found
        http.shutdown()
        thread.join()
