"""Make the demonstration's exhibits: a laptop's disk and an archive disk, filled with benign drawings.

Nothing is mounted and nothing needs root. The same content comes out each time, by digest, but for one
archive with a password, whose salt is random. The images themselves differ in what the formatting tools
choose: serial numbers, times of creation.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from safelight.demo import library, lists, volumes
from safelight.demo.archive_disk import fill_archive_disk
from safelight.demo.laptop import fill_laptop
from safelight.demo.staging import Staging
from safelight.demo.truth import DemoExhibit

__all__ = ["DemoExhibit", "build"]

WALLPAPERS = range(1, 11)
_LAPTOP, _ARCHIVE = "laptop.img", "archive.img"


def build(folder: Path, progress: Callable[[str], None] = lambda step: None) -> DemoExhibit:
    """Write disk images and hash lists to `folder` and return where they are and what is true of them.

    Args:
        folder: An existing folder; sparse files of 160 MiB in all, about 40 on disk.
        progress: Called with a few words before each step.

    Raises:
        SafelightError: A formatting tool is missing (the hint names its package) or failed.
    """
    volumes.require_tools()
    laptop, archive = folder / _LAPTOP, folder / _ARCHIVE
    with tempfile.TemporaryDirectory(prefix="safelight-demo-") as scratch:
        progress("drawing the pictures of a laptop")
        on_laptop = Staging(Path(scratch) / "laptop", (_LAPTOP.encode(), b"p1"))
        fill_laptop(on_laptop)
        progress("writing them to NTFS, on a disk with a partition table")
        volumes.ntfs_image(laptop, on_laptop.folder, 96, deleted=on_laptop.deleted)
        progress("drawing the pictures of an archive disk")
        on_archive = Staging(Path(scratch) / "archive", (_ARCHIVE.encode(),))
        fill_archive_disk(on_archive)
        progress("writing them to ext4")
        volumes.ext4_image(archive, on_archive.folder, 64, deleted=on_archive.deleted, wiped=on_archive.wiped)
    progress("writing the lists")
    found = DemoExhibit(
        folder=folder,
        exhibits=(laptop, archive),
        known_illegal=folder / "stand-ins.vics.json",
        known_good=folder / "system-files.sha1.txt",
        pdq=folder / "stand-ins.pdq.txt",
        planted=(*on_laptop.planted, *on_archive.planted),
    )
    lists.write_vics(found.known_illegal, filler=400)
    lists.write_known_good(found.known_good, [library.wallpaper(n) for n in WALLPAPERS], filler=2000)
    lists.write_pdq(found.pdq)
    return found
