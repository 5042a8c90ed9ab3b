"""Evidence is opened read-only: proved by every system call that a scan makes, and by what the kernel would refuse."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from tests.e2e.command import Command, traced
from tests.evidence import images

OPENING = {"open", "openat", "openat2"}
WRITING = {
    "write",
    "writev",
    "pwrite64",
    "pwritev",
    "pwritev2",
    "sendfile",
    "splice",
    "copy_file_range",
    "fallocate",
}
CHANGING = re.findall(
    r"\w+",
    """creat truncate ftruncate rename renameat renameat2 unlink unlinkat link linkat symlink symlinkat mkdir mkdirat
    rmdir mknod mknodat chmod fchmod fchmodat chown fchown lchown fchownat utime utimes utimensat futimesat ioctl
    setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr mount umount2""",
)
TRACED = ",".join("?" + name for name in (*OPENING, *WRITING, *CHANGING))
_CALL = re.compile(r"^\d+ +(\w+)\((.*)", re.DOTALL)
_DESCRIPTOR = re.compile(r"^(?:AT_FDCWD|\d+)<([^>]*)>")
_TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"')
_FOR_WRITING = re.compile(r"\bO_(?:WRONLY|RDWR|CREAT|TRUNC|APPEND|TMPFILE)\b")


def judged(log: Path, exhibits: Path) -> tuple[set[str], list[str], list[str]]:
    """The paths below `exhibits` that were opened, the calls that could change them, opens without O_NOATIME."""
    opened, wrong, touching = set(), [], []
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        call = _CALL.match(line)
        if call is None:
            continue  # the rest of a call whose beginning was judged, a signal, an exit
        name, arguments = call.groups()
        held = _DESCRIPTOR.match(arguments)
        folder = held.group(1) if held else ""
        texts = [] if name in WRITING else _TEXT.findall(arguments)
        paths = [str(Path(folder, text)) for text in texts] if texts else [folder]
        below = [path for path in paths if Path(path).is_relative_to(exhibits)]
        if not below:
            continue
        if name not in OPENING or _FOR_WRITING.search(arguments):
            wrong.append(line)
        else:
            opened.add(below[0])
            if "O_NOATIME" not in arguments and "O_PATH" not in arguments:
                touching.append(line)
    return opened, wrong, touching


@pytest.fixture
def exhibits(tmp_path: Path) -> Path:
    """A folder with a bit of everything, a raw image, an E01 in two segments, a qcow2."""
    made = tmp_path / "exhibits"
    folder = made / "folder"
    (folder / "deep" / "er").mkdir(parents=True)
    (folder / "note.txt").write_text("a note", encoding="ascii")
    (folder / "deep" / "er" / "picture.jpg").write_bytes(images.jpeg(1))
    (folder / "half.jpg").write_bytes(images.jpeg(2)[:3000])
    (folder / "clip.mp4").write_bytes(images.mp4(1))
    (folder / "link").symlink_to("note.txt")
    with zipfile.ZipFile(folder / "archive.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("in.png", images.png(3))
        archive.write(images.fat(16), "stick.img")
    shutil.copyfile(images.ext(4), made / "disk.img")
    first = images.e01(segment="1MiB")
    for segment in first.parent.glob(first.stem + ".E*"):
        shutil.copyfile(segment, made / f"laptop{segment.suffix}")
    shutil.copyfile(images.converted("qcow2"), made / "machine.qcow2")
    return made


def paths(exhibits: Path) -> list[Path]:
    return [exhibits / "folder", exhibits / "disk.img", exhibits / "laptop.E01", exhibits / "machine.qcow2"]


def states(exhibits: Path) -> dict[str, tuple[int, ...]]:
    """Everything the kernel keeps of each path; not when a link was last read, which nobody can prevent."""
    found = {}
    for path in (exhibits, *exhibits.rglob("*")):
        status = path.lstat()
        accessed = 0 if path.is_symlink() else status.st_atime_ns
        found[str(path)] = (
            status.st_ino, status.st_mode, status.st_uid, status.st_nlink, status.st_size,
            status.st_mtime_ns, status.st_ctime_ns, accessed,
        )  # fmt: skip
    return found


def test_no_system_call_of_a_scan_could_change_the_evidence(tmp_path: Path, exhibits: Path) -> None:
    command = Command(tmp_path)
    command.open_case("hash-match,export")
    for path in exhibits.rglob("*"):  # long ago, so that any reading would set the time of access
        os.utime(path, (1_600_000_000, 1_600_000_000), follow_symlinks=False)
    os.utime(exhibits, (1_600_000_000, 1_600_000_000))
    before = states(exhibits)
    log = tmp_path / "calls"
    under = traced(log, "-y", "-s", "4096", "-e", f"trace={TRACED}")
    scan = ("scan", *paths(exhibits), "--workers", "1", "--verify-after", "--json")
    found = replace(command, under=under).run(*scan, code=5).json
    assert found["deleted"] and found["embedded"] and not found["changed"]
    opened, wrong, touching = judged(log, exhibits)
    assert wrong == []
    assert touching == []
    assert {str(path) for path in exhibits.rglob("*") if not path.is_symlink()} <= opened
    assert states(exhibits) == before


def test_the_proof_would_notice_a_change(tmp_path: Path) -> None:
    exhibits = tmp_path / "exhibits"
    exhibits.mkdir()
    (exhibits / "a").write_text("a", encoding="ascii")
    program = f"""
import os
os.chdir({str(tmp_path)!r})
folder = os.open({str(exhibits)!r}, os.O_RDONLY)
os.utime("a", (1, 1), dir_fd=folder)
os.chmod({str(exhibits / "a")!r}, 0o600)
os.close(os.open("exhibits/a", os.O_WRONLY))
os.rename("a", "b", src_dir_fd=folder, dst_dir_fd=folder)
os.unlink("b", dir_fd=folder)
"""
    log = tmp_path / "calls"
    under = traced(log, "-y", "-s", "4096", "-e", f"trace={TRACED}")
    subprocess.run([*under, sys.executable, "-c", program], check=True)
    _, wrong, _ = judged(log, exhibits)
    calls = [line.split("(")[0].split()[-1] for line in wrong]
    assert [name.removesuffix("2").removesuffix("at") for name in calls] == [
        "utimens", "chmod", "open", "rename", "unlink",
    ]  # fmt: skip


def test_evidence_that_may_only_be_read_is_read(tmp_path: Path, exhibits: Path) -> None:
    """Another's files, nothing of them writable, and no right to override that or to leave access times alone."""
    for path in (*exhibits.rglob("*"), exhibits):
        if not path.is_symlink():
            path.chmod(0o555 if path.is_dir() else 0o444)
    under: tuple[str, ...] = ()
    if os.geteuid() == 0:
        for path in (exhibits, *exhibits.rglob("*")):
            os.chown(path, 65534, 65534, follow_symlinks=False)
        under = ("setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner")
    command = Command(tmp_path)
    command.open_case("hash-match,export")
    free = command.run("scan", *paths(exhibits), "--workers", "1", "--json", code=5).json
    bound = Command(tmp_path / "other", under)
    bound.home.mkdir()
    bound.open_case("hash-match,export")
    found = bound.run("scan", *paths(exhibits), "--workers", "1", "--json", code=5).json
    if under:
        refused = subprocess.run(
            [*under, "touch", exhibits / "folder" / "new"], capture_output=True, check=False
        )
        assert refused.returncode != 0
    names = ("files", "deleted", "embedded", "unread")
    assert {name: found[name] for name in names} == {name: free[name] for name in names}
    for path in (exhibits, *exhibits.rglob("*")):
        if path.is_dir():
            path.chmod(0o755)
