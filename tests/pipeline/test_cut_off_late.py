"""A scan that is cut off after all was read, before it was matched, has not ended, and says so."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from safelight.progress import Progressed
from safelight.workspace import Workspace


def test_what_was_read_and_not_matched_is_no_finished_scan(workspace: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    Image.linear_gradient("L").save(folder / "picture.png")

    def cut(at: Progressed) -> None:
        if at.stage == "matching":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        workspace.scan([folder], progress=cut)
    (left,) = workspace.leads().unfinished
    assert (left["path"], left["files"], left["stopped"]) == (str(folder), 1, False)
    workspace.scan([folder])
    assert workspace.leads().unfinished == []
