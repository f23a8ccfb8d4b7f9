"""Released weights, fetched when somebody asks for them: resumed, checked, kept. No torch."""

from __future__ import annotations

import base64
import errno
import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import requests
from filelock import FileLock

from mobilenet.weights.catalogue import Released
from mobilenet.weights.containers import MAX_FILE_BYTES
from mobilenet.weights.error import WeightsError

MIRROR_VARIABLE = "MOBILENET_BENCH_WEIGHTS_MIRROR"
CONNECT_S, SILENCE_S = 10, 30  # to be connected, and between two pieces
PIECE_BYTES = 64 * 1024
_SHA256_DIGITS = 64

Progress = Callable[[int, int | None], None]  # bytes that are here, bytes in all if known


def kept(one: Released, folder: Path) -> Path | None:
    """Where these weights lie, if they were fetched before."""
    target = folder / one.file
    return target if target.is_file() else None


def fetch(one: Released, folder: Path, progress: Progress | None = None) -> Path:
    """The file of these weights in `folder`, fetched unless it is there.

    What has come stays when the connection ends, and the next call goes on from there. A file
    counts as fetched once it is as long as the server said and has the checksum that it gave.
    `MOBILENET_BENCH_WEIGHTS_MIRROR` names another server, with a folder for each host.

    Raises WeightsError without a network, for an answer that is no such file, and where the disk
    is full.
    """
    target = folder / one.file
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / f".{one.file}.lock"):  # two tabs may ask for the same
            if not target.is_file():
                _fetch(_address(one.url), _Part(folder / f".{one.file}.part"), target, progress)
    except OSError as error:
        # requests' own errors are OSErrors too, and were told apart before.
        raise WeightsError(f"{one.file} cannot be kept in {folder}: {error.strerror}.") from error
    return target


def _address(url: str) -> str:
    mirror = os.environ.get(MIRROR_VARIABLE, "").rstrip("/")
    if not mirror:
        return url
    parts = urlsplit(url)
    return f"{mirror}/{parts.netloc}{parts.path}"


@dataclass(frozen=True)
class _Part:
    """The beginning of a file that has not come whole, and of which version it is."""

    path: Path

    @property
    def _note(self) -> Path:
        return self.path.with_name(f"{self.path.name}.version")

    @property
    def version(self) -> str | None:
        return self._note.read_text(encoding="ascii") if self._note.is_file() else None

    @property
    def size(self) -> int:
        return self.path.stat().st_size if self.path.is_file() and self.version else 0

    def begin(self, version: str) -> None:
        self.drop()
        self._note.write_text(version, encoding="ascii", errors="replace")

    def drop(self) -> None:
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)

    def finish(self, target: Path) -> None:
        self.path.replace(target)
        self._note.unlink(missing_ok=True)


def _fetch(url: str, part: _Part, target: Path, progress: Progress | None) -> None:
    here = part.size
    headers = {"Accept-Encoding": "identity"}  # lengths and checksums are of the file itself
    if here:
        headers |= {"Range": f"bytes={here}-", "If-Range": str(part.version)}
    with _asked(url, headers) as answer:
        if answer.status_code == requests.codes.requested_range_not_satisfiable:
            part.drop()
            raise WeightsError(f"{url} has changed meanwhile. Ask again: it begins anew.")
        if answer.status_code not in (requests.codes.ok, requests.codes.partial_content):
            raise WeightsError(
                f"{url} answers {answer.status_code} ({answer.reason}). It is not there, or may "
                "not be had; fetch the file by hand and name it instead."
            )
        if answer.status_code == requests.codes.ok:
            here = 0
            part.begin(answer.headers.get("ETag", ""))
        total = _total(answer.headers, here)
        if total is not None and total > MAX_FILE_BYTES:
            part.drop()
            raise WeightsError(f"{url} has {total} bytes: these are no weights of a MobileNet.")
        here = _written(answer, part, here, total, progress)
    if total is not None and here != total:
        raise WeightsError(
            f"The connection ended after {here} of {total} bytes of {target.name}. Ask again: it "
            "goes on from there."
        )
    problem = _problem(part.path, _promised(answer))
    if problem:
        part.drop()
        raise WeightsError(f"{url}: {problem}. Nothing was kept; ask again.")
    part.finish(target)


@contextmanager
def _asked(url: str, headers: Mapping[str, str]) -> Iterator[requests.Response]:
    try:
        answer = requests.get(
            url, headers=dict(headers), stream=True, timeout=(CONNECT_S, SILENCE_S)
        )
    except requests.RequestException as error:
        host = urlsplit(url).netloc
        raise WeightsError(
            f"{host} cannot be reached. Without a network, name a file that is here already."
        ) from error
    with answer:
        yield answer


def _written(
    answer: requests.Response, part: _Part, here: int, total: int | None, progress: Progress | None
) -> int:
    """Append what comes; the bytes that are here when it ends, for whatever reason."""
    try:
        with part.path.open("ab") as file:
            for piece in answer.iter_content(PIECE_BYTES):
                here += file.write(piece)
                if here > MAX_FILE_BYTES:
                    break
                if progress is not None:
                    progress(here, total)
    except requests.RequestException:
        return here  # cut off: what is here stays
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            part.drop()  # gives the space back
        raise
    return here


def _total(headers: Mapping[str, str], here: int) -> int | None:
    length = headers.get("Content-Length", "")
    return here + int(length) if length.isdigit() else None


def _promised(answer: requests.Response) -> tuple[str, str] | None:
    """The checksum that the server gives: Google's storage as MD5, Hugging Face's as SHA-256."""
    for step in (answer, *answer.history):
        for entry in step.headers.get("x-goog-hash", "").split(","):
            kind, _, value = entry.strip().partition("=")
            if kind == "md5":
                return "md5", base64.b64decode(value).hex()
        etag = step.headers.get("X-Linked-ETag", "").strip('"')
        if len(etag) == _SHA256_DIGITS:
            return "sha256", etag
    return None


def _problem(path: Path, promised: tuple[str, str] | None) -> str | None:
    if promised is None:
        return None
    kind, wanted = promised
    with path.open("rb") as file:
        found = hashlib.file_digest(file, kind).hexdigest()
    if found == wanted:
        return None
    return f"what came has {kind.upper()} {found}, not {wanted} as the server says"
