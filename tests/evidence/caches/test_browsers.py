"""Caches of browsers: a real one of Chromium, made here on a page of the machine itself; others by their layout."""

from __future__ import annotations

import gzip
import http.server
import shutil
import struct
import subprocess
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path

import brotli
import pytest

from safelight.evidence.caches.chromium import ChromiumReader
from safelight.evidence.protocol import Kind, Limits
from safelight.evidence.source import BytesSource
from safelight.evidence.walk import walk
from safelight.model import State
from tests.evidence.opened import look, photo

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
STYLE, SCRIPT = b"body { color: black }\n" * 50, b"let a = 1;\n" * 50
PAGE = b'<img src="/pics/sea.jpg?size=2"><img src="/b.png"><link rel=stylesheet href="/s.css">'
PAGE += b'<script src="/s.js"></script>'
ANSWERS = {
    "/": ("text/html", "", PAGE),
    "/pics/sea.jpg": ("image/jpeg", "", photo(1)),
    "/b.png": ("image/png", "", photo(2, "PNG")),
    "/s.css": ("text/css", "gzip", gzip.compress(STYLE)),
    "/s.js": ("text/javascript", "br", brotli.compress(SCRIPT)),
}


class Site(http.server.BaseHTTPRequestHandler):
    """A page with two pictures, a style packed by gzip and a script packed by Brotli."""

    def do_GET(self) -> None:
        kind, coding, body = ANSWERS.get(self.path.partition("?")[0], ("text/plain", "", b""))
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", kind)
        self.send_header("Cache-Control", "max-age=86400")
        self.send_header("Content-Length", str(len(body)))
        if coding:
            self.send_header("Content-Encoding", coding)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def visited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, int]]:
    """The profile folder of a browser that was on the page, and the page's port."""
    profile = tmp_path_factory.mktemp("profile")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = server.server_address[1]
    flags = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-component-update",
    ]
    command = [
        str(CHROMIUM),
        *flags,
        f"--user-data-dir={profile}",
        "--virtual-time-budget=5000",
        "--dump-dom",
    ]
    try:
        subprocess.run([*command, f"http://127.0.0.1:{port}/"], check=True, capture_output=True, timeout=120)
    finally:
        server.shutdown()
        server.server_close()
    yield profile, port


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_a_real_cache_gives_each_body_with_its_address(visited: tuple[Path, int]) -> None:
    profile, port = visited
    content, notes, times = {}, {}, {}
    for found in walk(profile / "Default" / "Cache"):
        if found.kind is Kind.FILE and "//" in found.path:
            name = found.path.partition("//")[2]
            content[name] = b"".join(found.chunks())
            notes[name], times[name] = found.node.note, found.place.times.created
    here = f"127.0.0.1:{port}"
    expected = {
        "pics/sea.jpg": photo(1),
        "b.png": photo(2, "PNG"),
        "s.css": STYLE,
        "s.js": SCRIPT,
        "index": PAGE,
    }
    assert expected.items() <= {name.removeprefix(f"{here}/"): data for name, data in content.items()}.items()
    assert notes[f"{here}/pics/sea.jpg"] == f"fetched from http://{here}/pics/sea.jpg?size=2"
    assert times[f"{here}/b.png"] is not None


def simple(key: bytes, body: bytes, headers: bytes) -> bytes:
    end = bytes.fromhex("d8410d97456ffaf4")
    out = bytes.fromhex("305c72a71b6dfbfc") + struct.pack("<III4x", 5, len(key), 0) + key + body
    pickled = struct.pack(
        "<IIqqI", len(headers) + 24, 3, 13_300_000_000_000_000, 13_300_000_000_000_000, len(headers)
    )
    out += end + struct.pack("<III4x", 1, 0, len(body)) + pickled + headers
    return out + end + struct.pack("<III4x", 1, 0, len(pickled) + len(headers))


def test_a_name_of_compiled_scripts_does_not_hide_a_picture(tmp_path: Path) -> None:
    address, headers = b"1/0/_dk_http://a http://a http://a.example/x.jpg", b"HTTP/1.1 200 OK\0\0"
    (tmp_path / "0123456789abcdef_1").write_bytes(simple(address, photo(), headers))
    assert look(tmp_path / "0123456789abcdef_1").content == {"a.example/x.jpg": photo()}
    (tmp_path / "0123456789abcdef_1").write_bytes(simple(address, b"compiled" * 90, headers))
    assert look(tmp_path / "0123456789abcdef_1").content == {}


def test_an_entry_that_breaks_off_gives_its_body_and_says_so(tmp_path: Path) -> None:
    whole = simple(b"1/0/_dk_http://a http://a http://a.example/x.jpg", photo(), b"HTTP/1.1 200 OK\0\0")
    (tmp_path / "0123456789abcdef_0").write_bytes(whole)
    assert look(tmp_path / "0123456789abcdef_0").content == {"a.example/x.jpg": photo()}
    (tmp_path / "0123456789abcdef_0").write_bytes(whole[:-60])
    seen = look(tmp_path / "0123456789abcdef_0")
    assert seen.content["a.example/x.jpg"].startswith(photo())
    assert "may be part of it" in seen.errors["a.example/x.jpg"]


def test_a_body_that_unpacks_to_very_much_is_cut(tmp_path: Path) -> None:
    for coding, body in (
        (b"gzip", gzip.compress(bytes(64 << 20))),
        (b"br", brotli.compress(bytes(64 << 20))),
    ):
        headers = b"HTTP/1.1 200 OK\0content-encoding: " + coding + b"\0\0"
        (tmp_path / "x_0").write_bytes(simple(b"http://a.example/x", body, headers))
        seen = look(tmp_path / "x_0", limits=Limits(member_bytes=1 << 20))
        assert len(seen.content["a.example/x"]) <= 1 << 20
        assert "member_bytes" in seen.errors["a.example/x"]


def test_a_video_that_was_fetched_in_parts_is_put_together() -> None:
    key = b"http://a.example/v.mp4"
    data = bytes.fromhex("305c72a71b6dfbfc") + struct.pack("<III4x", 5, len(key), 0) + key
    for offset, part in ((300, b"c" * 100), (0, b"a" * 100), (50, b"b" * 100)):
        data += bytes.fromhex("6b67536501bf97eb") + struct.pack("<qqI4x", offset, len(part), 0) + part
    (node,) = ChromiumReader().walk(BytesSource(data), Limits())
    assert node.open is not None
    content = node.open()
    assert content.read_at(0, 1000) == b"a" * 100 + b"b" * 50 + bytes(150) + b"c" * 100
    assert content.read_at(120, 60) == b"b" * 30 + bytes(30)
    assert node.error == "250 of its first 400 bytes were kept; the others are zeros here"


def block_cache(folder: Path) -> None:
    """An index of two entries, one of them deleted, after Chromium's disk_format.h."""

    def head(size: int, number: int, blocks: int) -> bytearray:
        out = bytearray(8192)
        out[:24] = struct.pack("<IIhhiii", 0xC104CAC3, 0x30000, number, 0, size, 2, blocks)
        return out

    answer = b"HTTP/1.1 200 OK\0content-type: image/jpeg\0\0"
    reply = struct.pack("<IIqqI", 0, 3, 13_300_000_000_000_000, 13_300_000_000_000_000, len(answer)) + answer
    index, small = head(256, 1, 2), head(1024, 2, 4)
    small += reply.ljust(1024, b"\0") + photo(1, size=(16, 12)).ljust(3072, b"\0")
    entries = (
        (b"http://a.example/small.jpg", len(photo(1, size=(16, 12))), 0xB0020001),
        (b"http://a.example/large.jpg", len(photo(2)), 0x80000001),
    )
    for key, size, place in entries:
        index += struct.pack(
            "<IIIiiiQiI4i4II16xI", 0, 0, 0, 0, 0, 0, 13_300_000_000_000_000, len(key), 0,
            len(reply), size, 0, 0, 0xB0020000, place, 0, 0, 0, 0,
        ) + key.ljust(160, b"\0")  # fmt: skip
    index[80] = 0b01  # the second is marked free
    (folder / "data_1").write_bytes(index)
    (folder / "data_2").write_bytes(small)
    (folder / "f_000001").write_bytes(photo(2))


def test_block_files_give_bodies_from_the_files_beside_them(tmp_path: Path) -> None:
    block_cache(tmp_path)
    found = {one.path: one for one in walk(tmp_path) if "//" in one.path}
    content = {}
    for one in walk(tmp_path):
        if "//" in one.path:
            content[one.path] = (b"".join(one.chunks()), one.place.state, one.node.note)
    assert content == {
        "data_1//a.example/small.jpg": (
            photo(1, size=(16, 12)), State.EMBEDDED, "fetched from http://a.example/small.jpg",
        ),
        "data_1//a.example/large.jpg": (photo(2), State.DELETED, "fetched from http://a.example/large.jpg"),
    }  # fmt: skip
    assert len(found) == 2


def test_block_files_in_an_archive_find_each_other(tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    block_cache(tmp_path / "cache")
    subprocess.run(["zip", "-q", "-r", "c.zip", "cache"], cwd=tmp_path, check=True)
    names = {
        one.path.rpartition("/")[2]: b"".join(one.chunks())
        for one in walk(tmp_path / "c.zip")
        if "a.example" in one.path
    }
    assert names == {"small.jpg": photo(1, size=(16, 12)), "large.jpg": photo(2)}


def firefox(key: bytes, body: bytes, head: bytes) -> bytes:
    elements = b"request-method\0GET\0response-head\0" + head + b"\0"
    fields = struct.pack(">7II", 3, 1, 1_700_000_000, 1_700_000_000, 1, 0, len(key), 0)
    hashes = bytes(4 + 2 * -(-len(body) // (256 << 10)))
    return body + hashes + fields + key + b"\0" + elements + struct.pack(">I", len(body))


def test_an_entry_of_firefox_gives_the_body_alone(tmp_path: Path) -> None:
    name = "0123456789ABCDEF0123456789ABCDEF01234567"
    head = b"HTTP/2 200 OK\r\ncontent-type: image/jpeg\r\n"
    (tmp_path / name).write_bytes(
        firefox(b"O^partitionKey=%28https%2Cexample.org%29,:https://example.org/p/sea.jpg", photo(), head)
    )
    seen = look(tmp_path / name)
    assert seen.content == {"example.org/p/sea.jpg": photo()}
    assert seen.notes["example.org/p/sea.jpg"] == "fetched from https://example.org/p/sea.jpg"
    created = seen.times["example.org/p/sea.jpg"].created
    assert created is not None
    assert created.value == "2023-11-14T22:13:20Z"


@pytest.mark.parametrize("wrapped", [True, False])
def test_a_deflated_body_of_firefox_is_unpacked(wrapped: bool, tmp_path: Path) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 15 if wrapped else -15)
    body = packer.compress(STYLE) + packer.flush()
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\n"
    (tmp_path / "x").write_bytes(firefox(b":http://a.example/s.css", body, head))
    assert look(tmp_path / "x").content == {"a.example/s.css": STYLE}


def test_other_files_are_not_taken_for_entries_of_firefox(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(photo() + bytes(4))
    (tmp_path / "b.bin").write_bytes(bytes(2000))
    assert not [one for one in walk(tmp_path) if "//" in one.path]
