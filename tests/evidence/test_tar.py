"""tar: every way to write long names, holes and times; damage is said and what follows it is read."""

from __future__ import annotations

import gzip
import io
import os
import subprocess
import tarfile
from pathlib import Path

import pytest

from safelight.evidence.found import Found
from safelight.evidence.protocol import Kind
from safelight.evidence.walk import walk

LONG = "long/" * 40 + "name " * 20 + "ü"


def tool(*command: str | Path, cwd: Path | None = None) -> None:
    subprocess.run([str(part) for part in command], check=True, capture_output=True, cwd=cwd)


def inside(path: Path) -> dict[bytes, tuple[Found, bytes]]:
    """What a tar holds, with content read; findings under their text."""
    found = {}
    for one in walk(path):
        content = b"".join(one.chunks()) if one.kind is Kind.FILE and one.readable else b""
        if len(one.place.trail) > 1 and one.kind is not Kind.NOTE:  # a note has the path of what it is about
            found[one.place.trail[-1]] = (one, content)
        elif one.kind is Kind.FINDING:
            found[(one.error or "").encode()] = (one, content)
    return found


@pytest.mark.parametrize("format", ["v7", "ustar", "gnu", "pax"])
@pytest.mark.parametrize("packed", [False, True])
def test_names_links_and_content_of_every_format(format: str, packed: bool, tmp_path: Path) -> None:
    work = tmp_path / "work"
    name = LONG if format in ("gnu", "pax") else "deep/name ü"
    target = work / name
    target.parent.mkdir(parents=True)
    target.write_bytes(b"content" * 1000)
    (work / "link").symlink_to("elsewhere")
    os.link(target, work / "second")
    (work / "empty").touch()
    if format != "v7":
        os.mkfifo(work / "pipe")
    out = tmp_path / ("x.tgz" if packed else "x.tar")
    tool(
        "tar",
        f"--format={format}",
        "-czf" if packed else "-cf",
        out,
        *sorted(path.name for path in work.iterdir()),
        cwd=work,
    )
    found = inside(out)
    whole, content = found[name.encode()]
    assert content == b"content" * 1000
    assert whole.place.size == 7000
    assert found[b"empty"][1] == b""
    assert found[b"link"][0].node.target == b"elsewhere"
    assert found[b"second"][0].kind is Kind.LINK or found[b"second"][1] == content
    if format != "v7":
        assert found[b"pipe"][0].kind is Kind.SPECIAL
    assert not [one for one, _ in found.values() if one.error]


@pytest.mark.parametrize("form", ["--format=gnu", *(f"--sparse-version={v}" for v in ("0.0", "0.1", "1.0"))])
@pytest.mark.parametrize("packed", [False, True])
def test_holes_are_given_back(form: str, packed: bool, tmp_path: Path) -> None:
    sparse = tmp_path / "holes"
    with sparse.open("wb") as out:
        for at in range(0, 40 << 20, 1 << 20):
            out.seek(at)
            out.write(b"here")
        out.truncate((40 << 20) + 12345)
    (tmp_path / "after").write_bytes(b"after")
    out_path = tmp_path / ("x.tgz" if packed else "x.tar")
    options = [form] if form.startswith("--format") else ["--format=pax", form]
    tool("tar", "-S", *options, "-czf" if packed else "-cf", out_path, "holes", "after", cwd=tmp_path)
    found = inside(out_path)
    assert found[b"holes"][1] == sparse.read_bytes()
    assert found[b"after"][1] == b"after"
    assert not [one for one, _ in found.values() if one.error]


def test_times_are_utc_as_precise_as_stated(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    os.utime(tmp_path / "a", ns=(1_600_000_000_000_000_000, 1_500_000_000_123_456_000))
    tool("tar", "--format=pax", "--atime-preserve", "-cf", "x.tar", "a", cwd=tmp_path)
    times = inside(tmp_path / "x.tar")[b"a"][0].place.times
    assert times.modified is not None and times.accessed is not None
    assert (times.modified.value, times.modified.zone) == ("2017-07-14T02:40:00.123456Z", "utc")
    assert times.accessed.value == "2020-09-13T12:26:40Z"


def test_a_damaged_header_loses_one_member_only(tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / f"{number}.txt").write_bytes(b"%d" % number * 3000)
    tool("tar", "cf", "x.tar", *(f"{number}.txt" for number in range(5)), cwd=tmp_path)
    data = bytearray((tmp_path / "x.tar").read_bytes())
    second = data.index(b"1.txt")
    data[second + 100 : second + 200] = b"\xee" * 100
    (tmp_path / "x.tar").write_bytes(data)
    found = inside(tmp_path / "x.tar")
    assert [name for name in found if name.endswith(b".txt")] == [b"0.txt", b"2.txt", b"3.txt", b"4.txt"]
    assert found[b"4.txt"][1] == b"4" * 3000
    assert any(b"damaged" in name for name in found)


def test_a_header_of_any_size_does_not_fill_the_memory(tmp_path: Path) -> None:
    header = tarfile.TarInfo("x")
    header.type, header.size = b"x", 1 << 40
    real = tarfile.TarInfo("real.txt")
    real.size = 4
    (tmp_path / "lies.tar").write_bytes(
        header.tobuf(tarfile.GNU_FORMAT) + real.tobuf() + b"real".ljust(512, b"\0")
    )
    found = inside(tmp_path / "lies.tar")
    assert any(b"1,099,511,627,776" in name for name in found)

    header.size = 8 << 20
    with gzip.open(tmp_path / "long.tgz", "wb") as out:
        out.write(header.tobuf() + bytes(8 << 20) + real.tobuf() + b"real".ljust(512, b"\0") + bytes(1024))
    found = inside(tmp_path / "long.tgz")
    assert found[b"real.txt"][1] == b"real"
    assert any(b"8,388,608" in name for name in found)


def test_two_tapes_one_after_the_other_are_both_read(tmp_path: Path) -> None:
    tapes = b""
    for name in ("one", "two"):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w") as archive:
            member = tarfile.TarInfo(name)
            archive.addfile(member, io.BytesIO())
        tapes += out.getvalue()
    (tmp_path / "x.tar").write_bytes(tapes)
    assert set(inside(tmp_path / "x.tar")) == {b"one", b"two"}


def test_a_large_tgz_is_not_kept_while_it_is_walked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from safelight.evidence import stream

    def refuse(self: stream.StreamSource, piece: bytes) -> None:
        raise AssertionError("it was spilled")

    monkeypatch.setattr(stream, "IN_MEMORY", 4 << 20)
    monkeypatch.setattr(stream.StreamSource, "_spill", refuse)
    for number in range(8):
        (tmp_path / f"{number}.bin").write_bytes(os.urandom(2 << 20))
    tool("tar", "czf", "x.tgz", *(f"{number}.bin" for number in range(8)), cwd=tmp_path)
    found = inside(tmp_path / "x.tgz")
    assert all(found[b"%d.bin" % n][1] == (tmp_path / f"{n}.bin").read_bytes() for n in range(8))
