"""Cases stand apart: what one finds, decides or lacks changes nothing in another."""

from __future__ import annotations

import hashlib
from pathlib import Path

from PIL import Image

from safelight.model import HashSetKind
from safelight.workspace import Workspace
from tests.conftest import authority


def test_the_same_item_is_a_lead_of_its_own_in_each_case(workspace: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "evidence"
    folder.mkdir()
    Image.linear_gradient("L").save(folder / "a.png")
    known = tmp_path / "list.txt"
    known.write_text(hashlib.sha256((folder / "a.png").read_bytes()).hexdigest() + "\n", encoding="ascii")
    workspace.import_hashset(known, name="known", kind=HashSetKind.KNOWN_ILLEGAL)
    workspace.open_case("second", authority())
    workspace.scan([folder], case="sample")
    (lead,) = workspace.leads(case="sample")
    workspace.decide(lead["id"], "not-pertinent", case="sample", note="a gradient")
    assert workspace.leads(case="second") == []

    workspace.scan([folder], case="second")

    (kept,), (new,) = workspace.leads(case="sample"), workspace.leads(case="second")
    assert (kept["decided"], new["decided"]) == ("not-pertinent", None)
    assert kept["reasons"] == new["reasons"] == lead["reasons"]
