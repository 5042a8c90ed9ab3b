"""What PhotoRec finds in the same medium, we find too."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.evidence import images
from tests.evidence.carving import made, test_formats
from tests.evidence.carving.made import found, noise, padded

KINDS = ("jpg", "png", "gif", "bmp", "riff", "mov", "pdf", "zip")


@pytest.mark.skipif(shutil.which("photorec") is None, reason="photorec (package testdisk) is not installed")
def test_every_file_that_photorec_finds_is_found(tmp_path: Path) -> None:
    files = list(test_formats._whole().values()) + [made.jpeg(seed, progressive=True) for seed in range(3)]
    medium = noise(5) + b"".join(
        padded(data) + noise(3 + number, number) for number, data in enumerate(files)
    )
    image = tmp_path / "medium.img"
    image.write_bytes(medium)
    enabled = ",".join(f"{kind},enable" for kind in KINDS)
    options = "partition_none,options,paranoid,keep_corrupted_file_no,fileopt,everything,disable"
    command = [
        "photorec",
        "/d",
        str(tmp_path / "out"),
        "/cmd",
        str(image),
        f"{options},{enabled},wholespace,search",
    ]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    known = {hashlib.md5(data).digest() for data in files}
    theirs = {hashlib.md5(path.read_bytes()).digest() for path in tmp_path.glob("out.*/*.*")} & known
    ours = {hashlib.md5(images.content(node)).digest() for node in found(medium) if node.error is None}
    assert len(theirs) > len(files) // 2
    assert theirs <= ours
    assert ours == known
