"""Opening a list: marks, encodings, progress, and media that fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from safelight.errors import FormatError
from safelight.hashsets.protocol import ReadOptions
from safelight.hashsets.source import open_source, readable_head, text_lines


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_every_encoding_with_a_mark_becomes_utf8_without_one(tmp_path: Path, encoding: str) -> None:
    text = "Bär \U0001f600\n" * 100_000
    mark = "\ufeff" if encoding.endswith("e") else ""
    (tmp_path / "x").write_bytes((mark + text).encode(encoding))
    with open_source(tmp_path / "x", ReadOptions()) as stream:
        assert stream.read().decode() == text
    assert readable_head((tmp_path / "x").read_bytes()[:400]).startswith(b"B")


def test_progress_is_the_bytes_read(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(bytes(3 << 20))
    told: list[int] = []
    with open_source(tmp_path / "x", ReadOptions(progress=told.append)) as stream:
        stream.read()
    assert told == sorted(told) and told[-1] == 3 << 20


@pytest.mark.parametrize(
    "path", ["/proc/self/mem", "/", "/nowhere"]
)  # reading the first fails as a bad sector does
def test_what_the_system_cannot_read_is_a_format_error(path: str) -> None:
    with pytest.raises(FormatError, match="cannot be read after byte 0"):
        open_source(Path(path), ReadOptions()).read()


def test_a_line_without_end_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"a\n" + b"b" * (2 << 20))
    with open_source(tmp_path / "x", ReadOptions()) as stream, pytest.raises(FormatError, match="Line 2"):
        list(text_lines(stream))
