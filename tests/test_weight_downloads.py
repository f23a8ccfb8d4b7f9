"""Released weights are fetched from a server: resumed, checked, kept, and never half."""

from __future__ import annotations

import base64
import errno
import hashlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from mobilenet.accuracy import SOURCES
from mobilenet.config import MobileNetConfig, paper_grid
from mobilenet.weights import WeightsError
from mobilenet.weights.catalogue import RELEASED, released, released_for
from mobilenet.weights.download import MIRROR_VARIABLE, fetch, kept
from tests.weight_server import CONTENT, Server, serving
from tests.wording import Wording

ONE = released("keras/0.25-128")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with serving() as found:
        monkeypatch.setenv(MIRROR_VARIABLE, found.url)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield found


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.endswith(".lock"))


def test_a_file_is_fetched_once_with_its_progress(tmp_path: Path, server: Server) -> None:
    seen: list[tuple[int, int | None]] = []

    path = fetch(ONE, tmp_path, lambda here, total: seen.append((here, total)))
    again = fetch(ONE, tmp_path)

    assert path == again == kept(ONE, tmp_path)
    assert path.read_bytes() == CONTENT
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert len(server.asked) == 1
    host = urlsplit(ONE.url).netloc
    assert server.asked[0] == (f"/{host}{urlsplit(ONE.url).path}", None)
    assert files(tmp_path) == [ONE.file]


def test_a_connection_that_ends_is_gone_on_from_where_it_ended(
    tmp_path: Path, server: Server
) -> None:
    server.breaks_after = 196_608
    with pytest.raises(WeightsError, match="196608 of 512000"):
        fetch(ONE, tmp_path)
    assert kept(ONE, tmp_path) is None

    server.breaks_after = None
    path = fetch(ONE, tmp_path)

    assert path.read_bytes() == CONTENT
    assert server.asked[1][1] == "bytes=196608-"
    assert files(tmp_path) == [ONE.file]


def test_a_file_that_has_changed_meanwhile_begins_anew(tmp_path: Path, server: Server) -> None:
    server.breaks_after = 196_608
    with pytest.raises(WeightsError):
        fetch(ONE, tmp_path)
    server.breaks_after, server.version, server.content = None, '"two"', CONTENT[::-1]

    assert fetch(ONE, tmp_path).read_bytes() == CONTENT[::-1]


@pytest.mark.parametrize("form", ["md5", "sha256"])
def test_a_wrong_checksum_keeps_nothing(tmp_path: Path, server: Server, form: str) -> None:
    right = {
        "md5": {
            "x-goog-hash": "crc32c=AAAAAA==,md5="
            + base64.b64encode(hashlib.md5(CONTENT).digest()).decode()
        },
        "sha256": {"X-Linked-ETag": f'"{hashlib.sha256(CONTENT).hexdigest()}"'},
    }[form]
    server.headers, server.content = right, CONTENT[:-1] + b"x"
    with pytest.raises(WeightsError, match=form.upper()):
        fetch(ONE, tmp_path)
    assert files(tmp_path) == []

    server.content = CONTENT
    assert fetch(ONE, tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize("status", [403, 404, 500])
def test_an_answer_that_is_no_file_is_said(tmp_path: Path, server: Server, status: int) -> None:
    server.status = status

    with pytest.raises(WeightsError, match=str(status)):
        fetch(ONE, tmp_path)

    assert files(tmp_path) == []


def test_no_network_is_said_with_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wording: Wording
) -> None:
    monkeypatch.setenv(MIRROR_VARIABLE, "http://127.0.0.1:9")  # nobody listens there

    with pytest.raises(WeightsError) as refusal:
        fetch(ONE, tmp_path)

    wording(refusal.value)


def test_a_full_disk_is_said_and_gets_its_space_back(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full:
        def __init__(self, *_: object) -> None:
            pass

        def __enter__(self) -> Full:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def write(self, _: bytes) -> int:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    real = Path.open
    monkeypatch.setattr(
        Path, "open", lambda path, mode="r", **more: Full() if "a" in mode else real(path, mode)
    )

    with pytest.raises(WeightsError, match=os.strerror(errno.ENOSPC)):
        fetch(ONE, tmp_path)

    assert files(tmp_path) == []


def test_two_at_once_fetch_once(tmp_path: Path, server: Server) -> None:
    found: list[Path] = []
    threads = [
        threading.Thread(target=lambda: found.append(fetch(ONE, tmp_path))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 4
    assert len(server.asked) == 1


def test_a_file_too_large_is_refused_before_it_comes(
    tmp_path: Path, server: Server, wording: Wording
) -> None:
    server.length = 10**13

    with pytest.raises(WeightsError) as refusal:
        fetch(ONE, tmp_path)

    assert "10000000000000 bytes" in str(refusal.value)
    wording(str(refusal.value).replace(server.url, "http://mirror"))
    assert files(tmp_path) == []


def test_every_released_network_has_its_licence_and_the_source_of_its_accuracy() -> None:
    assert len({one.key for one in RELEASED}) == len({one.file for one in RELEASED}) == 36
    assert all(one.licence and one.licence_source for one in RELEASED)
    assert {one.accuracy for one in RELEASED} <= set(SOURCES)
    assert all(one.url.startswith("https://") for one in RELEASED)
    for config in paper_grid():
        publishers = [one.publisher for one in released_for(config)]
        assert publishers[:2] == ["Keras", "TF-slim, February 2018"]


def test_names_are_those_of_the_publishers() -> None:
    assert released("keras/0.75-192").url.endswith("/mobilenet_7_5_192_tf.h5")
    assert released("tf-slim/0.5-160").url.endswith("/mobilenet_v1_0.5_160.tgz")
    assert released("hugging-face/0.75-192").url.endswith(
        "google/mobilenet_v1_0.75_192/resolve/main/model.safetensors"
    )
    with pytest.raises(WeightsError, match=r"keras/0\.3-128"):
        released("keras/0.3-128")


def test_a_network_that_nobody_released_has_none() -> None:
    assert released_for(MobileNetConfig(0.3, 128)) == ()
    assert released_for(MobileNetConfig(0.5, 160, num_classes=10)) == ()
    assert released_for(MobileNetConfig(0.5, 160, depth="shallow")) == ()
