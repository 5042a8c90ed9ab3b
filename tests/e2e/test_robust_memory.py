"""A scan holds little in memory, however many files there are and however large one is."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.e2e.command import SAFELIGHT, Command
from tests.peak import peak_of


def scanned(home: Path, files: int, size: int) -> tuple[float, float]:
    """Peak resident memory in MiB of scanning a folder for the first time, and again."""
    folder = home / "evidence"
    folder.mkdir(parents=True)
    for number in range(files):
        (folder / f"{number}.txt").write_bytes(b"note %d" % number)
    with (folder / "one.bin").open("wb") as file:
        file.truncate(size)
    command = Command(home)
    command.open_case("hash-match")
    return peak(command, folder), peak(command, folder)


def peak(command: Command, folder: Path) -> float:
    scan = subprocess.Popen([SAFELIGHT, "scan", folder], env=command.environment(), stdout=subprocess.DEVNULL)
    most = peak_of(scan)
    assert scan.returncode == 0
    return most


def test_memory_hardly_grows_with_files_and_not_with_their_size(tmp_path: Path) -> None:
    few, few_again = scanned(tmp_path / "few", 1_500, 0)
    many, many_again = scanned(tmp_path / "many", 15_000, 0)
    large, _ = scanned(tmp_path / "large", 10, 256 << 20)
    print(
        f"1,500 files: {few:.0f} and {few_again:.0f} MiB; 15,000: {many:.0f} and {many_again:.0f}; 256 MiB: {large:.0f}"
    )
    assert many < 1.25 * few
    assert many_again < 1.35 * few_again
    assert large < few + 20
