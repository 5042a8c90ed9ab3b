"""Evidence that vanishes, shrinks, grows or fails while it is read: findings and exit 5, never a traceback."""

from __future__ import annotations

import csv
import os
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from tests.e2e.command import Command, Ran, traced
from tests.evidence import images

LONG = 256 << 20
"""A sparse file that takes a while to digest, so that there is a middle to meddle in."""


@pytest.fixture
def command(tmp_path: Path) -> Command:
    made = Command(tmp_path)
    made.open_case("hash-match,export")
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder whose first file takes long, with some behind it."""
    made = tmp_path / "seized"
    (made / "5 folder").mkdir(parents=True)
    with (made / "0 long.bin").open("wb") as file:
        file.truncate(LONG)
    for name in ("1 vanishing.txt", "5 folder/inside.txt", "9 last.txt"):
        (made / name).write_text(f"{name}\n", encoding="ascii")
    return made


def opened_by(process: int) -> set[str]:
    """The paths that a process and its children have open."""
    found = set()
    for one in (process, *children(process)):
        try:
            for link in Path(f"/proc/{one}/fd").iterdir():
                found.add(str(link.readlink()))
        except OSError:  # it has ended, or closed the descriptor meanwhile
            continue
    return found


def children(process: int) -> list[int]:
    try:
        threads = list(Path(f"/proc/{process}/task").iterdir())
        return [int(child) for thread in threads for child in (thread / "children").read_text().split()]
    except OSError:
        return []


def scan_and(
    command: Command, exhibit: Path, *happenings: tuple[Path, Callable[[], object]], code: int | None = 5
) -> Ran:
    """Scan in the order of folders; each time that the next file is open, let its thing happen to the evidence."""
    with ThreadPoolExecutor(1) as pool:
        started = set(children(os.getpid()))
        order = ("scan", exhibit, "--in-order", "--workers", "1", "--json")
        running = pool.submit(command.run, *order, code=code)
        for waited_for, happen in happenings:
            while not running.done():
                mine = set(children(os.getpid())) - started
                if any(str(waited_for) in opened_by(process) for process in mine):
                    happen()
                    break
                time.sleep(0.002)
            else:
                raise AssertionError(f"{waited_for} was never seen open")
        ran = running.result()
    assert "Traceback" not in ran.err
    return ran


def reasons(ran: Ran) -> dict[str, str]:
    return {one["path"]: one["reason"] for one in ran.json["unread"]}


def listed(command: Command) -> dict[str, dict[str, str]]:
    """What `export files` says of each path; it must say it once."""
    out = command.home / "files.csv"
    command.run("export", "files", "-o", out)
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len({row["path"] for row in rows}) == len(rows)
    return {row["path"]: row for row in rows}


def append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


def test_what_vanishes_shrinks_or_grows_while_read_is_a_finding(command: Command, folder: Path) -> None:
    long, growing = folder / "0 long.bin", folder / "2 growing.bin"
    with growing.open("wb") as file:
        file.truncate(LONG)

    def meddle() -> None:
        (folder / "1 vanishing.txt").unlink()
        shutil.rmtree(folder / "5 folder")
        os.truncate(long, 4096)

    ran = scan_and(command, folder, (long, meddle), (growing, lambda: append(growing)))
    said = reasons(ran)
    assert said["0 long.bin"].startswith("it became shorter while it was read")
    assert said["1 vanishing.txt"] == "cannot be read: No such file or directory"
    assert said["2 growing.bin"].startswith("it was written to while it was read")
    assert said["5 folder"] == "cannot be read: No such file or directory"
    assert ran.json["unreadable"] == 4
    assert listed(command)["9 last.txt"]["md5"]
    again = command.run("scan", folder, "--workers", "1", "--json", code=5)
    assert set(reasons(again)) == {"1 vanishing.txt", "5 folder"}
    assert command.run("audit", "verify", "--json").json["ok"] is True


def empty(folder: Path) -> None:
    """Leave the folder itself: another one at its path would be another exhibit."""
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def test_a_folder_that_goes_away_and_comes_back_is_read_to_its_end(command: Command, folder: Path) -> None:
    aside = folder.with_name("aside")
    aside.mkdir()

    def move(source: Path, target: Path) -> None:
        for path in source.iterdir():
            path.rename(target / path.name)

    ran = scan_and(command, folder, (folder / "0 long.bin", lambda: move(folder, aside)))
    assert set(reasons(ran)) == {"1 vanishing.txt", "5 folder", "9 last.txt"}
    move(aside, folder)
    assert command.run("scan", folder, "--workers", "1", "--json").json["unreadable"] == 0
    assert all(row["md5"] for row in listed(command).values() if row["kind"] == "file")


def test_an_image_that_is_removed_while_read_is_a_finding(command: Command, tmp_path: Path) -> None:
    image = tmp_path / "stick.img"
    with image.open("wb") as file:
        file.truncate(LONG + (64 << 20))
    images.run("mkfs.vfat", "-F", "32", image)
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(LONG)
    images.run("mcopy", "-i", image, large, "::large.bin")
    original = tmp_path / "original.img"
    os.link(image, original)
    walking = tmp_path / "workspace" / "safelight.db-wal"

    def removed_while_it_is_read() -> None:  # not between the look that tells what it is and the reading
        time.sleep(0.3)
        image.unlink()

    ran = scan_and(command, image, (walking, lambda: None), (image, removed_while_it_is_read))
    assert any("cannot be read" in reason for reason in reasons(ran).values())
    original.rename(image)
    again = command.run("scan", image, "--workers", "1", "--json").json
    assert again["unreadable"] == 0 and again["exhibits"][0]["sha256"]


def failing(command: Command, path: Path, calls: str) -> Command:
    """The command on a machine where some reads (`3`, `5+`) of one file fail as a bad sector or cable makes them."""
    inject = ("-P", str(path), "-e", "trace=pread64", "-e", f"inject=pread64:error=EIO:when={calls}")
    return replace(command, under=traced(command.home / "strace", *inject))


def test_a_file_that_a_cable_made_unreadable_is_read_by_the_next_scan(
    command: Command, tmp_path: Path
) -> None:
    folder = tmp_path / "seized"
    folder.mkdir()
    for name in ("a.txt", "b.txt", "c.txt"):
        (folder / name).write_text(name, encoding="ascii")
    for _ in range(2):
        ran = failing(command, folder / "b.txt", "1+").run("scan", folder, "--json", code=5)
        assert reasons(ran) == {"b.txt": "cannot be read at offset 0: Input/output error"}
    assert command.run("scan", folder, "--json").json["unreadable"] == 0
    assert [row["error"] for row in listed(command).values()] == ["", "", ""]


def test_an_image_that_fails_anywhere_is_read_as_far_as_it_goes_and_whole_the_next_time(
    command: Command, tmp_path: Path
) -> None:
    original = images.ext(4)
    failed = {calls: tmp_path / f"at-{number}.img" for number, calls in enumerate(("1+", "20+", "24"))}
    for calls, image in failed.items():
        shutil.copyfile(original, image)
        ran = failing(command, image, calls).run("scan", image, "--json", code=None)
        said = any("Input/output error" in reason for reason in reasons(ran).values())
        # One read that is made again, of a probe or of a file in one piece, may fail without any consequence.
        assert (ran.code == 5 and said) or (calls == "24" and ran.code in (0, 5))
        assert "Traceback" not in ran.err
    whole = tmp_path / "whole.img"
    shutil.copyfile(original, whole)
    command.run("scan", whole, *failed.values(), "--json", code=None)
    files = listed(command)

    def of(image: Path) -> set[tuple[str, str, str]]:
        return {
            (path.removeprefix(image.name), row["sha256"], row["error"])
            for path, row in files.items()
            if row["path"].startswith(image.name)
        }

    for image in failed.values():
        assert of(whole) <= of(image)
        extra = of(image) - of(
            whole
        )  # names that were lost with their folder: their content was found without
        assert all(path.startswith("//$Unreached/") and not error for path, _, error in extra)
