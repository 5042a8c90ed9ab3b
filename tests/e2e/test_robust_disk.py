"""A full disk, for real: every verb fails with a sentence, and the same command ends well once there is room."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import os
import random
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.e2e.command import Command, Ran
from tests.e2e.test_kill import picture

SIZE = 64 << 20
_HOLD = 'mount -t tmpfs -o size="$1" none "$2" && echo ready && read end'


@dataclass(frozen=True, slots=True)
class Disk:
    """A small file system at `place`, seen only by what runs `under` it (a mount namespace of its own)."""

    place: Path
    under: tuple[str, ...]

    def do(self, script: str, *arguments: str | Path) -> str:
        """Run a shell script beside the disk."""
        done = subprocess.run(
            [*self.under, "sh", "-euc", script, "sh", str(self.place), *map(str, arguments)],
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def leave(self, kib: int) -> None:
        """Fill the disk so that `kib` are left."""
        self.do('rm -f "$1/ballast"; free=$(df -k --output=avail "$1" | tail -n 1); '
                'head -c $(((free - $2) * 1024)) /dev/zero > "$1/ballast"', str(kib))  # fmt: skip

    def empty(self) -> None:
        """Make room."""
        self.do('rm -f "$1/ballast"')

    def entries(self) -> int:
        """How many entries the inventory holds, repeated ones counted each time."""
        return int(self.do('"$2" -c "$3" "$1"', sys.executable, COUNT))


COUNT = (
    "import sqlite3, sys; store = sqlite3.connect(sys.argv[1] + '/workspace/safelight.db'); "
    "print(store.execute('SELECT sum(count) FROM inventory').fetchone()[0])"
)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A disk of 64 MiB; skips where nobody may mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    root = os.geteuid() == 0
    holder = subprocess.Popen(
        ["unshare", "-m" if root else "-rm", "sh", "-c", _HOLD, "sh", str(SIZE), str(place)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdin is not None and holder.stdout is not None
    try:
        if holder.stdout.readline() != "ready\n":
            pytest.skip("this kernel or sandbox lets nobody mount a disk of his own")
        user = () if root else ("-U", "--preserve-credentials")
        yield Disk(place, ("nsenter", "-t", str(holder.pid), "-m", *user))
    finally:
        holder.stdin.close()
        holder.wait()
        holder.stdout.close()


@pytest.fixture
def command(disk: Disk, tmp_path: Path) -> Command:
    """The command with its workspace, but not its keys, on the disk."""
    disk.do('mkdir "$1/workspace"')
    (tmp_path / "workspace").symlink_to(disk.place / "workspace")
    return Command(tmp_path, disk.under)


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("evidence")
    chooser = random.Random(1)
    for number in range(40):
        picture(folder / f"{number}.jpg", number)
    for number in range(1000):
        (folder / f"{number}.txt").write_bytes(chooser.randbytes(50))
    return folder


@pytest.fixture(scope="module")
def listed(evidence: Path) -> Path:
    """A list of 20,000 digests, one of them of a picture."""
    chooser = random.Random(2)
    made = evidence.parent / "list.txt"
    digests = [chooser.randbytes(16) for _ in range(20_000)]
    digests[7] = hashlib.md5((evidence / "3.jpg").read_bytes()).digest()
    made.write_text("".join(f"{digest.hex()}\n" for digest in digests), encoding="ascii")
    return made


def fails(command: Command, *arguments: str | Path) -> Ran:
    """Run; it must fail and say why, without a traceback."""
    ran = command.run(*arguments, code=1)
    assert "full" in ran.err or "No space left" in ran.err
    assert "Traceback" not in ran.err
    return ran


def verified(command: Command) -> bool:
    return bool(command.run("audit", "verify", "--json").json["ok"])


OPENING = (
    "case", "open", "sample", "--basis", "warrant", "--reference", "12 Gs 345/26",
    "--issued-by", "Sample Court", "--valid-until", "2099-12-31", "--allow", "hash-match,screening,export",
)  # fmt: skip


def test_a_case_is_opened_and_a_list_imported_whole_or_not_at_all(
    disk: Disk, command: Command, listed: Path
) -> None:
    for room in (0, 150):
        disk.leave(room)
        fails(command, *OPENING)
    disk.empty()
    command.run(*OPENING)
    assert len(command.run("case", "list", "--json").json) == 1
    importing = ("hashset", "import", listed, "--name", "known", "--kind", "known-illegal", "--json")
    for room in (0, 60, 400):
        disk.leave(room)
        fails(command, *importing)
    disk.empty()
    assert command.run("hashset", "list", "--json").json == []
    assert command.run(*importing).json["added"] == 20_000
    assert [one["name"] for one in command.run("hashset", "list", "--json").json] == ["known"]
    assert len(disk.do('ls "$1/workspace/hashsets"').split()) == 1
    assert verified(command)


def test_a_scan_goes_on_where_the_disk_was_full_and_an_export_leaves_no_half_file(
    disk: Disk, command: Command, evidence: Path, listed: Path
) -> None:
    command.run(*OPENING)
    command.run("hashset", "import", listed, "--name", "known", "--kind", "known-illegal")
    for room in (0, 90, 180):
        disk.leave(room)
        fails(command, "scan", evidence, "--workers", "1")
    disk.empty()
    command.run("scan", evidence, "--workers", "1")

    leads = command.run("leads", "--top", "1000", "--json").json
    assert [lead["paths"][0]["path"] for lead in leads if lead["matches"]] == ["3.jpg"]
    assert disk.entries() == 1040
    phases = [
        event["phase"] for event in command.run("audit", "show", "--json").json if event["verb"] == "scan"
    ]
    assert phases[-1] == "ended" and phases.count("ended") == 1

    for room in (60, 200):
        disk.leave(room)
        fails(command, "export", "files", "-o", disk.place / "files.csv")
        assert disk.do('ls -A "$1" | grep -e files.csv -e partial || true') == ""
    disk.empty()
    out = disk.place / "files.csv"
    command.run("export", "files", "-o", out)
    rows = list(csv.DictReader(io.StringIO(disk.do('cat "$1/files.csv"'))))
    assert {row["path"]: row["sha256"] for row in rows} == {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in evidence.iterdir()
    }
    assert verified(command)


def test_a_full_folder_for_temporary_files_leaves_no_mark_on_the_evidence(disk: Disk, tmp_path: Path) -> None:
    command = Command(tmp_path / "home", disk.under)
    command.home.mkdir()
    folder = tmp_path / "seized"
    folder.mkdir()
    content = random.Random(3).randbytes(1 << 20) * 50
    (folder / "alone.gz").write_bytes(gzip.compress(content, 0))
    with zipfile.ZipFile(folder / "archive.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("before.txt", "before")
        archive.writestr("large.bin", content)
        archive.writestr("within.gz", gzip.compress(content, 0))
        archive.writestr("after.txt", "after")
    command.run(*OPENING)
    temporary = disk.place
    disk.leave(8 << 10)
    ran = command.run("scan", folder, "--workers", "1", "--json", code=5, TMPDIR=str(temporary)).json
    assert {one["path"] for one in ran["unread"]} == {
        "alone.gz//alone", "archive.zip//large.bin", "archive.zip//within.gz",
    }  # fmt: skip
    assert all(one["reason"].startswith("no room to hold it") for one in ran["unread"])
    disk.empty()
    subprocess.run([*disk.under, "mount", "-o", "remount,size=256M", str(disk.place)], check=True)
    again = command.run("scan", folder, "--workers", "1", "--json", TMPDIR=str(temporary)).json
    assert again["unreadable"] == 0
    out = tmp_path / "files.csv"
    command.run("export", "files", "-o", out)
    with out.open(encoding="utf-8", newline="") as file:
        digests = {row["path"]: row["sha256"] for row in csv.DictReader(file) if row["kind"] == "file"}
    expected = hashlib.sha256(content).hexdigest()
    assert [
        digests[path]
        for path in ("alone.gz//alone", "archive.zip//large.bin", "archive.zip//within.gz//within")
    ] == [expected] * 3
    assert disk.do('ls -A "$1"') == ""
    assert verified(command)


def test_a_file_that_may_grow_no_further_ends_a_scan_with_a_sentence(tmp_path: Path, evidence: Path) -> None:
    """The same by a limit on file sizes, where nobody may mount: the store cannot grow, then it can."""
    free = Command(tmp_path)
    free.run(*OPENING)
    limited = replace(free, under=("prlimit", f"--fsize={100 << 10}"))
    ran = limited.run("scan", evidence, "--workers", "1", code=1)
    assert "Traceback" not in ran.err
    assert json.loads(free.run("scan", evidence, "--workers", "1", "--json").out)["files"] == 1040
    assert verified(free)
