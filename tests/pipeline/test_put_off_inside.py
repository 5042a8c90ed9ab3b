"""Pictures in an image that lies in a folder: their look never waits until the image is closed."""

from __future__ import annotations

import shutil
from pathlib import Path

from safelight.model import HashSetKind
from safelight.workspace import Workspace
from tests.evidence import images


def test_pictures_of_an_image_in_a_folder_are_looked_at(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("a" * 64 + "\n")
    workspace.import_hashset(tmp_path / "list.txt", name="known", kind=HashSetKind.KNOWN_ILLEGAL)
    folder = tmp_path / "evidence"
    folder.mkdir()
    shutil.copyfile(images.ntfs(), folder / "inside.img")
    found = workspace.scan([folder])
    assert found["media"] >= 4
    assert not [one for one in found["unread"] if "second time" in one["reason"]]
